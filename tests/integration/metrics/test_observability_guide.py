"""The guide to observability: every block runs as it stands, and says what it promises."""

from __future__ import annotations

import re

import pytest
from conftest import ROOT

from bridge import registry

GUIDE = (ROOT / "docs" / "OBSERVABILITY_GUIDE.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```sh\n(.*?)^```$", GUIDE, re.MULTILINE | re.DOTALL)
SAID = (
    ('"process_count": 1', "\n2\n", "memory", "session,"),
    ("memory_mb ", "process_count 1"),
    (
        '"enforced": false',
        "daemon-start",
        "cpu 50 percent throttle ",
        "procs 100 processes warn daemon",
        "Cleared: cpu",
        "\nnone\nnone\n",
    ),
    ("cpu above 5 percent: nothing", "\nwarn\n"),
    ("ERR_",),
    ("info session-create", "warn pane-count", "task-7 session-kill"),
    ("tmux ok: tmux 3", '"fixed": 0'),
)


@pytest.mark.parametrize("number", range(len(SAID)))
def test_every_block_of_the_guide_runs(box, number):
    printed = box.run_block("-eu", text=BLOCKS[number])
    for text in SAID[number]:
        assert text in printed, printed


def test_the_guide_names_only_what_there_is():
    assert len(BLOCKS) == len(SAID)
    families = "daemon|event|session|pane|metrics|logs|gc"
    assert set(re.findall(rf"bridge ((?:{families})-[a-z-]+)", GUIDE)) <= set(registry.names())
    for family in ("limits", "metrics", "logs", "doctor", "interact"):
        assert {name for name in registry.FAMILIES[family] if name not in GUIDE} == set()
