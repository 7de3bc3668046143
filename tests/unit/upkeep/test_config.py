"""Settings from the environment."""

from __future__ import annotations

import os

import pytest

from bridge.config import VARIABLES, Config, home, number, resolve, server_path, walk
from bridge.errors import BridgeError
from bridge.store.ownership import stranger
from bridge.store.paths import Paths

BASE = {"HOME": "/h"}
USER = f"tmux-{os.getuid()}"


def config(socket: tuple[str, ...] = (), **environ: str) -> Config:
    return Config(BASE | environ, socket=socket)


def refusal(**environ: str) -> BridgeError:
    with pytest.raises(BridgeError) as caught:
        config(**environ)
    return caught.value


def test_without_settings_everything_has_its_default():
    found = config()
    assert (found.tmux, found.tmux_socket, found.tmux_timeout, found.lock_timeout) == ("tmux", (), 10.0, 10.0)
    assert (found.max_panes, found.json, found.log) == (10, "pretty", "info")
    assert (found.state_dir, found.states_dir) == ("/h/.local/state/bridge", "")


@pytest.mark.parametrize("name", sorted(set(VARIABLES) - {"BRIDGE_PYTHON", "BRIDGE_CACHE_DIR"}))
def test_an_empty_setting_counts_as_none(name):
    found, plain = config(**{name: ""}), config()
    assert [getattr(found, slot) for slot in Config.__slots__] == [getattr(plain, slot) for slot in Config.__slots__]


@pytest.mark.parametrize(
    ("environ", "directory"),
    [
        ({"BRIDGE_STATE_DIR": "/s", "XDG_STATE_HOME": "/x"}, "/s"),
        ({"XDG_STATE_HOME": "/x"}, "/x/bridge"),
        ({"XDG_STATE_HOME": "relative"}, "/h/.local/state/bridge"),
        ({}, "/h/.local/state/bridge"),
    ],
)
def test_the_state_directory_is_the_first_that_is_named(environ, directory):
    assert config(**environ).state_dir == directory


def test_without_a_home_the_systems_table_is_asked():
    assert home({}) == home({"HOME": "relative"}) != ""
    assert home({"HOME": "/h"}) == "/h"


@pytest.mark.parametrize("name", ["BRIDGE_TMUX_TIMEOUT", "BRIDGE_LOCK_TIMEOUT", "BRIDGE_MAX_PANES"])
@pytest.mark.parametrize("value", ["x", "0", "-1", "1.2.3", "inf", "nan", "1e3", " 5", "0.0", ".", "٣"])
def test_a_number_that_is_none_is_refused_by_name(name, value):
    problem = refusal(**{name: value})
    assert problem.code == "ERR_USAGE"
    assert name in problem.message
    assert repr(value) in problem.message


def test_numbers_may_have_a_fraction():
    assert config(BRIDGE_TMUX_TIMEOUT="0.5").tmux_timeout == 0.5


@pytest.mark.parametrize("value", ["0.5", "1.5", "10.", "0"])
def test_what_is_counted_is_whole(value):
    assert refusal(BRIDGE_MAX_PANES=value).code == "ERR_USAGE"
    assert config(BRIDGE_MAX_PANES="1").max_panes == 1


@pytest.mark.parametrize("name", [name for name, (default, _) in VARIABLES.items() if default.isdigit()])
def test_every_number_has_bounds(name):
    """Less than a moment would be none, and what poll(2) cannot take would be an error later."""
    for value in ("0.0000001", "2000001", "999999999"):
        with pytest.raises(BridgeError, match=name):
            number({name: value}, name)
    assert number({name: "2000000"}, name) == 2_000_000


@pytest.mark.parametrize("name", ["BRIDGE_STATE_DIR", "BRIDGE_STATES_DIR", "BRIDGE_EVENTS_DIR"])
def test_a_relative_directory_is_one_of_the_working_directory(name):
    found = config(**{name: "kept/here"})
    paths = [found.state_dir, found.states_dir, found.events_dir]
    assert f"{os.getcwd()}/kept/here" in paths
    assert all(path.startswith("/") for path in paths if path)


def test_a_number_of_very_many_digits_is_refused_like_any_other():
    assert refusal(BRIDGE_MAX_PANES="9" * 400).code == "ERR_USAGE"


@pytest.mark.parametrize(
    ("name", "value"), [("BRIDGE_JSON", "yaml"), ("BRIDGE_LOG", "debug"), ("BRIDGE_JSON", "Compact")]
)
def test_an_unknown_word_is_refused_with_the_known_ones(name, value):
    problem = refusal(**{name: value})
    assert problem.code == "ERR_USAGE"
    assert name in problem.message
    assert str(problem.hint).startswith("one of ")


@pytest.mark.parametrize(
    ("socket", "environ", "options", "server"),
    [
        ((), {}, (), f"/tmp/{USER}/default"),
        ((), {"TMUX_TMPDIR": "/t"}, (), f"/t/{USER}/default"),
        ((), {"TMUX": "/t/s,1,0"}, (), "/t/s"),
        ((), {"TMUX": "/t/s,1,0", "BRIDGE_SOCKET": "/b"}, ("-S", "/b"), "/b"),
        (("-S", "/c"), {"TMUX": "/t/s,1,0", "BRIDGE_SOCKET": "/b"}, ("-S", "/c"), "/c"),
        (("-L", "x"), {"TMUX": "/t/s,1,0", "BRIDGE_SOCKET": "/b"}, ("-L", "x"), f"/tmp/{USER}/x"),
        (("-L", "x"), {"TMUX_TMPDIR": "/t"}, ("-L", "x"), f"/t/{USER}/x"),
    ],
)
def test_the_server_is_the_one_that_is_named_first(socket, environ, options, server):
    found = config(socket, **environ)
    assert (found.tmux_socket, found.server) == (options, server)
    assert server_path(BASE | environ, options) == server


def test_each_server_has_state_of_its_own():
    default, other = Paths(config()), Paths(config(("-L", "x")))
    assert default.states == "/h/.local/state/bridge/states"
    assert other.states == f"/h/.local/state/bridge/servers/%2Ftmp%2F{USER}%2Fx/states"
    assert other.state_file("a/b") == f"{other.states}/a%2Fb.state"
    assert other.lock_file("a") == f"/h/.local/state/bridge/servers/%2Ftmp%2F{USER}%2Fx/locks/a.lock"


def test_the_directory_of_state_files_alone_can_be_elsewhere():
    found = Paths(config(BRIDGE_STATES_DIR="/s"))
    assert (found.states, found.locks) == ("/s", "/h/.local/state/bridge/locks")


def test_a_path_is_walked_as_the_kernel_walks_it(tmp_path):
    base = os.path.realpath(tmp_path)
    (tmp_path / "a" / "b").mkdir(parents=True)
    for name, target in (("l", "a"), ("a/up", "../l/b"), ("one", f"{base}/two"), ("two", "one"), ("out", "/nowhere/x")):
        (tmp_path / name).symlink_to(target)
    for path in (
        "/",
        "/tmp/../tmp/.//x",
        f"{base}/l/b/../c",
        f"{base}/a/up/none",
        f"{base}/l/../l/up",
        f"{base}/out/y",
    ):
        assert resolve(path) == os.path.realpath(path)
    assert [place for place, _ in walk(f"{base}/l/../a/up") if place.startswith(f"{base}/")] == [
        f"{base}/l",
        f"{base}/a",
        f"{base}/a",
        f"{base}/a/up",
        f"{base}/l",
        f"{base}/a",
        f"{base}/a/b",
    ]
    assert resolve(f"{base}/one") == f"{base}/one"
    with pytest.raises(OSError, match="too many links"):
        stranger(f"{base}/one")
    assert stranger(f"{base}/none/x") == stranger(f"{base}/a/up")
