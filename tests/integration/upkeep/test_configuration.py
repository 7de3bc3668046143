"""Settings from files: which one wins, what is refused and where, and that a change keeps the rest."""

from __future__ import annotations

import concurrent.futures
import os
import re
import tomllib
from pathlib import Path

import pytest

from bridge.config import VARIABLES
from bridge.store import settingsfile


@pytest.fixture
def user(box):
    """The user's file, not written yet."""
    path = box.home / ".config" / "bridge" / "config.toml"
    path.parent.mkdir(parents=True)
    return path


@pytest.fixture
def project(box):
    return box.work / ".bridge.toml"


def origin(box, key: str, *options: str, **kwargs) -> tuple[str, str]:
    done = box.bridge(*options, "config-get", key, **kwargs).ok()
    return done["value"], done["origin"]


def test_each_origin_wins_over_the_next(box, user, project):
    assert origin(box, "json") == ("pretty", "default")
    user.write_text('json = "compact"\nmax_panes = 7\n')
    assert origin(box, "json") == ("compact", "user")
    assert origin(box, "max_panes") == ("7", "user")
    project.write_text("max_panes = 6\n")
    assert origin(box, "max_panes") == ("6", "project")
    assert origin(box, "json") == ("compact", "user")
    assert origin(box, "max_panes", env={"BRIDGE_MAX_PANES": "5"}) == ("5", "environment")
    assert origin(box, "json", "--compact", env={"BRIDGE_JSON": "pretty"}) == ("compact", "flag")
    assert origin(box, "log", "--quiet") == ("error", "flag")
    assert origin(box, "socket", "-L", "other") == ("other", "flag")


@pytest.mark.parametrize("front", ["fast", "click"])
def test_a_setting_of_a_file_takes_effect(box, user, project, front):
    user.write_text('json = "compact"\n')
    project.write_text("max_panes = 2\n")
    assert box.bridge("session-create", "dev", front=front).stdout.count("\n") == 1
    box.bridge("pane-create", "dev", front=front).ok()
    assert box.bridge("pane-create", "dev", front=front).code == "ERR_MAX_PANES"
    assert "BRIDGE_MAX_PANES" not in box.tmux("show-environment", "-g")


def test_the_nearest_project_file_is_taken(box):
    (box.directory / ".bridge.toml").write_text("max_panes = 3\n")
    deep = box.work / "a" / "b"
    deep.mkdir(parents=True)
    assert origin(box, "max_panes", cwd=deep) == ("3", "project")
    (box.work / ".bridge.toml").write_text("max_panes = 4\n")
    assert origin(box, "max_panes", cwd=deep) == ("4", "project")
    assert origin(box, "max_panes", cwd="/") == ("10", "default")


def test_show_tells_every_setting_with_file_and_line(box, user):
    user.write_text("# mine\n\nmax_panes = 7 # few\n")
    rows = {row["key"]: row for row in box.bridge("config-show", "--origin").ok()["settings"]}
    assert set(rows) == {name.removeprefix("BRIDGE_").lower() for name in VARIABLES}
    assert (rows["max_panes"]["origin"], rows["max_panes"]["source"]) == ("user", f"{user}:3")
    assert (rows["tmux"]["origin"], rows["tmux"]["source"]) == ("environment", "BRIDGE_TMUX")
    assert (rows["lock_timeout"]["origin"], rows["lock_timeout"]["value"]) == ("default", "10")
    assert "origin" not in box.bridge("config-show").ok()["settings"][0]


WRONG = {
    "an unknown key": ("json = 'compact'\nmax_pains = 3\n", 2, "max_pains"),
    "a table": ("json = 'compact'\n\n[max_panes]\nx = 1\n", 3, "max_panes"),
    "a word that is none": ("json = 'yaml'\n", 1, "'yaml'"),
    "no number": ("max_panes = 'many'\n", 1, "'many'"),
    "a number below": ("max_panes = -1\n", 1, "-1"),
    "a truth": ("max_panes = true\n", 1, "True"),
    "no text": ("json = 5\n", 1, "5"),
    "a relative path": ("state_dir = 'here'\n", 1, "'here'"),
    "an empty text": ("tmux = ''\n", 1, "empty"),
    "a line break": ('tmux = "a\\nb"\n', 1, "control"),
    "no TOML": ("json = 'compact'\nmax_panes =\n", 2, "TOML"),
    "two of one": ("max_panes = 1\nmax_panes = 2\n", 2, "TOML"),
    "a number without an end": (f"json = 'compact'\nmax_panes = {'9' * 5000}\n", 2, "digits"),
    "what is not for files": ("python = '/bin/sh'\n", 1, "python"),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_is_wrong_is_refused_with_its_line_and_nothing_is_done(box, user, name):
    text, line, word = WRONG[name]
    user.write_text(text)
    for front in ("fast", "click"):
        refused = box.bridge("session-create", "dev", front=front)
        assert (refused.status, refused.code) == (1, "ERR_CONFIG")
        assert f"{user}:{line}: " in refused.json["error"]["message"]
        assert word in refused.json["error"]["message"]
    told = box.bridge("config-validate")
    assert (told.status, told.code) == (1, "ERR_CONFIG")
    assert [(row["path"], row["line"]) for row in told.json["problems"]] == [(str(user), line)]
    assert box.bridge("session-list", env={"BRIDGE_CONFIG": "/dev/null"}).ok()["sessions"] == []
    if line and "TOML" not in word:
        changed = box.bridge("config-set", "lock_timeout", "3")
        assert changed.code == "ERR_CONFIG"
        assert user.read_text() == text


def test_all_problems_of_both_files_are_told(box, user, project):
    user.write_text("max_pains = 3\njson = 'yaml'\n")
    project.write_text("tmux = '/bin/evil'\n")
    told = box.bridge("config-validate").json
    assert [(row["kind"], row["line"], row["key"]) for row in told["problems"]] == [
        ("user", 1, "max_pains"),
        ("user", 2, "json"),
        ("project", 1, "tmux"),
    ]
    assert len(told["output"].splitlines()) == 3
    user.write_text("")
    project.write_text("max_panes = 3\n")
    assert box.bridge("config-validate").ok()["paths"] == [str(user), str(project)]


@pytest.mark.parametrize("key", [key for key, name in settingsfile.KEYS.items() if settingsfile.kind(name) == "text"])
def test_a_project_sets_no_program_server_or_place(box, project, key):
    project.write_text(f"{key} = '/tmp/evil'\n")
    refused = box.bridge("session-list")
    assert (refused.status, refused.code) == (1, "ERR_CONFIG")
    assert key in refused.json["error"]["message"]


def test_files_that_others_may_write_are_refused(box, user, project):
    for path in (user, project):
        path.write_text("max_panes = 3\n")
        path.chmod(0o666)
        refused = box.bridge("session-list")
        assert refused.code == "ERR_CONFIG"
        assert str(path) in refused.json["error"]["message"]
        path.chmod(0o664)
        assert box.bridge("session-list").status == 0


def test_what_anybody_may_have_put_there_is_passed_over(box):
    shared = box.work / "shared"
    shared.mkdir()
    shared.chmod(0o1777)
    (shared / ".bridge.toml").write_text("max_panes = 3\n")
    inside = shared / "inside"
    inside.mkdir()
    for place in (shared, inside):
        assert origin(box, "max_panes", cwd=place) == ("10", "default")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file away")
def test_a_file_of_somebody_else_is_refused(box, user):
    user.write_text("max_panes = 3\n")
    os.chown(user, 12345, 12345)
    refused = box.bridge("session-list")
    assert refused.code == "ERR_CONFIG"
    assert "12345" in refused.json["error"]["message"]


def test_a_change_of_a_file_is_seen_at_once(box, user):
    for number in (*range(1, 10), 3, 5):
        user.write_text(f"max_panes = {number}\n")
        assert origin(box, "max_panes") == (str(number), "user")
        assert origin(box, "max_panes") == (str(number), "user")
    os.utime(user, (1, 1))
    assert origin(box, "max_panes") == ("5", "user")
    (kept,) = (box.built.parent / "cache" / "settings").glob(f"*{box.directory.name}*")
    assert "BRIDGE_MAX_PANES=5\n" in kept.read_text()
    kept.write_text("garbage\n")
    assert origin(box, "max_panes") == ("5", "user")


def test_a_cache_that_others_may_write_is_not_believed(box, user):
    user.write_text("max_panes = 5\n")
    os.utime(user, (1, 1))
    origin(box, "max_panes")
    (kept,) = (box.built.parent / "cache" / "settings").glob(f"*{box.directory.name}*")
    kept.write_text(kept.read_text().replace("=5", "=2"))
    assert box.bridge("config-get", "max_panes").json["value"] == "2", "the cache is what is read"
    kept.chmod(0o666)
    assert origin(box, "max_panes") == ("5", "user")


def test_set_changes_one_line_and_keeps_the_rest(box, user):
    user.write_text('# mine\nmax_panes = 7   # few\n\njson = "compact"\n')
    user.chmod(0o640)
    done = box.bridge("config-set", "max_panes", "6").ok()
    assert (done["path"], done["changed"]) == (str(user), True)
    assert user.read_text() == '# mine\nmax_panes = 6   # few\n\njson = "compact"\n'
    assert user.stat().st_mode & 0o777 == 0o640
    assert box.bridge("config-set", "max_panes", "6").ok()["changed"] is False
    box.bridge("config-set", "tmux", '/odd/"path\\').ok()
    assert tomllib.loads(user.read_text())["tmux"] == '/odd/"path\\'
    box.bridge("config-set", "json").ok()
    assert "json" not in user.read_text()
    assert origin(box, "max_panes") == ("6", "user")


@pytest.mark.parametrize(
    ("key", "value"),
    [("max_pains", "3"), ("max_panes", "many"), ("json", "yaml"), ("state_dir", "x"), ("python", "/x")],
)
def test_set_refuses_what_cannot_be_and_writes_nothing(box, key, value):
    refused = box.bridge("config-set", key, value)
    assert (refused.status, refused.code) == (1, "ERR_USAGE")
    assert list(box.home.rglob("*.toml")) == []


def test_set_for_the_project(box, project):
    assert box.bridge("config-set", "max_panes", "6", "--project").ok()["path"] == str(project)
    assert origin(box, "max_panes") == ("6", "project")
    assert box.bridge("config-set", "tmux", "/bin/true", "--project").code == "ERR_USAGE"


def test_changes_at_once_are_all_there(box):
    values = {"max_panes": "3", "lock_timeout": "30", "tmux_timeout": "5", "log_limit_mb": "8", "json": "compact"}
    with concurrent.futures.ThreadPoolExecutor(5) as pool:
        done = list(pool.map(lambda item: box.bridge("config-set", *item), values.items()))
    assert [call.status for call in done] == [0] * 5
    rows = {row["key"]: row["value"] for row in box.bridge("config-show").ok()["settings"]}
    assert {key: rows[key] for key in values} == values


def test_init_writes_what_sets_nothing_and_never_over_a_file(box, project):
    done = box.bridge("config-init").ok()
    text = Path(done["path"]).read_text()
    assert tomllib.loads(text) == {}
    assert set(re.findall(r"^# (\w+) = ", text, re.MULTILINE)) == set(settingsfile.KEYS)
    assert box.bridge("config-validate").status == 0
    again = box.bridge("config-init")
    assert (again.status, again.code) == (1, "ERR_CONFIG")
    assert Path(done["path"]).read_text() == text
    box.bridge("config-init", "--project").ok()
    assert "max_panes" in project.read_text()
    assert "state_dir" not in project.read_text()


def test_path_tells_the_files_even_where_they_are_wrong(box, user, project):
    user.write_text("nonsense")
    rows = box.bridge("config-path").ok()["files"]
    assert rows == [
        {"kind": "user", "path": str(user), "exists": True},
        {"kind": "project", "path": str(project), "exists": False},
    ]
    named = box.bridge("config-path", env={"BRIDGE_CONFIG": "/etc/bridge.toml"}).ok()["files"][0]
    assert named["path"] == "/etc/bridge.toml"


@pytest.mark.parametrize("words", [("config-set", "max_panes", "3"), ("config-init",)])
def test_no_state_directory_no_change(box, words):
    refused = box.bridge(*words, env={"BRIDGE_STATE_DIR": "/proc/none"})
    assert (refused.status, refused.code) == (1, "ERR_STATE")
    assert list(box.home.rglob("*.toml")) == []


@pytest.mark.parametrize("words", [("config-set", "max_panes", "3"), ("config-init",)])
@pytest.mark.parametrize("home", ["/proc/none", "/dev/null"])
def test_a_home_that_cannot_be_written_is_told_by_the_file_that_was_asked_for(box, words, home):
    refused = box.bridge(*words, env={"HOME": home, "BRIDGE_STATE_DIR": ""})
    assert (refused.status, refused.code) == (1, "ERR_STATE")
    assert f"{home}/.config/bridge/config.toml" in refused.json["error"]["message"]
    assert "BRIDGE_CONFIG" in refused.json["error"]["hint"]


@pytest.mark.parametrize("words", [("config-set", "max_panes", "3"), ("config-init",)])
def test_a_lock_that_is_held_is_named(box, words):
    import fcntl

    box.bridge("config-set", "max_panes", "").ok()
    (lock,) = (box.directory / "state").rglob("*settings.lock")
    with lock.open("r+") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        refused = box.bridge(*words, env={"BRIDGE_LOCK_TIMEOUT": "0.1"})
    assert (refused.status, refused.code) == (1, "ERR_LOCKED")
    assert list(box.home.rglob("*.toml")) == []


def test_the_daemon_reads_the_users_file_and_hands_it_to_nobody(box, user):
    log = box.directory / "own.log"
    user.write_text(f'daemon_log = "{log}"\n')
    assert box.bridge("daemon-start").ok()["log_file"] == str(log)
    assert log.exists()
    assert box.bridge("daemon-status").ok()["log_file"] == str(log)


def test_the_size_of_a_new_session(box):
    def size(name: str, *words: str, **kwargs) -> str:
        box.bridge("session-create", name, *words, **kwargs).ok()
        return box.tmux("display-message", "-p", "-t", f"={name}:", "#{window_width}x#{window_height}").strip()

    unset = {"BRIDGE_SIZE": ""}
    assert size("a", env=unset) == "200x50"
    assert size("b", "--size", "100x30", env=unset) == "100x30"
    assert size("c", env={"BRIDGE_SIZE": "90x20"}) == "90x20"
    assert size("d", "--size", "default", env=unset) == "80x24"
    box.call([*box.command("fast"), "--script", "session-create", "e"], env=unset)
    assert box.tmux("display-message", "-p", "-t", "=e:", "#{window_width}x#{window_height}").strip() == "80x24"
    refused = box.bridge("session-create", "f", env={"BRIDGE_SIZE": "big"})
    assert (refused.code, "BRIDGE_SIZE" in refused.json["error"]["message"]) == ("ERR_USAGE", True)
