"""Which session and pane is meant: compared exactly, for every command of the table."""

from __future__ import annotations

import json
import unicodedata

import pytest
from conftest import TMUX, sandbox, wait_until

from bridge import registry
from bridge.features.sessions import first

TARGETED = [
    row
    for row in registry.load_all()
    if row.args
    and row.args[0].type == "session"
    and row.name not in ("pane-wait-for", "pane-ask")  # they need an option, see test_awaiting and test_asking
]
WITH_PANE = [row for row in TARGETED if len(row.args) > 1 and row.args[1].type == "pane"]
DESTROYING = [row for row in registry.load_all() if row.effect == "destroy" and row.target != "none"]
KILLING = [row for row in DESTROYING if row.name.endswith("-kill")]

NOT_A_SESSION = [
    "de",
    "d*",
    "d?v",
    "=dev",
    "dev:",
    "dev:0",
    "dev.0",
    "dev:0.0",
    "%0",
    "@0",
    "$9",
    "ab",
    "{last}",
    "!",
    "",
]
NOT_A_PANE = ["9", "-1", "", ".", "[0-9]", "%2", "%99", "@0", "$0", "0.9", "1.0", ":.0", "{last}", "+", "mai", "main "]

HOSTILE = {
    "parent": "../../x",
    "option": "-t",
    "colon": "a:b",
    "dot": "a.b",
    "empty": "",
    "blank": " ",
    "blank-at-end": "a ",
    "equals": "=x",
    "session-id": "$1",
    "window-id": "@1",
    "pane-id": "%1",
    "last": "{last}",
    "bang": "!",
    "plus": "+",
    "star": "*",
    "shell-format": "#(touch p)",
    "format": "#{pid}",
    "format-inside": "a#(touch p)",
    "backquote": "a`touch p`",
    "quote": "q'uote",
    "double-quote": 'q"uote',
    "semicolon": "a;b",
    "backslash": "a\\b",
    "slash": "a/b",
    "newline": "a\nb",
    "tab": "a\tb",
    "escape": "a\x1bb",
    "del": "a\x7fb",
    "c1": "a\x9bb",
    "300-bytes": "s" * 300,
    "65-characters": "s" * 65,
    "not-utf-8": b"a\xffb",
    "decomposed": unicodedata.normalize("NFD", "é"),
    "right-to-left": "a\u202eb",
    "zero-width": "a\u200bb",
    "one-dot": ".",
    "two-dots": "..",
}
GOOD = ["日本", "my app", "é", "Straße", "con", "0", "a_b-c", "s" * 64, "日" * 64]
# What a command may answer once it has found its session.
FOUND_BUT = (
    *("ERR_LABEL_NOT_FOUND", "ERR_KEY_NOT_FOUND", "ERR_TIMEOUT", "ERR_COMMAND_FAILED", "ERR_BUSY", "ERR_IDLE"),
    *("ERR_NO_TERMINAL", "ERR_DAEMON"),
)
# What somebody else may have named a session; tmux itself makes `_` of `:` and `.`.
FOREIGN = ["q'uote", 'q"uote', "=x", "*", "../x", "a/b", "%1", "x;y", "{last}", "back\\slash", "a#b", "de", "-t"]

ROW = (
    "#{session_name}|#{session_id}|#{window_id}|#{window_name}|#{window_layout}|#{pane_id}|#{pane_index}|#{pane_pid}|"
    "#{pane_active}|#{pane_pipe}|#{pane_in_mode}|#{@bridge_label}|#{@bridge_metadata}|#{@bridge_typed}|#{@bridge_log}"
)
VALUES = {"pane": "0", "text": "x", "pattern": "x", "integer": "1", "seconds": "0.2"}
NAMED = {"kind": "cpu", "value": "90", "keys": "x", "signal": "TERM", "interval": "300"}


def words(row, session: str, pane: str = "0") -> list[str]:
    """A call of the command with these targets and valid values for what else it needs."""
    given = {"session": session, "pane": pane}
    needed = [arg for arg in row.args if arg.positional and (arg.required or arg.type == "seconds")]
    return [row.name, *(NAMED.get(arg.name) or given.get(arg.type, VALUES.get(arg.type, "x")) for arg in needed)]


def everything(box) -> list[str]:
    """What a call could have changed: panes, their options and screens, buffers, files."""
    panes = box.tmux("list-panes", "-a", "-F", ROW).splitlines()
    screens = [box.screen(pane) for pane in box.tmux("list-panes", "-a", "-F", "#{pane_id}").split()]
    options = [
        box.tmux("show-options", "-t", name) for name in box.tmux("list-sessions", "-F", "#{session_id}").split()
    ]
    files = [f"{path} {path.read_bytes()!r}" for path in sorted(box.states.glob("*"))]
    return [*panes, *screens, *options, box.tmux("list-buffers"), *files]


def make_trio(box):
    """Sessions dev ($0, %0), ab-1 ($1, %1) and ab-10 ($2, %2), each with a program that prints nothing."""
    for name in ("dev", "ab-1", "ab-10"):
        box.tmux("new-session", "-d", "-s", name, "exec sleep 1000")
        box.bridge("pane-metadata-set", name, "0", "key", name).ok()
    return box


@pytest.fixture
def trio(box):
    return make_trio(box)


@pytest.fixture(scope="module")
def still_trio(built):
    """One that the tests share which end if it was changed."""
    with sandbox(built) as box:
        yield make_trio(box)


def answers(box, row, calls) -> list[dict]:
    """The answers of a command to many calls.

    Where a front looks at the targets itself, to begin a question early or to speak as the script did, each call is
    one of that front; else the command alone decides what is meant, and all calls are one process.
    """
    early = {*first.LOOKING, *first.LOOKING_LOCKED, *first.MAKING}
    if row.script or row.stream or row.name in early or row.name == "pane-interact":
        alone = [box.bridge(*call) for call in calls]
        assert [done.status for done in alone] == [1] * len(calls)
        return [done.json for done in alone]
    text = "".join(f"{json.dumps({'argv': call})}\n" for call in calls)
    done = box.call([*box.command("fast"), "batch"], text=text.encode())
    return [json.loads(line) for line in done.stdout.splitlines()]


@pytest.mark.parametrize("row", TARGETED, ids=lambda row: row.name)
def test_command_takes_no_other_session_for_the_one_that_was_named(row, still_trio):
    before = everything(still_trio)
    found = answers(still_trio, row, [words(row, name) for name in NOT_A_SESSION])
    for name, answer in zip(NOT_A_SESSION, found, strict=True):
        assert (name, answer["error"]["code"], answer["session"]) == (name, "ERR_SESSION_NOT_FOUND", name)
    for name in NOT_A_SESSION:
        if row.script:
            script = still_trio.shim(*words(row, name))
            assert (name, script.json["output"], script.status) == (name, "Session not found\n", 1)
    assert everything(still_trio) == before


@pytest.mark.parametrize("row", TARGETED, ids=lambda row: row.name)
def test_command_leaves_the_longer_name_alone_once_the_shorter_is_gone(row, trio):
    trio.bridge("session-kill", "ab-1").ok()
    before = everything(trio)
    assert trio.bridge(*words(row, "ab-1")).code == "ERR_SESSION_NOT_FOUND"
    assert everything(trio) == before


@pytest.mark.parametrize("row", [row for row in TARGETED if not row.stream], ids=lambda row: row.name)
def test_command_takes_a_session_id_for_that_session(row, trio):
    trio.tmux("respawn-pane", "-k", "-t", "%0", "exec bash --norc")
    others = [line for line in everything(trio) if line.startswith("ab-")]
    done = trio.bridge(*words(row, "$0"))
    if done.json["status"] == "error":  # a label that is not there, an end that does not come: the session was found
        assert done.code in FOUND_BUT
    assert [line for line in everything(trio) if line.startswith("ab-")] == others


@pytest.mark.parametrize("row", [row for row in TARGETED if row.stream], ids=lambda row: row.name)
def test_stream_takes_a_session_id_for_that_session(row, trio):
    process = trio.start(*words(row, "$1"))
    try:
        piped = ("list-panes", "-a", "-F", "#{session_name}", "-f", "#{pane_pipe}")
        wait_until(lambda: trio.tmux(*piped) == "ab-1\n", "the pipe of ab-1 alone")
    finally:
        process.terminate()
        process.communicate(timeout=10)


@pytest.mark.parametrize("row", WITH_PANE, ids=lambda row: row.name)
def test_command_takes_no_other_pane_for_the_one_that_was_named(row, still_trio):
    before = everything(still_trio)
    found = answers(still_trio, row, [words(row, "dev", pane) for pane in NOT_A_PANE])
    for pane, answer in zip(NOT_A_PANE, found, strict=True):
        assert (pane, answer["error"]["code"], answer["pane_id"]) == (pane, "ERR_PANE_NOT_FOUND", pane)
    assert everything(still_trio) == before


def test_session_that_was_killed_is_not_found_again(trio):
    trio.bridge("session-kill", "ab-1").ok()
    second = trio.bridge("session-kill", "ab-1")
    assert (second.code, second.status) == ("ERR_SESSION_NOT_FOUND", 1)
    assert trio.shim("session-kill", "ab-1").status == 1
    assert trio.tmux("list-sessions", "-F", "#{session_name}").split() == ["ab-10", "dev"]


@pytest.mark.parametrize("name", HOSTILE.values(), ids=HOSTILE)
def test_hostile_name_is_refused_before_tmux_is_touched(name, box):
    for env in ({}, {"BRIDGE_TMUX": "/nonexistent/tmux"}):
        done = box.bridge("session-create", name, env=env)
        assert (done.code, done.status) == ("ERR_BAD_NAME", 1)
        assert done.json["error"]["hint"]
    script = box.shim("session-create", name)
    assert (script.json["status"], script.status) == ("error", 1)
    assert box.call([TMUX, "list-sessions"]).status != 0
    assert not list(box.work.iterdir())
    assert not box.states.exists()


@pytest.mark.parametrize("name", ["decomposed", "dot"])
def test_refused_name_comes_with_one_that_would_do(name, box):
    hint = box.bridge("session-create", HOSTILE[name]).json["error"]["hint"]
    box.bridge("session-create", hint.removeprefix("use ")).ok()


@pytest.mark.parametrize("name", GOOD)
def test_letters_of_any_script_and_blanks_make_a_name(name, box):
    assert box.bridge("session-create", name).ok()["session"] == name
    assert box.tmux("list-sessions", "-F", "#{session_name}") == f"{name}\n"
    assert box.bridge("session-create", name).code == "ERR_SESSION_EXISTS"
    assert box.bridge("pane-create", name, "second").ok()["pane_id"] == "1"
    box.bridge("pane-metadata-set", name, "second", "key", "value").ok()
    assert box.bridge("pane-metadata-get", name, "1", "key").ok()["output"] == "value\n"
    assert [item["name"] for item in box.bridge("session-list").ok()["sessions"]] == [name]
    assert len(list(box.states.iterdir())) == 1
    box.bridge("session-kill", name).ok()
    assert not list(box.states.iterdir())


def test_names_that_differ_in_case_are_two_sessions(box):
    for name in ("dev", "Dev"):
        box.bridge("session-create", name).ok()
    box.bridge("session-kill", "Dev").ok()
    assert box.tmux("list-sessions", "-F", "#{session_name}") == "dev\n"
    assert [path.name for path in box.states.iterdir()] == ["dev.state"]


def test_name_may_begin_another(trio):
    trio.bridge("session-create", "ab").ok()
    trio.bridge("session-kill", "ab").ok()
    assert trio.tmux("list-sessions", "-F", "#{session_name}").split() == ["ab-1", "ab-10", "dev"]


@pytest.fixture
def foreign(box):
    """Sessions that somebody else made, with odd names; {name as tmux tells it: $id}."""
    for name in FOREIGN:
        box.tmux("new-session", "-d", "-s", name.replace("#", "##"), "exec sleep 1000")
    listed = box.tmux("list-sessions", "-F", "#{session_id} #{session_name}").splitlines()
    return {name: number for number, name in (line.split(" ", 1) for line in listed)}


def test_foreign_sessions_are_listed_by_their_odd_names(box, foreign):
    listed = box.bridge("session-list").ok()["sessions"]
    assert {item["name"]: item["session_id"] for item in listed} == foreign
    assert not any(item["owned"] for item in listed)


def test_foreign_session_answers_to_its_id(box, foreign):
    for name, number in foreign.items():
        box.bridge("pane-metadata-set", number, "0", "key", name).ok()
    for name, number in foreign.items():
        assert box.bridge("pane-metadata-get", number, "0", "key").ok()["value"] == name
        assert box.bridge("pane-count", name).ok()["count"] == 1
    assert len(list(box.states.iterdir())) == len(FOREIGN)
    assert not list(box.work.iterdir())


def test_killing_a_foreign_session_by_its_id_ends_that_one_alone(box, foreign):
    left = dict(foreign)
    for name in ("*", "=x", "{last}", "%1"):
        box.bridge("session-kill", foreign[name]).ok()
        del left[name]
        assert {item["name"] for item in box.bridge("session-list").ok()["sessions"]} == set(left)


def caller(box, pane: str) -> dict[str, str]:
    """The environment of a program that runs in that pane."""
    return {"TMUX": box.tmux("display-message", "-p", "#{socket_path},#{pid},0").strip(), "TMUX_PANE": pane}


def test_every_destroying_command_can_be_told_that_the_caller_is_meant():
    assert DESTROYING
    for row in DESTROYING:
        assert "self" in [arg.name for arg in row.args], row.name


@pytest.mark.parametrize("row", DESTROYING, ids=lambda row: row.name)
@pytest.mark.parametrize("name", ["dev", "$0"])
def test_the_callers_own_place_is_refused(row, name, trio):
    before = everything(trio)
    done = trio.bridge(*words(row, name), env=caller(trio, "%0"))
    assert (done.code, done.status) == ("ERR_SELF", 1)
    assert "--self" in done.json["error"]["hint"]
    assert everything(trio) == before


@pytest.mark.parametrize("row", KILLING, ids=lambda row: row.name)
def test_the_callers_own_place_is_ended_with_self(row, trio):
    trio.bridge(*words(row, "dev"), "--self", env=caller(trio, "%0")).ok()
    assert trio.tmux("list-sessions", "-F", "#{session_name}").split() == ["ab-1", "ab-10"]


@pytest.mark.parametrize("row", KILLING, ids=lambda row: row.name)
def test_the_callers_own_place_is_ended_in_the_scripts_form(row, trio):
    assert trio.shim(*words(row, "dev"), env=caller(trio, "%0")).status == 0
    assert trio.tmux("list-sessions", "-F", "#{session_name}").split() == ["ab-1", "ab-10"]


@pytest.mark.parametrize("row", KILLING, ids=lambda row: row.name)
def test_another_session_is_ended_from_inside_tmux(row, trio):
    trio.bridge(*words(row, "dev"), env=caller(trio, "%1")).ok()
    assert trio.tmux("list-sessions", "-F", "#{session_name}").split() == ["ab-1", "ab-10"]


def test_another_pane_of_the_callers_session_is_ended(trio):
    trio.bridge("pane-create", "dev", "second").ok()
    trio.bridge("pane-kill", "dev", "second", env=caller(trio, "%0")).ok()
    assert trio.bridge("pane-count", "dev").ok()["count"] == 1


@pytest.mark.parametrize("row", KILLING, ids=lambda row: row.name)
def test_equal_ids_on_another_server_are_not_the_callers(row, trio):
    inside = caller(trio, "%0")
    other = trio.directory / "other"
    trio.call([TMUX, "-S", other, "new-session", "-d", "-s", "dev", "exec sleep 1000"])
    assert trio.bridge(*words(row, "dev"), env=inside | {"BRIDGE_SOCKET": str(other)}).status == 0
    wait_until(lambda: trio.call([TMUX, "-S", other, "list-sessions"]).status != 0, "the end of the other server")
    assert trio.bridge("pane-count", "dev").ok()["count"] == 1
