"""Shells that tell what they do: the output of a run is the command's, and what the shell tells of the command."""

from __future__ import annotations

import pytest
from conftest import wait_until

from bridge.core import marks

# Shell, what is run first, what is run then, its output and code.
TOLD = (
    ("bash", "set -v", "echo hi", "echo hi\nhi\n", 0),
    ("bash", "set -v", "false", "false\n", 1),
    ("bash", "set -x", "echo hi; false", "+++ echo hi\nhi\n+++ false\n", 1),
    ("bash", "set -eux", "echo hi", "+++ echo hi\nhi\n", 0),
    ("bash", "set -T; trap 'echo T:$BASH_COMMAND' DEBUG", "echo hi", "T:echo hi\nhi\n", 0),
    ("bash", "set -T; trap 'echo T:$BASH_COMMAND' DEBUG", "(exit 3)", "T:exit 3\n", 3),
    ("bash", "set -Tx; trap ': \"$BASH_COMMAND\"' DEBUG", "echo hi; false", None, 1),
    ("bash", "set -E; trap 'echo E:$?' ERR", "true; (exit 4); echo hi", "E:4\nhi\n", 0),
    ("zsh", "setopt xtrace", "echo hi; false", "+(eval):2> echo hi\nhi\n+(eval):2> false\n", 1),
    ("zsh", "setopt verbose", "echo hi", "hi\n", 0),
    ("dash", "set -x", "echo hi", "+ echo hi\nhi\n", 0),
    *((shell, "set -C; set -u", "echo hi", "hi\n", 0) for shell in ("bash", "zsh", "dash", "ksh", "mksh")),
    *((shell, "ulimit -f 0", "echo hi; false", "hi\n", 1) for shell in ("bash", "zsh", "fish", "dash", "mksh")),
)


@pytest.mark.parametrize(("shell", "first", "command", "output", "code"), TOLD)
def test_nothing_of_ours_is_in_it(box, shell, first, command, output, code):
    box.use_shell(shell)
    box.session()
    box.bridge("pane-run", "dev", "0", "--", first).ok()
    for _ in range(2):
        answer = box.bridge("pane-run", "dev", "0", "--timeout", "20", "--", command).json
        assert (answer["outcome"], answer["exit_code"]) == ("exited", code)
        assert "__bridge" not in answer["output"]
        assert "/runs/" not in answer["output"]
        assert output is None or answer["output"] == output


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_shell_marks_where_a_command_begins(box, shell):
    box.use_shell(shell)
    box.session()
    written = box.work / "written"
    box.tmux("pipe-pane", "-O", "-t", "dev:", f"cat >{written}")
    box.tmux("send-keys", "-t", "dev:", "echo a''b", "Enter")
    wait_until(lambda: written.exists() and b"ab" in written.read_bytes(), "the output")
    data = written.read_bytes()
    typed, printed = data.split(marks.BEGINS)
    assert b"a''b" in typed
    assert b"ab" in printed
