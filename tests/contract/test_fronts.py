"""The fast front and the Click front give the same answer, byte for byte; so do their locks."""

from __future__ import annotations

import json
import re
import subprocess
import sys

import pytest
from conftest import ROOT, sandbox, wait_until

from bridge import registry
from bridge.core import families

TIMES = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")
CURSOR = re.compile(r'("cursor": ?"c[^"]*-)\d+')
WAITED = re.compile(r'("waited_ms": ?)\d+')

# Calls that change nothing, on a session `dev` with the panes `main` and `p1`, and one called `日本`.
CALLS: list[tuple[str, ...]] = [
    ("version",),
    ("run-list",),
    ("version", "more"),
    ("version", "--"),
    ("session-list",),
    ("session-list", "more"),
    ("session-list", "--"),
    ("pane-count", "dev"),
    ("pane-count", "de"),
    ("pane-count", "日本"),
    ("pane-count", "=dev"),
    ("pane-count", "$0"),
    ("pane-count", ""),
    ("pane-count", "--", "dev"),
    ("pane-count", "--other"),
    ("pane-count", "-x"),
    ("pane-count",),
    ("pane-count", "dev", "dev"),
    ("pane-count", b"\xff"),
    ("pane-list-json", "dev"),
    ("pane-list-detailed", "dev"),
    ("pane-list-detailed", "none"),
    ("pane-status", "dev", "0"),
    ("pane-status", "dev", "p1"),
    ("pane-status", "dev", "0.1"),
    ("pane-status", "dev", "%0"),
    ("pane-status", "dev", "7"),
    ("pane-status", "dev", "-1"),
    ("pane-status", "dev"),
    ("pane-is-running", "dev", "0"),
    ("pane-find", "dev", "p1"),
    ("pane-find", "dev", "--p1"),
    ("pane-find", "dev", "a 'quoted' \"label\""),
    ("pane-capture", "dev", "1"),
    ("pane-capture", "dev", "1", "0"),
    ("pane-capture", "dev", "1", ""),
    ("pane-capture", "dev", "1", "x"),
    ("pane-capture", "dev", "1", "-5"),
    ("pane-capture", "dev", "1", "1.5"),
    ("pane-capture", "dev", "1", "99999999999"),
    ("pane-watch", "dev", "1", "."),
    ("pane-watch", "dev", "1", "-e"),
    ("pane-watch", "dev", "1", "--", "--raw"),
    ("pane-watch", "dev", "1", "("),
    ("pane-watch", "dev", "1", "été|日本", "5"),
    ("pane-has-pattern", "dev", "1", "\\$"),
    ("pane-has-pattern", "dev", "1", "nothing"),
    ("pane-has-pattern", "dev", "1", "[", "3"),
    ("pane-metadata-get", "dev", "0", "key"),
    ("pane-metadata-get", "dev", "0", "none"),
    ("pane-metadata-get", "dev", "0", "--raw"),
    ("state-sync", "none"),
    ("session-create", "dev"),
    ("session-create", "my.app"),
    ("session-create", "e\u0301"),
    ("session-create", ""),
    ("session-create", "--size", "120x40"),
    ("session-create", "new", "--size"),
    ("session-create", "new", "--size=big"),
    ("session-create", "new", "--size", "0x0"),
    ("session-create", "new", "--raw"),
    ("session-kill", "none"),
    ("session-kill", "dev", "--self=1"),
    ("pane-kill", "dev", "9", "--self"),
    ("pane-create", "none", "x"),
    ("pane-create", "dev", "x" * 5000),
    ("pane-exec", "dev", "9", "ls"),
    ("pane-exec", "dev", "0", "a\x01b"),
    ("pane-exec", "--raw", "none", "0", "ls"),
    ("pane-exec", "dev", "0", "--raw"),
    ("pane-exec-timeout", "dev", "0", "soon", "ls"),
    ("pane-wait", "dev", "0", "5"),
    ("pane-wait", "dev", "0", "-1"),
    ("pane-watch-timeout", "dev", "0", "("),
    ("pane-watch-timeout", "dev", "0", "nothing", "0"),
    ("pane-watch-timeout", "none", "0", "x", "1"),
    ("pane-read", "dev", "0", "--since", "garbage"),
    ("pane-read", "dev", "0", "--lines", "2"),
    ("pane-log", "dev", "1"),
    ("pane-log", "dev", "1", "maybe"),
    ("pane-snapshot", "dev", "0"),
    ("pane-snapshot", "dev", "none"),
    ("pane-wait-for", "dev", "0"),
    ("pane-wait-for", "dev", "1", "--exit", "--timeout", "0.1"),
    ("pane-ask", "dev", "0", "text"),
    ("pane-ask", "dev", "0", "text", "--pattern", "("),
    ("pane-stream", "none", "0"),
    ("pane-tail", "dev", "0", "x"),
    ("session-save", "none"),
    ("session-save", "dev", "/nowhere/at/all"),
    ("session-restore", "none"),
    ("session-restore", "/nowhere", "--replay-allow", "a", "--replay-allow=b", "--dry-run"),
    ("session-restore", "none", "--on-conflict", "replace"),
    ("session-restore", "none", "--replay-allow"),
    ("session-snapshots", "none"),
    ("session-snapshot-show", "none"),
    ("session-snapshot-delete", "/etc/passwd"),
    ("session-diff", "none", "dev"),
    ("session-autosave", "none"),
    ("session-autosave", "dev", "0"),
    ("session-autosave-stop", "none"),
    ("pane-metrics", "dev", "9"),
    ("pane-metrics", "dev", "0", "--interval", "soon"),
    ("session-metrics", "none", "--interval=0"),
    ("pane-set-limit", "dev", "0", "disk", "5"),
    ("pane-set-limit", "dev", "0", "cpu", "-5"),
    ("pane-get-limits", "dev", "0"),
    ("pane-clear-limit", "dev", "0"),
    ("pane-clear-limit", "dev", "0", "all"),
    ("metrics-history", "dev", "0", "soon"),
    ("metrics-history", "dev", "0"),
    ("metrics-export", "none"),
    ("metrics-export", "--format", "xml"),
    ("daemon-start", "dev", "more"),
    ("batch", "none"),
    ("mcp", "--tier", "all"),
    ("mcp-install",),
    ("mcp-install", "--client", "nobody"),
    ("skill",),
    ("skill", "--install", "nobody"),
    ("agent-profiles",),
    ("agent-profiles", "codex"),
    ("agent-profiles", "codx"),
    ("agent-profiles", "--check"),
    ("agent-classify",),
    ("agent-classify", "--profile", "claude", "--screen", "none"),
    ("agent-classify", "--profile", "claude", "--screen", "/proc/self/cmdline", "--cursor", "1"),
    ("agent-classify", "--profile", "claude", "--screen", "/dev/null", "--progress", "9"),
    ("agent-spawn",),
    ("agent-spawn", "worker", "--count", "0"),
    ("agent-spawn", "worker", "--profile", "nobody"),
    ("agent-interrupt", "nobody"),
    ("agent-terminate", "nobody", "--grace", "soon"),
    ("agent-adopt", "dev", "9"),
    ("agent-adopt", "dev", "0", "--id", "a b"),
    ("agent-list",),
    ("agent-list", "--tree", "--state", "bored"),
    ("agent-status", "nobody"),
    ("agent-explain", "nobody"),
    ("agent-wait", "nobody", "--state", "idle"),
    ("agent-wait", "nobody"),
    ("batch", "-", "--parallel", "0"),
    ("daemon-stop",),
    ("daemon-restart", "dev", "more"),
    ("daemon-status",),
    ("daemon-health",),
    ("daemon-logs", "x"),
    ("daemon-logs",),
    ("daemon-script", "help"),
    ("daemon-script", "status"),
    ("event-subscribe", "dev", "pattern-match"),
    ("event-list",),
    ("event-unsubscribe", "none"),
    ("event-stream", "--since", "x"),
    ("event-log", "*"),
    ("event-publish", "dev", "go", "--data", "[]"),
    ("pane-send-keys", "dev", "0"),
    ("pane-send-keys", "dev", "0", "a", "Entr"),
    ("pane-send-keys", "dev", "9", "a", "--", "--literal"),
    ("pane-send-stdin", "dev", "0", "a\x01b", "--enter"),
    ("pane-signal", "dev", "0", "NOPE"),
    ("pane-signal", "dev", "0", "TERM"),
    ("pane-stop", "dev", "0", "--grace", "0.5"),
    ("pane-stop", "dev", "0", "--grace", "soon"),
    ("pane-respawn", "dev", "0", "--", "top", "--x"),
    ("pane-interact", "dev", "0"),
    ("top",),
    ("top", "--interval", "0"),
    ("pane-label", "dev", "9", "x"),
    ("group-create", "a/b"),
    ("group-add", "none", "dev"),
    ("group-remove", "none", "dev"),
    ("group-delete", "none"),
    ("group-list",),
    ("group-exec", "none", "ls", "--wait"),
    ("group-start", "none"),
    ("group-save", "none"),
    ("group-restore", "none"),
    ("group-kill", "none"),
    ("session-depends", "dev", "dev"),
    ("session-depends-remove", "dev", "none"),
    ("session-dependencies",),
    ("session-health", "none"),
    ("session-wait-healthy", "none", "0.1"),
    ("session-health-set", "dev", "--port", "0"),
    ("session-start", "a:b"),
    ("sessions-list-all",),
    ("panes-count-global",),
    ("sessions-find-pattern", "nothing at all"),
    ("gc-status", "more"),
    ("gc-run", "hard"),
    ("gc-run", "--ttl", "0"),
    ("gc-enable", "59"),
    ("gc-disable", "more"),
    ("gc-protect", "none"),
    ("gc-unprotect", "none"),
    ("state-migrate", "--from", "/nonexistent"),
    ("schema", "pane-run"),
    ("schema",),
    ("schema", "pane-rum"),
    ("doctor", "--bundle"),
    ("logs-show",),
    ("logs-show", "x"),
    ("logs-tail", "--level", "loud"),
    ("config-show",),
    ("config-show", "--origin"),
    ("config-get", "max_panes"),
    ("config-get", "max_pains"),
    ("config-set", "max_panes", "many"),
    ("config-validate",),
    ("config-init", "more"),
    ("config-path",),
    ("completion", "bash"),
    ("completion", "fish", "--raw"),
    ("completion", "csh"),
    ("complete", "session"),
    ("complete", "pane", "dev"),
    ("complete", "pane", "none"),
    ("nonsense",),
    ("pane-exce", "--quiet"),
]
# Global options and settings, each with a call.
FORMS: list[tuple[tuple[str, ...], dict[str, str]]] = [
    (("--compact", "pane-list-detailed", "dev"), {}),
    (("--compact", "pane-count", "none"), {}),
    (("--compact", "nonsense"), {}),
    (("--fields", "outcome", "pane-count", "dev"), {}),
    (("--fields",), {}),
    (("--fields", "count,,output", "pane-count", "dev"), {}),
    (("--fields", "count", "--table", "pane-count", "dev"), {}),
    (("--fields=output", "pane-stream", "dev", "0"), {}),
    (("--fields", "count", "nonsense"), {}),
    (("--quiet", "pane-count", "dev"), {}),
    (("--quiet", "pane-count", "none"), {}),
    (("--quiet", "pane-count"), {}),
    (("--quiet", "--compact", "session-list"), {}),
    (("-L", "other", "session-list"), {}),
    (("-L", "other", "pane-count", "dev"), {}),
    (("-L", "default", "pane-count", "dev"), {}),
    (("-L", "", "session-list"), {}),
    (("-L",), {}),
    (("-S",), {}),
    (("--compact", "-L"), {}),
    (("--script", "session-list"), {}),
    (("--script", "pane-has-pattern", "dev", "1", "\\$"), {}),
    (("--script", "pane-count", "dev", "--compact", "more"), {}),
    (("--script", "pane-count"), {}),
    (("--table", "pane-list-json", "dev"), {}),
    (("--other", "session-list"), {}),
    ((), {}),
    (("",), {}),
    (("pane-list-json", "dev"), {"BRIDGE_JSON": "compact"}),
    (("nonsense",), {"BRIDGE_JSON": "compact"}),
    (("pane-count", "dev"), {"BRIDGE_JSON": "yaml"}),
    (("pane-count", "dev"), {"BRIDGE_LOG": "off"}),
    (("pane-count", "none"), {"BRIDGE_LOG": "off"}),
    (("pane-count", "dev"), {"BRIDGE_LOG": "loud"}),
    (("pane-count", "dev"), {"BRIDGE_TMUX_TIMEOUT": "0"}),
    (("pane-count", "dev"), {"BRIDGE_TMUX": "/nonexistent/tmux"}),
    (("pane-create", "dev"), {"BRIDGE_MAX_PANES": "2"}),
    (("state-sync", "dev"), {"BRIDGE_STATES_DIR": "/proc/nowhere"}),
    (("pane-count", "dev"), {"BRIDGE_CONFIG": "/nonexistent/file"}),
    (("--compact", "config-validate"), {"BRIDGE_CONFIG": "/nonexistent/file"}),
    (("--quiet", "config-show", "--origin"), {"BRIDGE_MAX_PANES": "3"}),
    (("--table", "config-show"), {}),
    (("session-list",), {"BRIDGE_SOCKET": "/nonexistent/socket"}),
]


def plain(text: str) -> str:
    return CURSOR.sub(r"\1C", WAITED.sub(r"\1N", TIMES.sub("TIME", text)))


def name_of(words: tuple) -> str:
    return " ".join(word if isinstance(word, str) else repr(word) for word in words)[:60]


@pytest.fixture(scope="module")
def still(built):
    """A sandbox that the calls of this file share: they only look."""
    with sandbox(built) as box:
        box.session("dev", panes=2)
        box.await_prompt("dev", "1")
        box.session("日本")
        box.bridge("pane-metadata-set", "dev", "0", "key", 'val\x7fue 日本 \\ "q"').ok()
        yield box


def both(box, *words, env=None):
    """The same call by both fronts; asserts that they agree and returns the Click front's."""
    # The script's form has no error object, so its answers are not among those checked against their rows.
    ask = box.call if "--script" in words[:1] else None
    fast, click = (
        ask([*box.command(front), *words], env=env) if ask else box.bridge(*words, env=env, front=front)
        for front in ("fast", "click")
    )
    assert plain(fast.stdout) == plain(click.stdout)
    assert (fast.status, plain(fast.stderr)) == (click.status, plain(click.stderr))
    return click


@pytest.mark.parametrize("words", CALLS, ids=name_of)
def test_both_fronts_answer_alike(still, words):
    both(still, *words)


@pytest.mark.parametrize(("words", "env"), FORMS, ids=lambda value: name_of(tuple(value)))
def test_both_fronts_take_options_and_settings_alike(still, words, env):
    both(still, *words, env=env)


# What types, waits or tells ids of its own has no answer that is equal twice.
STREAMS_OR_RUNS = (*("pane-run", "run-result", "run-output"),)


def test_the_calls_cover_every_command():
    assert {words[0] for words in CALLS} >= {row.name for row in registry.load_all()} - {
        "pane-create-with-layout",
        "pane-metadata-set",
        *STREAMS_OR_RUNS,
    }


# Calls that change something: each front has a server and a state of its own.
CHANGES: list[tuple[str, ...]] = [
    ("session-create", "dev", "--size", "120x40"),
    ("pane-create", "dev"),
    ("pane-create", "dev", "--", "--label"),
    ("pane-create-with-layout", "dev", "third", "main-vertical"),
    ("pane-create-with-layout", "dev", "third", "round"),
    ("pane-metadata-set", "dev", "0", "key", "été \x01\x7f \"'\\ \n;"),
    ("pane-metadata-set", "dev", "0", "", ""),
    ("pane-metadata-get", "dev", "0", "key"),
    ("pane-status", "dev", "third"),
    ("state-sync", "dev"),
    ("pane-kill", "dev", "--label"),
    ("pane-kill", "dev", "%1"),
    ("session-kill", "dev"),
    ("session-list",),
]


def test_both_fronts_change_alike(built):
    told: dict[str, list] = {}
    for front in ("fast", "click"):
        with sandbox(built) as box:
            answers = [box.bridge(*words, front=front) for words in CHANGES]
        told[front] = [
            (words, done.status, plain(done.stdout).replace(str(box.directory), "DIR"), plain(done.stderr))
            for words, done in zip(CHANGES, answers, strict=True)
        ]
    assert told["fast"] == told["click"]


@pytest.mark.parametrize(
    "value",
    [
        pytest.param("1e16", id="an exponent"),
        pytest.param("123456789012345678901234567890", id="a long integer"),
        pytest.param("[" * 300 + "]" * 300, id="300 levels"),
    ],
)
def test_values_that_somebody_else_stored_are_told_alike(box, value):
    box.session("dev")
    box.tmux("set-option", "-p", "-t", "=dev:", "@bridge_metadata", f'{{"key": {value}}}')
    fast, click = (box.call([*box.command(front), "pane-list-detailed", "dev"]) for front in ("fast", "click"))
    assert plain(fast.stdout) == plain(click.stdout)


@pytest.mark.parametrize("front", ["fast", "click"])
@pytest.mark.parametrize(
    "value",
    [
        pytest.param('"\\ud800"', id="a lone surrogate"),
        pytest.param("[" * 800 + "]" * 800, id="800 levels"),
    ],
)
def test_a_value_that_cannot_be_written_still_gives_an_answer(box, front, value):
    box.session("dev")
    box.tmux("set-option", "-p", "-t", "=dev:", "@bridge_metadata", f'{{"key": {value}}}')
    done = box.call([*box.command(front), "pane-list-detailed", "dev"])
    assert json.loads(done.stdout)["command"] == "pane-list-detailed"


@pytest.mark.parametrize("value", ["true", "5", "[1]"])
def test_a_value_that_somebody_else_stored_has_the_type_that_the_row_declares(box, value):
    box.session("dev")
    box.tmux("set-option", "-p", "-t", "=dev:", "@bridge_metadata", f'{{"key": {value}}}')
    done = box.call([*box.command("fast"), "pane-metadata-get", "dev", "0", "key"])
    assert isinstance(done.ok()["value"], str)


@pytest.mark.parametrize("front", ["fast", "click"])
def test_a_setting_of_very_many_digits_gives_an_answer(box, front):
    done = box.call([*box.command(front), "pane-count", "dev"], env={"BRIDGE_MAX_PANES": "9" * 400})
    assert done.code == "ERR_USAGE"


# --- what only the Click front does ---


@pytest.mark.parametrize("front", ["fast", "click"])
@pytest.mark.parametrize(
    ("word", "hint"),
    [
        ("pane-exce", "did you mean pane-exec"),
        ("sesion-list", "did you mean session-list"),
        ("xyzzy", "bridge help lists the commands"),
        ("ls", "did you mean session-list?"),
        ("attach", "did you mean pane-interact or top?"),
        ("capture-pane", "did you mean pane-capture?"),
        ("run", "did you mean pane-run?"),
    ],
)
def test_an_unknown_command_gets_a_hint_and_costs_a_person_one_line(box, front, word, hint):
    done = box.bridge(word, "dev", front=front)
    assert (done.status, done.code) == (1, "ERR_UNKNOWN_COMMAND")
    assert done.json["command"] == word
    assert done.json["error"]["hint"].startswith(hint)
    assert done.stderr == f"[ERROR] {done.json['error']['message']}; {done.json['error']['hint']}\n"


def test_help_is_asked_for(box):
    asked = box.bridge("help")
    assert (asked.status, asked.stderr) == (0, "")
    assert asked.stdout.startswith("Usage: bridge")
    for words in (("nonsense",), (), ("help", "nonsense")):
        refused = box.bridge(*words)
        assert refused.status == 1
        assert len(refused.stderr.splitlines()) == 1
    assert box.shim().stderr.count("Usage: bridge") == 1  # the script printed it at each such call


def test_help_is_told_by_families(box):
    everything = box.bridge("help").stdout
    listed = [line.split()[0] for line in everything.splitlines() if line.startswith("  ") and line[2] != " "]
    assert set(registry.names()) <= set(listed)
    for family, members in families.group(registry.names()).items():
        told = box.bridge("help", family).stdout if registry.load(family) is None else everything
        assert [name for name in members if f"\n  {name} " not in told] == []


@pytest.mark.parametrize(
    "row", [row for row in registry.load_all() if any(arg.choices for arg in row.args)], ids=lambda row: row.name
)
def test_the_help_of_a_command_shows_what_may_be_chosen(box, row):
    told = " ".join(box.bridge("help", row.name).stdout.split())
    for arg in row.args:
        assert ", ".join(arg.choices) in told


@pytest.mark.parametrize("front", ["fast", "click"])
def test_options_of_every_call_may_stand_behind_the_command(still, front):
    one_line = still.bridge("pane-count", "dev", "--compact", front=front)
    assert one_line.stdout.count("\n") == 1
    fields = still.call([*still.command(front), "pane-count", "--fields", "count", "dev", "--quiet"])
    assert (fields.json, fields.stderr) == ({"count": 2}, "")
    assert "NAME" in still.bridge("session-list", "--table", front=front).stdout.splitlines()[0]
    one = still.bridge("pane-count", "dev", "--table", front=front)
    assert (one.status, one.stdout.split()) == (0, ["count", "2"])
    none = still.bridge("session-snapshots", "--table", front=front)
    assert (none.status, none.stdout, none.stderr) == (0, "", "[INFO] 0 snapshots\n")
    told = still.bridge("pane-has-pattern", "dev", "0", "nowhere", "--table", front=front)
    assert (told.status, told.stdout.split()[-2:]) == (1, ["found", "no"])
    assert still.bridge("pane-count", "none", "--table", front=front).code == "ERR_SESSION_NOT_FOUND"
    assert still.bridge("pane-count", "dev", "--fields", "nonsense", front=front).code == "ERR_USAGE"
    misplaced = still.bridge("pane-count", "dev", "-L", "other", front=front)
    assert misplaced.code == "ERR_USAGE"


def test_an_option_that_is_nearly_right_is_named(still):
    done = still.bridge("pane-wait-for", "dev", "0", "--timeot", "3")
    assert done.code == "ERR_USAGE"
    assert done.json["error"]["hint"].startswith("did you mean --timeout")


def test_a_hint_uses_the_name_that_was_called(still, tmp_path):
    (tmp_path / "tmux-bridge").symlink_to(still.built)
    for words in (("pane-count", "nobody"), ("nonsense",)):
        hint = still.call([tmp_path / "tmux-bridge", *words]).json["error"]["hint"]
        assert hint == still.bridge(*words).json["error"]["hint"].replace("bridge ", "tmux-bridge ")
        assert "tmux-bridge " in hint


@pytest.mark.parametrize(
    "words", [("help",), ("--help",), ("help", "pane-exec"), ("pane-exec", "--help"), ("--version",)], ids=name_of
)
def test_help_is_the_same_by_both_ways(box, words):
    assert both(box, *words).status == 0


def test_help_behind_two_dashes_is_text(still):
    found = both(still, "pane-watch", "dev", "1", "--", "--help")
    assert found.json["found"] is False


# --- locks ---

HOLD = """
import sys
sys.path.insert(0, sys.argv[1])
from bridge.cli.locks import LibraryLock
from bridge.store.lock import FileLock
with {"library": LibraryLock, "file": FileLock}[sys.argv[2]](sys.argv[3], 5.0):
    print("held", flush=True)
    sys.stdin.read()
"""
TRY = """
import sys
sys.path.insert(0, sys.argv[1])
from bridge.cli.locks import LibraryLock
from bridge.errors import BridgeError
from bridge.store.lock import FileLock
try:
    with {"library": LibraryLock, "file": FileLock}[sys.argv[2]](sys.argv[3], 0.05):
        print("taken")
except BridgeError as problem:
    print(problem.code)
"""


@pytest.fixture
def lock_file(tmp_path):
    folder = tmp_path / "locks"
    folder.mkdir(mode=0o700)
    return folder / "dev.lock"


def attempt(kind: str, path) -> str:
    done = subprocess.run(
        [sys.executable, "-c", TRY, ROOT, kind, path], capture_output=True, text=True, timeout=30, check=True
    )
    return done.stdout.strip()


@pytest.mark.parametrize("holder", ["library", "file"])
@pytest.mark.parametrize("other", ["library", "file"])
def test_a_lock_of_either_kind_excludes_the_other(lock_file, holder, other):
    held = subprocess.Popen(
        [sys.executable, "-c", HOLD, ROOT, holder, lock_file],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert held.stdout.readline() == "held\n"
        assert attempt(other, lock_file) == "ERR_LOCKED"
    finally:
        held.communicate(timeout=30)
    assert attempt(other, lock_file) == "taken"
    assert lock_file.exists(), "a lock file that is removed splits those who wait for it"
    assert lock_file.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("holder", ["library", "file"])
@pytest.mark.parametrize("other", ["library", "file"])
def test_a_lock_is_free_when_its_holder_was_killed(lock_file, holder, other):
    held = subprocess.Popen(
        [sys.executable, "-c", HOLD, ROOT, holder, lock_file],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert held.stdout.readline() == "held\n"
    finally:
        held.kill()
        held.communicate(timeout=30)
    wait_until(lambda: attempt(other, lock_file) == "taken", "the lock of a process that has ended")


def test_the_fronts_wait_for_each_other(box):
    """A lock held as one front takes it refuses a change by the other in time, with the file's name."""
    box.session("dev")
    lock = next(path for path in (box.directory / "state").rglob("dev.lock"))
    for holder, front in (("library", "fast"), ("file", "click")):
        held = subprocess.Popen(
            [sys.executable, "-c", HOLD, ROOT, holder, lock],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        try:
            assert held.stdout.readline() == "held\n"
            refused = box.bridge(
                "pane-metadata-set", "dev", "0", "k", front, env={"BRIDGE_LOCK_TIMEOUT": "0.1"}, front=front
            )
            assert refused.code == "ERR_LOCKED"
            assert str(lock) in refused.json["error"]["message"]
        finally:
            held.communicate(timeout=30)
        box.bridge("pane-metadata-set", "dev", "0", "k", front, front=front).ok()
        assert box.bridge("pane-metadata-get", "dev", "0", "k").ok()["value"] == front
