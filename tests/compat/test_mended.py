"""Recorded cases where bridge differs from the bash script on purpose: what it does instead."""

from __future__ import annotations

import json
import subprocess

import pytest
from compat.test_recorded import CASES, environment, replaced, run_setup
from conftest import ROOT, wait_until

MENDED = [case for case in CASES if case["class"] != "keep" and case["argv"][0] == "BRIDGE"]
SIX = ["status", "command", "session", "pane_id", "output", "timestamp"]
ROW = "#{session_name}|#{window_id}|#{pane_id}|#{pane_index}|#{@bridge_label}|#{@bridge_metadata}|#{@bridge_typed}"


class Case:
    """A recorded case after its setup; `done` is the call through the shim."""

    def __init__(self, case, box) -> None:
        self.case = case
        self.box = box
        run_setup(case, box)
        self.env = environment(case, box)
        self.words = case["argv"][1:]
        self.before = self.tmux()

    def call(self) -> Case:
        self.done = self.box.shim(*self.words, env=self.env)
        return self

    def tmux(self) -> str:
        return self.box.tmux("list-panes", "-a", "-F", ROW, check=False)

    def state(self, session="dev") -> dict:
        return json.loads((self.box.states / f"{session}.state").read_text(encoding="utf-8"))

    def answer(self, text: str | None = None) -> dict:
        """The envelope in the script's form."""
        envelope = json.loads(self.done.stdout if text is None else text)
        assert list(envelope) == SIX
        return envelope

    def success(self, output: object, pane_id: str | None = None) -> dict:
        """A success that is as recorded but for its output (and pane_id where one is given)."""
        envelope = self.answer()
        assert (envelope["status"], self.done.status) == ("success", 0)
        assert envelope["command"] == self.words[0]
        assert envelope["output"] == output
        assert pane_id is None or envelope["pane_id"] == pane_id
        return envelope


def refused(code: str, naming: str = ""):
    """The call is an error of that code in both forms, at once, and nothing has changed in tmux."""

    def check(case: Case) -> None:
        done = case.call().done
        envelope = case.answer()
        assert (envelope["status"], done.status) == ("error", 1)
        assert envelope["output"].endswith("\n")
        assert envelope["output"].strip()
        assert "[ERROR]" in done.stderr or "[WARN]" in done.stderr
        assert done.seconds < 5
        assert case.tmux() == case.before
        again = case.box.bridge(*case.words, env=case.env, front="click")
        assert (again.code, again.status) == (code, 1)
        assert naming in again.json["error"]["message"]
        assert case.tmux() == case.before

    return check


def usage_error(code: str):
    """One envelope on stdout, the script's line and the usage on stderr, exit 1."""

    def check(case: Case) -> None:
        refused(code)(case)
        assert case.done.stderr.startswith(case.case["stderr"])
        assert "usage" in case.done.stderr.lower()

    return check


def succeeds(output: str, pane_id: str | None = None):
    def check(case: Case) -> None:
        case.call().success(output, pane_id)

    return check


def running(*, verdict: bool):
    """pane-is-running: success both times, the exit status tells."""

    def check(case: Case) -> None:
        done = case.call().done
        assert (case.answer()["status"], case.answer()["output"]) == ("success", f"{verdict}\n".lower())
        assert done.status == (0 if verdict else 1)

    return check


def typed(*expected: str, pane_id: str = "0"):
    """The text arrives byte for byte, with Enter: each of these lines comes up in the pane."""

    def check(case: Case) -> None:
        text = case.words[3]
        case.call().success(f"Command: {text}\n", pane_id)
        for row in expected:
            wait_until(lambda row=row: row in _lines(case), f"{row!r} among {case.box.screen('dev:.0')!r}")

    return check


def _lines(case: Case) -> list[str]:
    return [row.rstrip() for row in case.box.screen("dev:.0").splitlines()]


def typed_into_a_program(case: Case) -> None:
    """`C-c` is three characters: the program goes on."""
    case.call().success("Command: C-c\n", "0")
    wait_until(lambda: "C-c" in _lines(case), "the text C-c")
    assert case.box.bridge("pane-is-running", "dev", "0").status == 0


def labels(*expected: str):
    """pane-list-detailed tells these labels and no metadata."""

    def check(case: Case) -> None:
        envelope = json.loads(case.call().done.stdout)
        assert list(envelope) == SIX
        assert case.done.status == 0
        assert [pane["label"] for pane in envelope["output"]] == list(expected)
        assert [pane["pane_id"] for pane in envelope["output"]] == list(range(len(expected)))
        assert all(pane["metadata"] == {} for pane in envelope["output"])

    return check


def created(pane_id: str, *expected: str):
    """The new pane's own index; labels kept, in tmux's order; the state file is valid JSON."""

    def check(case: Case) -> None:
        label = case.words[2]
        case.call().success(f"Pane created with label: {label}\n", pane_id)
        assert [pane["label"] for pane in case.state()["panes"]] == list(expected)
        assert case.state()["panes"][int(pane_id)]["label"] == label
        if expected.count(label) == 1:
            assert case.box.bridge("pane-find", "dev", label).ok()["pane_id"] == pane_id

    return check


def labelled_in_tmux(label: str):
    """A label in a file written by hand is not found; the same label given to a pane is."""

    def check(case: Case) -> None:
        refused("ERR_LABEL_NOT_FOUND")(case)
        case.box.shim("pane-create", "dev", label)
        case.call().success(f"Label: {label}\n", "1")

    return check


def find_duplicate(case: Case) -> None:
    refused("ERR_LABEL_NOT_FOUND")(case)  # the file is not read
    for _ in range(2):
        case.box.shim("pane-create", "dev", "w")
    case.before = case.tmux()
    refused("ERR_LABEL_AMBIGUOUS")(case)
    hint = case.box.bridge("pane-find", "dev", "w").json["error"]["hint"]
    assert "1 (%1)" in hint
    assert "2 (%2)" in hint


def has_pattern_dash(case: Case) -> None:
    done = case.call().done
    assert (done.status, done.stdout) == (1, "")
    assert case.answer(done.stderr)["output"] == "false\n"
    case.box.shim("pane-exec-timeout", "dev", "0", "5", "echo a-xb")
    done = case.call().done
    assert (done.status, done.stdout) == (0, "")
    assert case.answer(done.stderr)["output"] == "true\n"


def watch_dash_e(case: Case) -> None:
    case.call().success("\n")
    case.box.shim("pane-exec-timeout", "dev", "0", "5", "echo a-eOKb")
    case.call().success("$ echo a-eOKb\na-eOKb\n")


def watch_backslash(case: Case) -> None:
    done = case.call().done
    assert replaced(done.stdout, case.box) == case.case["stdout"]
    assert done.status == case.case["exit"]
    assert case.words[3] in done.stderr


def any_value_is_a_value(case: Case) -> None:
    refused("ERR_KEY_NOT_FOUND")(case)  # the file is not read
    case.box.shim("pane-metadata-set", "dev", "0", "k", "false")
    case.call().success("false\n")


def metadata_set(case: Case) -> None:
    case.call().success("Set k=v\n", "0")
    assert case.state()["panes"][0]["metadata"] == {"k": "v"}
    assert case.box.bridge("pane-metadata-get", "dev", "0", "k").ok()["output"] == "v\n"


def pane_killed(case: Case) -> None:
    case.call().success("Pane terminated\n", "1")
    assert [(pane["pane_id"], pane["label"]) for pane in case.state()["panes"]] == [(0, "main"), (1, "b")]


def timeout_in_tenths(case: Case) -> None:
    done = case.call().done
    assert (case.answer()["status"], case.answer()["output"], done.status) == ("error", "Timeout after 1.5s\n", 1)
    assert 1.5 <= done.seconds < 2.4
    case.box.bridge("pane-wait", "dev", "0", "5").ok()
    case.box.bridge("pane-exec", "dev", "0", "sleep 9").ok()
    assert case.box.bridge("pane-wait", "dev", "0", "0.3").code == "ERR_TIMEOUT"


def session_made(case: Case) -> None:
    case.call().success("Session created with initial pane\n", "0")
    assert case.box.tmux("list-sessions", "-F", "#{session_name}").split() == ["de", "dev"]


def odd_names_listed(case: Case) -> None:
    plain, _, envelope = case.call().done.stdout.partition("{")
    assert plain == "  - my app\n  - 日本\n"
    assert case.answer("{" + envelope)["output"] == "my app\n日本\n"
    assert case.box.bridge("session-create", 'a"b').code == "ERR_BAD_NAME"


def stream_shows_new_lines(case: Case) -> None:
    path = case.box.directory / "stream"
    shim = ROOT / "compat" / "claude-tmux-bridge.sh"
    with path.open("wb") as file:
        process = subprocess.Popen([shim, *case.words], env=case.box.env, stdout=file, stderr=subprocess.DEVNULL)
    try:
        wait_until(lambda: "LIVE" in path.read_text().splitlines(), "the line LIVE")
    finally:
        process.terminate()
        process.wait(10)
    assert path.read_text().splitlines().count("LIVE") == 1
    assert '"status"' not in path.read_text()


def stream_ended(case: Case) -> None:
    done = case.call().done
    text, brace, envelope = done.stdout.rpartition("{\n")
    assert (case.answer(brace + envelope)["output"], done.status) == ("Stream ended\n", 0)
    assert "ERR" not in text


def stream_filtered_to_nothing(case: Case) -> None:
    stream_ended(case)
    assert case.done.stdout.startswith("{\n")
    assert case.done.seconds > 1.5  # the resize after one second ends nothing


def tail_follows(case: Case) -> None:
    done = case.call().done
    text, brace, envelope = done.stdout.rpartition("{\n")
    assert (case.answer(brace + envelope)["output"], done.status) == ("Tail ended\n", 0)
    rows = text.splitlines()
    assert rows[:4] == ["97", "98", "99", "100"]
    assert rows.count("LIVE") == 1
    assert [row.rstrip() for row in rows[4:7]] == ["$ echo LIVE", "LIVE", "$"]


def synchronized(*expected: str):
    """The state file has these labels in the panes' order and keeps what was not ours."""

    def check(case: Case) -> None:
        path = case.box.states / "dev.state"
        before = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
        case.call().success("State updated\n", "")
        after = case.state()
        assert [pane["label"] for pane in after["panes"]] == list(expected)
        assert after["created_at"].endswith("Z")
        assert before.get("created_at", after["created_at"]) == after["created_at"]
        assert {key: after[key] for key in before if key != "panes"} == {
            key: before[key] for key in before if key != "panes"
        }

    return check


def unknown_keys_stay(case: Case) -> None:
    synchronized("main")(case)
    assert case.state()["metadata"] == {"a": 1}
    assert case.state()["panes"][0]["foo"] == 1


def old_date_stays(case: Case) -> None:
    synchronized("main")(case)
    assert case.state()["created_at"] == "2020-01-01T00:00:00Z"


def labels_stay_with_their_panes(case: Case) -> None:
    synchronized("main", "server")(case)
    case.box.shim("pane-create", "dev", "third")
    case.box.shim("pane-kill", "dev", "1")
    synchronized("main", "third")(case)


def echo_does_not_count(case: Case) -> None:
    done = case.call().done
    assert (case.answer()["status"], done.status) == ("success", 0)
    assert done.seconds > 1.5
    assert case.answer()["output"].splitlines()[-1] == "READY"


def watch_looks_once(case: Case) -> None:
    case.call().success("$ echo READY\nREADY\n")
    assert case.done.seconds < 2
    missing = case.box.bridge("pane-watch-timeout", "dev", "0", "ABSENT", "0")
    assert (missing.code, missing.status) == ("ERR_TIMEOUT", 1)


NO_SESSION = refused("ERR_SESSION_NOT_FOUND")
NO_PANE = refused("ERR_PANE_NOT_FOUND")
NO_KEY = refused("ERR_KEY_NOT_FOUND")
BAD_NAME = refused("ERR_BAD_NAME")
BAD_PATTERN = refused("ERR_BAD_PATTERN")
NO_TMUX = refused("ERR_TMUX_NOT_INSTALLED")
MISSING = usage_error("ERR_USAGE")

EXPECTED = {
    "count-equals": NO_SESSION,
    "count-pane-target": NO_SESSION,
    "count-session-id": succeeds("2\n"),
    "count-window-target": NO_SESSION,
    "exec-equals": NO_SESSION,
    "exec-timeout-no-pane": NO_PANE,
    "exec-window-target": NO_SESSION,
    "find-duplicate": find_duplicate,
    "find-inject": refused("ERR_LABEL_NOT_FOUND"),
    "find-no-state": refused("ERR_LABEL_NOT_FOUND"),
    "find-quote": labelled_in_tmux('a"b'),
    "find-unicode": labelled_in_tmux("サ"),
    "gen-no-args": MISSING,
    "gen-unknown": usage_error("ERR_UNKNOWN_COMMAND"),
    "has-pattern-dash": has_pattern_dash,
    "has-pattern-invalid": BAD_PATTERN,
    "has-pattern-no-pane": NO_PANE,
    "is-running-colon-cmd": running(verdict=True),
    "is-running-dash": running(verdict=False),
    "is-running-loop": running(verdict=True),
    "is-running-no-pane": NO_PANE,
    "list-detailed-after-two": labels("main", "server", "server"),
    "list-detailed-invalid-state": labels("main", "server"),
    "list-detailed-meta": labels("main"),
    "list-detailed-pane-not-in-state": labels("main", "pane-1"),
    "list-json-prefix": NO_SESSION,
    "meta-get-invalid-state": NO_KEY,
    "meta-get-no-pane": NO_PANE,
    "meta-get-no-state": NO_KEY,
    "meta-get-value-dash-n": succeeds("-n\n", "0"),
    "meta-get-value-empty": succeeds("\n", "0"),
    "meta-get-value-false": any_value_is_a_value,
    "meta-get-value-null": succeeds("null\n", "0"),
    "meta-get-value-object": any_value_is_a_value,
    "meta-set-invalid-state": metadata_set,
    "meta-set-no-pane": NO_PANE,
    "meta-set-no-state": metadata_set,
    "meta-set-pane-abc": NO_PANE,
    "missing-args-pane-capture": MISSING,
    "missing-args-pane-count": MISSING,
    "missing-args-pane-create": MISSING,
    "missing-args-pane-create-with-layout": MISSING,
    "missing-args-pane-exec": MISSING,
    "missing-args-pane-exec-timeout": MISSING,
    "missing-args-pane-find": MISSING,
    "missing-args-pane-has-pattern": MISSING,
    "missing-args-pane-is-running": MISSING,
    "missing-args-pane-kill": MISSING,
    "missing-args-pane-list-detailed": MISSING,
    "missing-args-pane-list-json": MISSING,
    "missing-args-pane-metadata-get": MISSING,
    "missing-args-pane-metadata-set": MISSING,
    "missing-args-pane-status": MISSING,
    "missing-args-pane-stream": MISSING,
    "missing-args-pane-tail": MISSING,
    "missing-args-pane-wait": MISSING,
    "missing-args-pane-watch": MISSING,
    "missing-args-pane-watch-timeout": MISSING,
    "missing-args-session-create": MISSING,
    "missing-args-session-kill": MISSING,
    "missing-args-state-sync": MISSING,
    "no-jq-binary-pane-count": succeeds("1\n"),
    "no-tmux-binary-pane-count": NO_TMUX,
    "no-tmux-binary-session-list": NO_TMUX,
    "pane-capture-dash-n": succeeds("-n\n", "0"),
    "pane-capture-lines-abc": refused("ERR_USAGE", naming="'abc'"),
    "pane-capture-pane-abc": NO_PANE,
    "pane-capture-pane-empty": NO_PANE,
    "pane-capture-pane-minus1": NO_PANE,
    "pane-create-label-quote": created("1", "main", 'a"b\\c'),
    "pane-create-ok": created("1", "main", "server"),
    "pane-create-third": created("3", "main", "server", "tests", "third"),
    "pane-create-wrong-id": created("1", "main", "x", "server", "t"),
    "pane-exec-copy-mode": typed("$ echo hello", "hello"),
    "pane-exec-dash-l": typed("$ -l foo"),
    "pane-exec-dash-n": typed("$ -n"),
    "pane-exec-escaped-semicolon": typed("$ echo hi\\;", "hi;"),
    "pane-exec-literal-C-c": typed_into_a_program,
    "pane-exec-literal-Enter": typed("$ Enter"),
    "pane-exec-literal-Space": typed("$ Space"),
    "pane-exec-literal-Up": typed("$ Up"),
    "pane-exec-only-semicolon": typed("$ ;"),
    "pane-exec-pane-dot": NO_PANE,
    "pane-exec-pane-percent": typed("$ ls"),
    "pane-exec-pane-regex": NO_PANE,
    "pane-exec-prefix": NO_SESSION,
    "pane-exec-tab": typed("a b"),
    "pane-kill-ok": pane_killed,
    "pane-kill-prefix": NO_SESSION,
    "pane-status-no-pane": NO_PANE,
    "pane-wait-timeout-float": timeout_in_tenths,
    "pane-wait-timeout-neg": refused("ERR_USAGE", naming="'-3'"),
    "pane-watch-backslash": watch_backslash,
    "pane-watch-dash-e": watch_dash_e,
    "pane-watch-invalid-bracket": BAD_PATTERN,
    "pane-watch-invalid-paren": BAD_PATTERN,
    "pane-watch-lines-abc": refused("ERR_USAGE", naming="'abc'"),
    "pane-watch-no-pane": NO_PANE,
    "session-create-backslash": BAD_NAME,
    "session-create-colon": BAD_NAME,
    "session-create-dash": BAD_NAME,
    "session-create-dollar": BAD_NAME,
    "session-create-dot": BAD_NAME,
    "session-create-dot-then-use": NO_SESSION,
    "session-create-empty": BAD_NAME,
    "session-create-equals": BAD_NAME,
    "session-create-glob": BAD_NAME,
    "session-create-long": BAD_NAME,
    "session-create-prefix": session_made,
    "session-create-slash": BAD_NAME,
    "session-kill-empty": NO_SESSION,
    "session-kill-prefix": NO_SESSION,
    "session-list-weird": odd_names_listed,
    "stream-basic": stream_shows_new_lines,
    "stream-pane-resized": stream_filtered_to_nothing,
    "stream-session-end": stream_ended,
    "stream-session-end-other": stream_ended,
    "sync-after-kill": labels_stay_with_their_panes,
    "sync-extra-keys-lost": unknown_keys_stay,
    "sync-fresh": synchronized("main"),
    "sync-keeps-metadata": old_date_stays,
    "sync-no-state": synchronized("pane-0"),
    "tail-basic": tail_follows,
    "tail-lines-abc": refused("ERR_USAGE", naming="'abc'"),
    "watch-timeout-abc": refused("ERR_USAGE", naming="'abc'"),
    "watch-timeout-invalid-regex": BAD_PATTERN,
    "watch-timeout-no-pane": NO_PANE,
    "watch-timeout-typed-line": echo_does_not_count,
    "watch-timeout-zero": watch_looks_once,
}


@pytest.mark.parametrize("case", MENDED, ids=[case["id"] for case in MENDED])
def test_case_is_mended(case, box):
    EXPECTED[case["id"]](Case(case, box))


def test_every_case_that_is_not_kept_has_an_entry():
    assert set(EXPECTED) == {case["id"] for case in MENDED}
    assert {case["class"] for case in CASES} == {"keep", "changed", "defect"}
