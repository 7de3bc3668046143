"""What the bash script was recorded to do, case by case, through both fronts."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import time
from pathlib import Path

import pytest
from conftest import ROOT, TMUX, wait_until

from bridge.tmux import versions

CASES = [json.loads(row) for row in (Path(__file__).parent / "recorded.jsonl").read_text(encoding="utf-8").splitlines()]
KEPT = [case for case in CASES if case["class"] == "keep"]


def of_version(case):
    """The case as the script would do it on the tmux that is tested: it was recorded on 3.3a.

    Since 3.6 capture-pane keeps a tab that a program printed; since 3.7 the first panes of an even layout get the rows
    that are left over, no longer the last.
    """
    told = subprocess.run([TMUX, "-V"], capture_output=True, text=True, check=True).stdout
    number = versions.number(told.split()[-1])
    if case["id"] == "pane-capture-escapes" and number >= (3, 6):
        return case | {"stdout": case["stdout"].replace("red     tab", "red\\ttab")}
    if case["id"] == "pane-layout-even-vertical" and number >= (3, 7):
        heights = [f"dev:0.{index} 80x{height}" for index, height in enumerate((8, 7, 7))]
        rest = [row.split(" ", 2)[2] for row in case["tmux_after"]]
        return case | {"tmux_after": [f"{place} {more}" for place, more in zip(heights, rest, strict=True)]}
    return case


def replaced(text: str, box) -> str:
    """The text with what varies between machines and runs replaced as in the recording."""
    text = re.sub(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", "<TS>", text)
    text = re.sub(r"\(PID: \d+\)", "(PID: <PID>)", text)
    text = re.sub(r'"pid": \d+', '"pid": <PID>', text)
    text = re.sub(r"(\d:[a-z0-9]+:)\d+", r"\1<PID>", text)
    return text.replace(str(box.home), "<HOME>")


def fill(word: str, box) -> str:
    return (
        word.replace("<STATES>", str(box.states)).replace("<WORK>", str(box.work)).replace("<PATH>", f"{box.work}/bash")
    )


def environment(case, box) -> dict[str, str]:
    """A PATH that lacks a program, as the case wants it."""
    missing = {"<PATH-WITHOUT-JQ>": "jq", "<PATH-WITHOUT-TMUX>": "tmux"}.get(case.get("env", {}).get("PATH", ""))
    if missing is None:
        return {}
    folder = box.directory / "bin"
    folder.mkdir()
    for name in ("sh", "bash", "grep", "tmux", "python3", "date"):
        if name != missing:
            (folder / name).symlink_to(shutil.which(name))
    return {"PATH": str(folder)} | ({"BRIDGE_TMUX": "tmux"} if missing == "tmux" else {})


def run_setup(case, box) -> None:
    """Bring about what the case begins with, by the fast front: it is the case itself that both are asked."""
    if any("<PATH>" in word for step in case["setup"] for word in step):
        shutil.copy(shutil.which("sleep"), box.work / "bash:x")
    for step in case["setup"]:
        words = [fill(word, box) for word in step]
        if words[0] == "sleep":
            time.sleep(float(words[1]))
        elif words[0] == "BG":
            subprocess.Popen(words[1:], env=box.env, cwd=box.work, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        elif words[0] == "BRIDGE":
            box.shim(*words[1:])
        else:
            box.call(words)


def run_case(case, box, front):
    run_setup(case, box)
    assert case["argv"][0] == "BRIDGE"
    return box.shim(*case["argv"][1:], front=front, env=environment(case, box))


@pytest.mark.parametrize("front", ["fast", "click"])
@pytest.mark.parametrize("case", KEPT, ids=[case["id"] for case in KEPT])
def test_kept_case_is_equal(case, front, box):
    case = of_version(case)
    done = run_case(case, box, front)
    varies = case.get("nondeterministic", [])
    if case["stdout"] == "<USAGE>":
        assert done.stdout.startswith("Claude-tmux Bridge Script (MVP+)\n")
    elif "stdout" not in varies:
        assert replaced(done.stdout, box) == case["stdout"]
    if not case.get("stderr_is_tool_noise") and "stderr" not in varies:
        assert replaced(done.stderr, box) == case["stderr"]
    if "exit" not in varies:
        assert done.status == case["exit"]
    for check in case.get("after", []):
        seen = box.call([fill(word, box) for word in check["argv"]])
        deadline = time.monotonic() + 5
        while replaced(seen.stdout, box) != check["stdout"] and time.monotonic() < deadline:
            time.sleep(0.05)
            seen = box.call([fill(word, box) for word in check["argv"]])
        assert replaced(seen.stdout, box) == check["stdout"]
    if "tmux_after" in case:
        row = "#{session_name}:#{window_index}.#{pane_index} #{pane_width}x#{pane_height}"
        row += " active=#{pane_active} cmd=#{pane_current_command}"
        # A shell that tmux has just forked is still called tmux.
        seen = wait_until(
            lambda: "cmd=tmux" not in (rows := box.tmux("list-panes", "-a", "-F", row)) and rows, "a shell"
        )
        assert sorted(seen.splitlines()) == sorted(case["tmux_after"])


def test_both_fronts_see_the_same_number_of_cases():
    assert len(KEPT) > 90
    assert os.access(ROOT / "compat" / "claude-tmux-bridge.sh", os.X_OK)
