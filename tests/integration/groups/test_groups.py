"""Groups, what sessions need, and their health: stored, exact, and never half done."""

from __future__ import annotations

import concurrent.futures
import fcntl
import http.server
import json
import os
import re
import shutil
import threading
from pathlib import Path

import pytest
from conftest import ROOT, TMUX, wait_until

from bridge import registry

CALLS = {
    "group-create": ("new",),
    "group-add": ("shop", "api"),
    "group-remove": ("shop", "web"),
    "group-delete": ("shop",),
    "group-list": (),
    "group-exec": ("shop", "true"),
    "group-start": ("shop",),
    "group-save": ("shop",),
    "group-restore": ("shop",),
    "group-kill": ("shop",),
    "session-depends": ("web", "api"),
    "session-depends-remove": ("web", "database"),
    "session-dependencies": (),
    "session-health": ("web",),
    "session-wait-healthy": ("web", "0.1"),
    "session-health-set": ("web", "--port", "80"),
    "session-start": ("new",),
}
ROWS = [row for family in ("group", "health") for row in map(registry.load, registry.FAMILIES[family])]


def rows_with(code: str):
    found = [row for row in ROWS if code in row.errors]
    return pytest.mark.parametrize("row", found, ids=[row.name for row in found])


def group(box, *sessions: str, name: str = "shop") -> str:
    """A group with these sessions, each with a shell at its prompt."""
    box.bridge("group-create", name).ok()
    for session in sessions:
        box.session(session)
        box.bridge("group-add", name, session).ok()
    return name


def groups_file(box) -> Path:
    (path,) = (box.directory / "state").rglob("groups.json")
    return path


# --- groups ---


def test_a_group_is_made_filled_and_forgotten(box):
    group(box, "web")
    assert box.bridge("group-add", "shop", "web").ok()["changed"] is False
    assert box.bridge("group-add", "shop", "later").ok()["changed"] is True
    (found,) = box.bridge("group-list", "shop").ok()["groups"]
    assert [(item["name"], item["alive"], item["panes"]) for item in found["sessions"]] == [
        ("web", True, 1),
        ("later", False, 0),
    ]
    assert box.bridge("group-list").ok()["output"][0]["name"] == "shop"
    box.bridge("group-remove", "shop", "later").ok()
    assert box.bridge("group-delete", "shop").ok()["members"] == ["web"]
    assert box.bridge("group-list").ok()["count"] == 0
    assert box.bridge("pane-count", "web").ok()["count"] == 1


def test_the_file_has_the_documented_shape_and_keeps_what_it_does_not_know(box):
    group(box, "web")
    box.bridge("session-depends", "web", "database").ok()
    document = json.loads(groups_file(box).read_text())
    assert list(document["groups"]["shop"]) == ["created_at", "sessions", "metadata"]
    assert document["dependencies"] == {"web": ["database"]}
    groups_file(box).write_text(json.dumps(document | {"colour": "red"}))
    box.bridge("group-add", "shop", "x").ok()
    assert json.loads(groups_file(box).read_text())["colour"] == "red"
    assert groups_file(box).stat().st_mode & 0o777 == 0o600


def test_many_changes_at_once_are_all_stored(box):
    group(box)
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        done = list(pool.map(lambda number: box.bridge("group-add", "shop", f"s{number}"), range(24)))
    assert all(answer.status == 0 for answer in done)
    names = [item["name"] for item in box.bridge("group-list", "shop").ok()["groups"][0]["sessions"]]
    assert sorted(names) == sorted(f"s{number}" for number in range(24))


def test_an_unreadable_file_is_kept_aside(box):
    group(box)
    groups_file(box).write_text("[")
    done = box.bridge("group-list")
    assert done.ok()["groups"] == []
    assert "kept as" in done.stderr


def test_a_command_reaches_every_session_and_its_end_is_told(box):
    group(box, "api", "web")
    sent = box.bridge("group-exec", "shop", f"touch $({TMUX} display-message -p '#S')").ok()
    assert [item["sent"] for item in sent["results"]] == [True, True]
    wait_until(lambda: {path.name for path in box.work.iterdir()} >= {"api", "web"}, "both files")
    for session in ("api", "web"):
        box.bridge("pane-wait", session, "0", "10").ok()
    done = box.bridge("group-exec", "shop", "echo $((40+2))", "--wait").ok()
    assert [(item["session"], item["exit_code"], item["output"]) for item in done["results"]] == [
        ("api", 0, "42\n"),
        ("web", 0, "42\n"),
    ]


def test_a_failure_in_one_is_told_for_that_one(box):
    group(box, "api", "web")
    done = box.bridge("group-exec", "shop", f'test "$({TMUX} display-message -p "#S")" = api', "--wait")
    assert done.code == "ERR_COMMAND_FAILED"
    assert {item["session"]: item["exit_code"] for item in done.json["results"]} == {"api": 0, "web": 1}
    done = box.bridge("group-exec", "shop", "sleep 5", "--wait", "--timeout", "0.3")
    assert done.code == "ERR_COMMAND_FAILED"
    assert {item["outcome"] for item in done.json["results"]} <= {"timeout"}


def test_nothing_is_sent_unless_all_are_ready(box):
    group(box, "api", "web")
    box.bridge("pane-exec", "web", "0", "sleep 30").ok()
    done = box.bridge("group-exec", "shop", "touch sent")
    assert (done.code, done.status) == ("ERR_BUSY", 1)
    assert {item["session"]: (item["error"] or {}).get("code") for item in done.json["results"]} == {
        "api": None,
        "web": "ERR_BUSY",
    }
    box.bridge("session-kill", "web").ok()
    assert box.bridge("group-exec", "shop", "touch sent").code == "ERR_SESSION_NOT_FOUND"
    box.bridge("pane-exec-timeout", "api", "0", "10", "true").ok()
    assert not (box.work / "sent").exists()


def test_a_group_is_killed_and_nothing_else(box):
    group(box, "api", "web")
    box.session("webx")
    box.bridge("group-add", "shop", "never-made").ok()
    done = box.bridge("group-kill", "shop").ok()
    assert {item["session"]: item["killed"] for item in done["results"]} == {
        "api": True,
        "web": True,
        "never-made": False,
    }
    assert box.tmux("list-sessions", "-F", "#{session_name}").split() == ["webx"]
    assert box.bridge("group-kill", "shop").code == "ERR_GROUP_NOT_FOUND"


def test_the_callers_own_session_is_killed_only_with_self(box):
    group(box, "api", "web")
    own = {"TMUX": box.tmux("display-message", "-p", "#{socket_path},#{pid},0").strip(), "TMUX_PANE": "%1"}
    assert box.bridge("group-kill", "shop", env=own).code == "ERR_SELF"
    assert len(box.tmux("list-sessions").splitlines()) == 2
    box.bridge("group-kill", "shop", "--self", env=own).ok()


def test_a_group_is_saved_and_brought_back(box):
    group(box, "api", "web")
    box.bridge("pane-create", "web", "logs").ok()
    box.bridge("session-depends", "api", "web").ok()
    saved = box.bridge("group-save", "shop").ok()
    assert all(Path(item["file"]).exists() for item in saved["results"])
    box.bridge("session-kill", "web").ok()
    back = box.bridge("group-restore", "shop").ok()
    assert [(item["session"], item["restored"], item["skipped"]) for item in back["results"]] == [
        ("web", True, False),
        ("api", True, True),
    ]
    assert box.bridge("pane-find", "web", "logs").ok()["pane_id"] == "1"
    box.bridge("group-add", "shop", "never-made").ok()
    for call in ("group-save", "group-restore"):
        done = box.bridge(call, "shop")
        assert done.code == "ERR_INCOMPLETE"
        assert "never-made" in done.json["error"]["message"]


@pytest.mark.parametrize("name", ["", "a/b", "../x", "-t", "a:b", "x" * 65, "a\nb"])
def test_a_hostile_name_makes_no_group(box, name):
    assert box.bridge("group-create", name).code == "ERR_BAD_NAME"
    assert not list((box.directory).rglob("groups.json"))


def test_bad_input_is_told(box):
    group(box, "web")
    assert box.bridge("group-create", "shop").code == "ERR_GROUP_EXISTS"
    assert box.bridge("group-remove", "shop", "other").code == "ERR_NOT_A_MEMBER"
    assert box.bridge("group-add", "shop", "").code == "ERR_USAGE"
    box.bridge("group-create", "empty").ok()
    assert box.bridge("group-exec", "empty", "true").code == "ERR_NOT_A_MEMBER"
    assert box.bridge("group-exec", "shop", "").code == "ERR_USAGE"


# --- what sessions need ---


def test_needs_are_declared_shown_and_taken_back(box):
    box.bridge("session-depends", "api", "database").ok()
    assert box.bridge("session-depends", "web", "api").ok()["needs"] == ["api"]
    assert box.bridge("session-depends", "web", "api").ok()["needs"] == ["api"]
    (found,) = box.bridge("session-dependencies", "web").ok()["dependencies"]
    assert found == {"session": "web", "needs": ["api"], "start_order": ["database", "api", "web"], "needed_by": []}
    done = box.bridge("session-depends", "database", "web")
    assert (done.code, done.json["circle"]) == ("ERR_CIRCLE", ["database", "web", "api", "database"])
    assert box.bridge("session-depends", "x", "x").code == "ERR_CIRCLE"
    assert box.bridge("session-depends", "x", "").code == "ERR_USAGE"
    box.bridge("session-depends-remove", "web", "api").ok()
    assert box.bridge("session-depends-remove", "web", "api").code == "ERR_NOT_A_MEMBER"
    assert box.bridge("session-dependencies").ok()["count"] == 1


def test_a_session_starts_after_what_it_needs_is_healthy(box):
    up = box.work / "up"
    box.bridge("session-depends", "api", "database").ok()
    box.bridge("session-health-set", "database", "--command", f"test -e {up}", "--start", f"sleep 0.5; touch {up}").ok()
    box.bridge("session-health-set", "api", "--start", f"ls {up}; echo api is up", "--present", "^api is up").ok()
    done = box.bridge("session-start", "api").ok()
    assert [(item["session"], item["created"], item["health"]) for item in done["results"]] == [
        ("database", True, "healthy"),
        ("api", True, "healthy"),
    ]
    assert "No such file" not in box.screen("api")
    again = box.bridge("session-start", "api").ok()
    assert [item["created"] for item in again["results"]] == [False, False]
    assert len(box.tmux("list-sessions").splitlines()) == 2


def test_a_start_stops_at_the_first_that_is_not_healthy(box):
    box.bridge("session-depends", "api", "database").ok()
    box.bridge("session-health-set", "database", "--command", "false").ok()
    done = box.bridge("session-start", "api", "--timeout", "0.5")
    assert done.code == "ERR_UNHEALTHY"
    assert [item["session"] for item in done.json["results"]] == ["database"]
    assert box.tmux("list-sessions", "-F", "#{session_name}").split() == ["database"]


def test_a_group_is_started_in_the_order_that_it_needs(box):
    box.bridge("group-create", "shop").ok()
    for name in ("web", "api"):
        box.bridge("group-add", "shop", name).ok()
    box.bridge("session-depends", "web", "database").ok()
    done = box.bridge("group-start", "shop").ok()
    assert [item["session"] for item in done["results"]] == ["database", "web", "api"]
    box.bridge("session-health-set", "api", "--port", "1").ok()
    assert box.bridge("group-start", "shop", "--timeout", "0.1").code == "ERR_UNHEALTHY"


def test_a_name_that_no_session_can_have_is_not_started(box):
    assert box.bridge("session-start", "a:b").code == "ERR_BAD_NAME"
    box.bridge("group-create", "odd").ok()
    box.bridge("group-add", "odd", "a:b").ok()
    assert box.bridge("group-start", "odd").code == "ERR_BAD_NAME"


# --- health ---


def test_health_by_default(box):
    absent = box.bridge("session-health", "dev")
    assert (absent.json["health"], absent.status) == ("unhealthy", 1)
    box.session("dev", panes=2)
    healthy = box.bridge("session-health", "dev")
    assert (healthy.json["health"], healthy.json["output"], healthy.status) == ("healthy", "healthy\n", 0)
    box.bridge("pane-exec", "dev", "1", "true no ERROR of ours").ok()
    box.bridge("pane-wait", "dev", "1", "10").ok()
    assert box.bridge("session-health", "dev").json["health"] == "healthy", "the echo of what we typed is no trouble"
    box.bridge("pane-exec-timeout", "dev", "1", "10", "echo FA''TAL: disk").ok()
    degraded = box.bridge("session-health", "dev")
    assert (degraded.json["health"], degraded.status) == ("degraded", 0)
    assert degraded.json["reasons"] == ["pane 1 shows 'FATAL: disk'"]
    box.bridge("pane-exec-timeout", "dev", "1", "10", "seq 1 60").ok()
    assert box.bridge("session-health", "dev").json["health"] == "healthy", "only the last 20 lines count"


def test_dead_panes_are_told(box):
    box.session("dev", panes=2)
    box.tmux("set-option", "-w", "-t", "dev", "remain-on-exit", "on")
    box.await_prompt("dev", "1")
    for pane, health in (("1", "degraded"), ("0", "unhealthy")):
        box.bridge("pane-exec", "dev", pane, "exit").ok()
        wait_until(lambda health=health: box.bridge("session-health", "dev").json["health"] == health, health)


class Server:
    """A web server of the test's own that answers with one status."""

    def __init__(self, status: int) -> None:
        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                self.send_response(status)
                self.end_headers()

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()


@pytest.fixture
def servers():
    made = [Server(204), Server(503)]
    yield made
    for server in made:
        server.close()


def test_checks_that_pass_and_fail(box, servers):
    box.session()
    good, bad = servers
    box.bridge("pane-exec-timeout", "dev", "0", "10", "echo rea''dy").ok()
    box.bridge("pane-exec", "dev", "0", "sleep 60").ok()
    passing = {
        "--present": "^ready$",
        "--absent": "never printed",
        "--port": str(good.port),
        "--http": f"http://127.0.0.1:{good.port}/",
        "--command": 'test "$BRIDGE_SESSION" = dev',
        "--process": "sleep",
    }
    failing = {
        "--present": "never printed",
        "--absent": "^ready$",
        "--port": "1",
        "--http": f"http://127.0.0.1:{bad.port}/",
        "--command": "exit 3",
        "--process": "slee",
    }
    wait_until(lambda: box.bridge("pane-is-running", "dev", "0").status == 0, "the sleep")
    box.bridge("session-health-set", "dev", *[word for pair in passing.items() for word in pair]).ok()
    found = box.bridge("session-health", "dev").json
    assert (found["health"], found["reasons"]) == ("healthy", [])
    for name, value in failing.items():
        box.bridge("session-health-set", "dev", "--clear", name, value).ok()
        found = box.bridge("session-health", "dev").json
        assert (name, found["health"], len(found["reasons"])) == (name, "unhealthy", 1), found
    box.bridge("session-health-set", "dev", "--start-period", "1000").ok()
    assert box.bridge("session-health", "dev").json["health"] == "degraded"
    assert box.bridge("session-health-set", "dev", "--clear").ok()["checks"] == {}
    assert box.bridge("session-health", "dev").json["health"] == "healthy"


def test_a_check_that_hangs_is_ended_with_all_it_started(box):
    box.session()
    box.bridge("session-health-set", "dev", "--command", "sleep 987 & sleep 986").ok()
    found = box.bridge("session-health", "dev").json
    assert found["health"] == "unhealthy"
    assert "longer than 5 s" in found["reasons"][0]
    assert box.call(["pgrep", "-f", "^sleep 98[67]$"]).stdout == ""


@pytest.mark.parametrize(
    "words",
    [
        ("--port", "0"),
        ("--port", "70000"),
        ("--http", "ftp://x"),
        ("--interval", "0"),
        ("--backoff", "0.01"),
        ("--retries", "0"),
        ("--restart", "always"),
    ],
)
def test_settings_that_make_no_sense_change_nothing(box, words):
    box.bridge("session-health-set", "dev", "--port", "80").ok()
    before = groups_file(box).read_bytes()
    done = box.bridge("session-health-set", "dev", *words)
    assert (done.code, done.status) == ("ERR_USAGE", 1)
    assert groups_file(box).read_bytes() == before


def test_a_bad_pattern_is_told_and_so_is_a_machine_without_grep(box):
    assert box.bridge("session-health-set", "dev", "--present", "(").code == "ERR_BAD_PATTERN"
    box.session()
    box.bridge("group-create", "shop").ok()
    box.bridge("group-add", "shop", "dev").ok()
    folder = box.work / "bin"
    folder.mkdir()
    for name in ("tmux", "sh", "python3"):
        (folder / name).symlink_to(shutil.which(name))
    env = {"PATH": str(folder)}
    for call in (
        ("session-health-set", "dev", "--absent", "x+"),
        ("session-health", "dev"),
        ("session-wait-healthy", "dev"),
        ("session-start", "dev"),
        ("group-start", "shop"),
        ("sessions-list-all",),
    ):
        assert (call, box.bridge(*call, env=env).code) == (call, "ERR_UNSUPPORTED")


def test_a_wait_ends_when_the_session_is_healthy_and_when_the_time_is_over(box):
    waiting = box.start("session-wait-healthy", "dev", "20")
    box.session()
    done = json.loads(waiting.communicate(timeout=30)[0])
    assert (done["health"], waiting.returncode) == ("healthy", 0)
    done = box.bridge("session-wait-healthy", "other", "0.2")
    assert (done.code, done.json["health"], done.status) == ("ERR_TIMEOUT", "unhealthy", 1)


def events(box, kind: str) -> list[dict]:
    return box.bridge("event-log", "*", kind, "100").ok()["events"]


def test_the_daemon_tells_of_changes_and_restarts(box):
    box.bridge("daemon-start").ok()
    box.session()
    pid = box.tmux("display-message", "-p", "-t", "dev:", "#{pane_pid}")
    mark = box.work / "started"
    words = ("--present", "^up$", "--start", f"echo x >>{mark}; echo up", "--interval", "0.2", "--retries", "2")
    done = box.bridge("session-health-set", "dev", *words, "--restart", "unhealthy", "--backoff", "1").ok()
    assert (done["enforced"], done["hint"]) == (True, None)
    wait_until(lambda: events(box, "session-restarted"), "the restart", 20)
    wait_until(lambda: [item["data"]["to"] for item in events(box, "health-changed")][-1:] == ["healthy"], "health", 20)
    assert [item["data"]["to"] for item in events(box, "health-changed")][-2:] == ["unhealthy", "healthy"]
    assert box.tmux("display-message", "-p", "-t", "dev:", "#{pane_pid}") != pid
    assert mark.read_text() == "x\n"
    box.bridge("session-health-set", "dev", "--clear").ok()


def test_a_session_that_is_not_ours_is_not_restarted(box):
    box.tmux("new-session", "-d", "-s", "theirs", "exec sleep 1000")
    pid = box.tmux("display-message", "-p", "-t", "theirs:", "#{pane_pid}")
    box.bridge("daemon-start").ok()
    box.bridge(
        *("session-health-set", "theirs", "--port", "1", "--interval", "0.1", "--retries", "1"),
        *("--restart", "unhealthy"),
    ).ok()
    wait_until(lambda: "not restarted" in str(box.bridge("daemon-logs").json["output"]), "the refusal")
    assert box.tmux("display-message", "-p", "-t", "theirs:", "#{pane_pid}") == pid
    assert events(box, "session-restarted") == []


# --- all sessions ---


def test_all_sessions_at_once(box):
    group(box, "api", "web")
    box.bridge("pane-create", "web", "second").ok()
    box.bridge("session-depends", "web", "api").ok()
    box.bridge("pane-exec-timeout", "api", "0", "10", "echo CRA''SH").ok()
    found = {item["name"]: item for item in box.bridge("sessions-list-all").ok()["sessions"]}
    assert (found["web"]["panes"], found["web"]["groups"], found["web"]["needs"]) == (2, ["shop"], ["api"])
    assert {name: item["health"] for name, item in found.items()} == {"api": "degraded", "web": "healthy"}
    assert box.bridge("panes-count-global").ok()["count"] == 3
    matching = box.bridge("sessions-find-pattern", "^CRASH$").ok()
    assert matching["sessions"] == ["api"]
    assert [(item["session"], item["pane_id"], item["lines"]) for item in matching["matches"]] == [
        ("api", "0", ["CRASH"])
    ]
    assert box.bridge("sessions-find-pattern", "never printed").ok()["sessions"] == []


def test_without_a_server_there_is_nothing(box):
    assert box.bridge("sessions-list-all").ok()["sessions"] == []
    assert box.bridge("panes-count-global").ok()["count"] == 0
    assert box.bridge("sessions-find-pattern", "x").ok()["matches"] == []


# --- what goes wrong ---


@rows_with("ERR_GROUP_NOT_FOUND")
def test_a_group_that_is_not_there(box, row):
    box.bridge("group-create", "other").ok()
    words = CALLS[row.name] or ("shop",)
    done = box.bridge(row.name, *words)
    assert (done.code, done.status) == ("ERR_GROUP_NOT_FOUND", 1)
    assert "other" in done.json["error"]["hint"]


@rows_with("ERR_STATE")
def test_a_state_directory_that_cannot_be_used(box, row):
    (box.work / "file").write_text("")
    done = box.bridge(row.name, *CALLS[row.name], env={"BRIDGE_STATE_DIR": str(box.work / "file")})
    assert (done.code, done.status) == ("ERR_STATE", 1)


@rows_with("ERR_LOCKED")
def test_a_lock_that_is_held(box, row):
    group(box, "web")
    box.bridge("session-depends", "web", "database").ok()
    box.bridge("session-create", "new").ok()
    box.bridge("session-kill", "new").ok()
    if row.name == "group-start":
        box.bridge("group-add", "shop", "new").ok()
    before = groups_file(box).read_bytes()
    locks = [path for path in box.directory.glob("state/**/*.lock") if path.name != "pane-logs.lock"]
    held = [os.open(path, os.O_RDWR) for path in locks]
    for descriptor in held:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
    try:
        done = box.bridge(row.name, *CALLS[row.name], env={"BRIDGE_LOCK_TIMEOUT": "0.2"})
    finally:
        for descriptor in held:
            os.close(descriptor)
    assert (done.code, done.status) == ("ERR_LOCKED", 1)
    assert groups_file(box).read_bytes() == before


GUIDE = (ROOT / "docs" / "MULTI_SESSION_GUIDE.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```sh\n(.*?)^```$", GUIDE, re.MULTILINE | re.DOTALL)
SAID = (
    ("api 0\nauth 0\nweb 0", "ERROR: no key\n\nauth\n", "auth degraded", "\n3\nGroup killed"),
    ('["backend","frontend"]\nbackend healthy\nfrontend healthy\n', "that would be a circle: backend needs frontend"),
    ("healthy",),
    ("true\n", "1 session restored", "api true"),
)


@pytest.mark.parametrize("number", range(len(SAID)))
def test_every_block_of_the_guide_runs(box, number):
    printed = box.run_block("-eu", text=BLOCKS[number], timeout=90)
    for text in SAID[number]:
        assert text in printed, printed


def test_the_guide_names_every_command_of_its_families():
    assert len(BLOCKS) == len(SAID)
    named = set(re.findall(r"\b((?:group|session|sessions|panes)-[a-z-]+)", GUIDE))
    wanted = {name for family in ("group", "health", "overview") for name in registry.FAMILIES[family]}
    assert wanted <= named, wanted - named
