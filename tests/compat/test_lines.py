"""Every line that the bash script printed for people, in every state, through both fronts, byte for byte.

The script printed them by `echo -e "COLOUR[TAG]NO-COLOUR text"`, coloured whatever stderr was, and put what a call was
given into them as it was given; answers ended in the newline that `echo` adds. What is changed on purpose
(docs/DIFFERENCES.md) stands in test_mended.
"""

from __future__ import annotations

import json
import re

import pytest
from conftest import wait_until

COLOURS = {"INFO": "0;34", "SUCCESS": "0;32", "WARN": "1;33", "ERROR": "0;31"}
ODD = "100% \\d  'q' \"d\" $HOME `id` 日本"  # no escape of echo -e among these backslashes


def tagged(line: str) -> str:
    """A line as the script coloured it: `INFO text`."""
    tag, _, text = line.partition(" ")
    return f"\033[{COLOURS[tag]}m[{tag}]\033[0m {text}\n"


class Case:
    """A call, the lines that it prints on stderr, its output (None: not compared), its exit status."""

    def __init__(self, words: str | tuple, *lines: str, output: str | None = None, status: int = 0, plain: str = ""):
        self.words = tuple(words.split()) if isinstance(words, str) else words
        self.lines, self.output, self.status, self.plain = lines, output, status, plain


NONE = "Session 'no' not found"
# On a session `dev` with the panes 0 (main) and 1 (two), both at their prompt.
CASES = [
    Case("session-create new", "SUCCESS Session 'new' created", output="Session created with initial pane\n"),
    Case("session-create dev", "ERROR Session 'dev' already exists", output="Session already exists\n", status=1),
    Case("session-list", "INFO Active sessions:", output="dev\n", plain="  - dev\n"),
    Case("session-kill dev", "SUCCESS Session 'dev' killed", output="Session terminated\n"),
    *(
        Case((*words.split(), *more), f"ERROR {NONE}", output="Session not found\n", status=1)
        for words, more in (
            *((f"{name} no", ()) for name in ("session-kill", "pane-create", "pane-list-json", "pane-count")),
            *((f"{name} no", ()) for name in ("state-sync", "pane-list-detailed", "pane-create-with-layout")),
            *((f"{name} no 0", ()) for name in ("pane-capture", "pane-status", "pane-kill", "pane-is-running")),
            *((f"{name} no 0", ()) for name in ("pane-wait", "pane-stream", "pane-tail", "pane-find")),
            *((f"{name} no 0 x", ()) for name in ("pane-exec", "pane-watch", "pane-metadata-get")),
            ("pane-exec-timeout no 0 1 x", ()),
            ("pane-watch-timeout no 0 x 1", ()),
            ("pane-metadata-set no 0 k v", ()),
        )
    ),
    *(
        Case((name, "dev", "9", *more), "ERROR Pane 9 not found in session 'dev'", output="Pane not found\n", status=1)
        for name, more in (("pane-exec", ("x",)), ("pane-kill", ()), ("pane-stream", ()), ("pane-tail", ()))
    ),
    Case(
        "pane-create dev",
        "SUCCESS Pane 2 created in session 'dev' (label: pane)",
        output="Pane created with label: pane\n",
    ),
    Case(("pane-create", "dev", ""), "SUCCESS Pane 2 created in session 'dev' (label: pane)"),
    Case(
        ("pane-create", "dev", ODD),
        f"SUCCESS Pane 2 created in session 'dev' (label: {ODD})",
        output=f"Pane created with label: {ODD}\n",
    ),
    Case(
        ("pane-create", "dev", "a b \n\n"),
        "SUCCESS Pane 2 created in session 'dev' (label: a b \n\n)",
        output="Pane created with label: a b \n\n\n",
    ),
    Case(
        "pane-create-with-layout dev",
        "SUCCESS Pane 2 created with layout 'tiled' (label: pane)",
        output="Pane created with tiled layout\n",
    ),
    Case(
        "pane-create-with-layout dev l main-vertical",
        "SUCCESS Pane 2 created with layout 'main-vertical' (label: l)",
        output="Pane created with main-vertical layout\n",
    ),
    Case(
        "pane-create-with-layout dev l odd%s",
        "WARN Unknown layout 'odd%s', using tiled",
        "SUCCESS Pane 2 created with layout 'odd%s' (label: l)",
        output="Pane created with odd%s layout\n",
    ),
    Case("pane-exec dev 0 true", "SUCCESS Command sent to pane 0 in session 'dev'", output="Command: true\n"),
    Case(
        ("pane-exec", "dev", "0", "true \n\n"),
        "SUCCESS Command sent to pane 0 in session 'dev'",
        output="Command: true \n\n\n",
    ),
    Case(
        ("pane-exec", "dev", "0", "echo 50% \\x"),
        "SUCCESS Command sent to pane 0 in session 'dev'",
        output="Command: echo 50% \\x\n",
    ),
    Case("pane-capture dev 0", "INFO Captured 20 lines from pane 0"),
    Case(("pane-capture", "dev", "0", ""), "INFO Captured 20 lines from pane 0"),
    Case("pane-capture dev 0 0", "INFO Captured 0 lines from pane 0"),
    Case("pane-capture dev 0 1", "INFO Captured 1 lines from pane 0"),
    Case("pane-capture dev 0 007", "INFO Captured 007 lines from pane 0"),
    Case("pane-watch dev 0 nowhere", "INFO Pattern 'nowhere' not found in pane 0", output="\n"),
    Case(("pane-watch", "dev", "0", "a 100% [$]x "), "INFO Pattern 'a 100% [$]x ' not found in pane 0", output="\n"),
    Case(("pane-watch", "dev", "0", "[$]"), "SUCCESS Pattern '[$]' found in pane 0", output="$\n"),
    Case("pane-is-running dev 0", "INFO Pane 0 is idle (shell prompt)", output="false\n", status=1),
    Case(
        "pane-wait dev 0",
        "INFO Waiting for pane 0 to complete (timeout: 0s)...",
        "SUCCESS Pane 0 completed after 0s",
        output="Pane completed after 0s\n",
    ),
    Case(
        "pane-wait dev 0 05",
        "INFO Waiting for pane 0 to complete (timeout: 05s)...",
        "SUCCESS Pane 0 completed after 0s",
        output="Pane completed after 0s\n",
    ),
    Case("pane-list-json dev", "INFO Listed panes for session 'dev'"),
    Case("pane-list-detailed dev", "INFO Listed detailed panes for session 'dev'"),
    Case("pane-find dev two", "SUCCESS Found pane with label 'two': pane_id=1", output="Label: two\n"),
    Case(
        ("pane-find", "dev", ODD),
        f"ERROR Pane with label '{ODD}' not found",
        output=f"Label not found: {ODD}\n",
        status=1,
    ),
    Case(
        ("pane-find", "dev", "x\n\n"),
        "ERROR Pane with label 'x\n\n' not found",
        output="Label not found: x\n\n\n",
        status=1,
    ),
    Case("pane-count dev", "INFO Session 'dev' has 2 panes", output="2\n"),
    Case("state-sync dev", "SUCCESS State synchronized for session 'dev'", output="State updated\n"),
    Case("pane-exec-timeout dev 0 5 true", "SUCCESS Command completed within 5s timeout", output="Completed in time\n"),
    Case(
        "pane-exec-timeout dev 0 010 true",
        "SUCCESS Command completed within 010s timeout",
        output="Completed in time\n",
    ),
    Case(
        ("pane-exec-timeout", "dev", "0", "1", "sleep 30"),
        "ERROR Command exceeded 1s timeout",
        output="Timeout exceeded\n",
        status=1,
    ),
    Case(
        ("pane-watch-timeout", "dev", "0", "[$]", "5"),
        "INFO Watching for pattern '[$]' (timeout: 5s)...",
        "SUCCESS Pattern found after 0s",
        output="$\n",
    ),
    Case(
        ("pane-watch-timeout", "dev", "0", "50% no", "01"),
        "INFO Watching for pattern '50% no' (timeout: 01s)...",
        "ERROR Pattern not found within 01s",
        output="Timeout: pattern not found\n",
        status=1,
    ),
    Case("pane-metadata-set dev 0 k v", "SUCCESS Metadata set: k=v for pane 0", output="Set k=v\n"),
    Case(("pane-metadata-set", "dev", "0", "k", ""), "SUCCESS Metadata set: k= for pane 0", output="Set k=\n"),
    Case(
        ("pane-metadata-set", "dev", "0", "a k", "v \n\n"),
        "SUCCESS Metadata set: a k=v \n\n for pane 0",
        output="Set a k=v \n\n\n",
    ),
    Case(
        ("pane-metadata-set", "dev", "0", "k", ODD),
        f"SUCCESS Metadata set: k={ODD} for pane 0",
        output=f"Set k={ODD}\n",
    ),
    Case(
        ("pane-metadata-set", "dev", "0", "k", "a\\tb\\\\c\\x41\\0101\\q%s"),
        "SUCCESS Metadata set: k=a\tb\\cAA\\q%s for pane 0",
        output="Set k=a\\tb\\\\c\\x41\\0101\\q%s\n",
    ),
    Case(
        "pane-metadata-get dev 0 none",
        "WARN Metadata key 'none' not found for pane 0",
        output="Key not found: none\n",
        status=1,
    ),
    Case(
        ("pane-metadata-get", "dev", "0", "x\n"),
        "WARN Metadata key 'x\n' not found for pane 0",
        output="Key not found: x\n\n",
        status=1,
    ),
    Case("pane-metadata-get dev 0 plain", "INFO Metadata: plain=50% v", output="50% v\n"),
    Case("pane-metadata-get dev 0 trailing", "INFO Metadata: trailing= v ", output=" v \n"),
    Case("pane-metadata-get dev 0 inner", "INFO Metadata: inner=a\n\nb", output="a\n\nb\n"),
    Case("pane-kill dev 1", "SUCCESS Pane 1 killed in session 'dev'", output="Pane terminated\n"),
]
STORED = {"plain": "50% v", "trailing": " v \n\n\n", "inner": "a\n\nb\n"}


@pytest.fixture
def dev(box):
    box.session("dev")
    box.bridge("pane-create", "dev", "two").ok()
    box.await_prompt("dev", "1")
    return box


@pytest.mark.parametrize("front", ["fast", "click"])
@pytest.mark.parametrize("case", CASES, ids=lambda case: " ".join(case.words)[:50])
def test_a_line_is_the_scripts(dev, case, front):
    if case.words[0] == "pane-metadata-get":
        for key, value in STORED.items():
            dev.bridge("pane-metadata-set", "dev", "0", key, value).ok()
    done = dev.shim(*case.words, front=front)
    assert done.stderr == "".join(tagged(line) for line in case.lines)
    assert done.status == case.status
    assert done.stdout.startswith(case.plain + "{\n") if case.plain else done.stdout.startswith("{\n")
    answer = json.loads(done.stdout.removeprefix(case.plain))
    assert list(answer) == ["status", "command", "session", "pane_id", "output", "timestamp"]
    if case.output is not None:
        assert answer["output"] == case.output


@pytest.mark.parametrize("front", ["fast", "click"])
def test_lines_with_what_the_machine_gives(dev, front):
    pid = dev.tmux("display-message", "-p", "-t", "dev:0.0", "#{pane_pid}").strip()
    assert dev.shim("pane-status", "dev", "0", front=front).stderr == tagged(f"INFO Pane status: 0:bash:{pid}")
    dev.bridge("pane-exec", "dev", "0", "sleep 300").ok()
    wait_until(lambda: dev.bridge("pane-is-running", "dev", "0").status == 0, "the command")
    told = dev.shim("pane-is-running", "dev", "0", front=front)
    assert told.stderr == tagged(f"INFO Pane 0 is running: sleep (PID: {pid})")
    late = dev.shim("pane-wait", "dev", "0", "01", front=front)
    begun = tagged("INFO Waiting for pane 0 to complete (timeout: 01s)...")
    assert late.stderr == begun + tagged("WARN Pane 0 still running after 01s timeout")
    assert json.loads(late.stdout)["output"] == "Timeout after 01s\n"


@pytest.mark.parametrize("front", ["fast", "click"])
def test_lists_of_none_and_of_many_and_no_colour(box, front):
    plain = {"NO_COLOR": "1", "TERM": "dumb"}
    none = box.shim("session-list", front=front, env=plain)
    assert (none.status, none.stderr) == (0, tagged("WARN No tmux sessions running"))
    for name in ("b b", "a", "c%d"):
        box.tmux("new-session", "-d", "-s", name)
    many = box.shim("session-list", front=front, env=plain)
    assert many.stdout.startswith("  - a\n  - b b\n  - c%d\n{\n")
    assert many.stderr == tagged("INFO Active sessions:")
    one = box.shim("pane-count", "a", front=front, env=plain)
    assert one.stderr == tagged("INFO Session 'a' has 1 panes")
    for _ in range(9):
        box.shim("pane-create", "a")
    full = box.shim("pane-create", "a", front=front)
    assert (full.status, full.stderr) == (1, tagged("ERROR Maximum panes (10) reached"))
    assert json.loads(full.stdout)["output"] == "Max panes reached\n"


@pytest.mark.parametrize("front", ["fast", "click"])
@pytest.mark.parametrize("words", [("pane-count",), ("pane-exec", "dev"), ("pane-find", "dev"), ("nonsense",), ()])
def test_a_call_that_cannot_be_read_is_told_as_the_script_told_it(box, words, front):
    text = {"pane-count": "Missing session name", "nonsense": "Unknown command: nonsense"}
    line = text.get(words[0], "Missing arguments") if words else "Unknown command: "
    done = box.shim(*words, front=front)
    assert done.status == 1
    assert done.stderr.startswith(tagged(f"ERROR {line}"))
    assert re.match(r"usage:|Claude-tmux Bridge Script", done.stderr.removeprefix(tagged(f"ERROR {line}")))


@pytest.mark.parametrize(("command", "word"), [("pane-stream", "streaming"), ("pane-tail", "tailing")])
def test_following_says_so_at_its_beginning_and_end(dev, command, word):
    follower = dev.start("--script", command, "dev", "1", *(("07",) if command == "pane-tail" else ("",)), text=True)
    lines = ("INFO Streaming output from pane 1 (filter: cat)...", "INFO Tailing last 07 lines from pane 1...")
    try:
        wait_until(lambda: dev.tmux("display-message", "-p", "-t", "dev:0.1", "#{pane_pipe}").strip() == "1", "the log")
        dev.tmux("kill-pane", "-t", "dev:0.1")
        _, told = follower.communicate(timeout=20)
    finally:
        follower.kill()
    assert told.startswith(tagged(lines[command == "pane-tail"]) + tagged(f"INFO Press Ctrl+C to stop {word}"))
    assert told.endswith(tagged("WARN Pane 1 exited"))
