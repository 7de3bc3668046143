"""Names of directories, labels and sessions are data, whatever they would say to tmux, a shell or a pattern."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest
from conftest import wait_until

NAMES = [
    "#(touch pwned)",
    "$(touch pwned)",
    "`touch pwned`",
    "'; touch pwned; '",
    '"; touch pwned; "',
    "a\ntouch pwned\n",
    "#{l:x} #{==:a,a}} }{",
    "#[fg=red]##[x]",
    "%H %% %n",
    "back\\slash\\n !! ~",
    "*?[a-z]+(.",
    ";",
    "-rf",
    "日本 é",
    "#{?#{pane_id},#(touch pwned),}",
]


def traces(*places: Path) -> list[Path]:
    """What a name has done that was taken for a command; names of directories themselves are none."""
    found = [path for place in places for path in place.rglob("pwned*")]
    return [*found, *(Path(place) / "pwned" for place in ("/", os.getcwd()) if (Path(place) / "pwned").exists())]


@pytest.fixture(params=range(len(NAMES)), ids=[ascii(name) for name in NAMES])
def hostile(request, box):
    """State, configuration, login, home and work below directories of that name."""
    name = NAMES[request.param]
    place = box.directory / name
    for folder in ("login", "work"):
        (place / folder).mkdir(parents=True, mode=0o700)
    place.chmod(0o700)
    del box.env["BRIDGE_STATES_DIR"]
    box.env |= {"BRIDGE_STATE_DIR": str(place / "state"), "XDG_RUNTIME_DIR": str(place / "login")}
    box.work = place / "work"
    yield box, name
    box.bridge("daemon-stop")


def test_directories_with_any_name(hostile):
    box, name = hostile
    box.bridge("session-create", "dev").ok()
    box.await_prompt("dev", "0")
    done = box.bridge("pane-run", "dev", "0", "pwd; (exit 3)", "--timeout", "20")
    assert (done.json["outcome"], done.json["exit_code"]) == ("exited", 3), done.stdout
    assert done.json["output"].rstrip("\n") == str(box.work).rstrip("\n") or "\n" in name
    cursor = box.bridge("pane-read", "dev", "0").ok()["cursor"]
    box.bridge("pane-exec", "dev", "0", "echo heard").ok()
    box.bridge("pane-wait-for", "dev", "0", "--pattern", "^heard$", "--since", cursor, "--timeout", "10").ok()
    box.bridge("daemon-start").ok()
    box.bridge("event-subscribe", "dev", "pattern-match", f"touch {box.directory}/mark", "--pattern", "^called$").ok()
    box.bridge("pane-exec", "dev", "0", "echo called").ok()
    wait_until((box.directory / "mark").exists, "the callback")
    box.bridge("session-save", "dev").ok()
    box.bridge("session-kill", "dev").ok()
    if "\n" not in name:
        box.bridge("session-restore", "dev").ok()
        restored = box.tmux("display-message", "-p", "-t", "=dev:", "#{pane_current_path}").rstrip("\n")
        assert restored == str(box.work)
    assert traces(box.directory) == []


def test_a_shell_whose_path_holds_a_quote_comes_back_with_its_text(box):
    folder = box.directory / "it's; touch pwned"
    folder.mkdir()
    (folder / "bash").symlink_to(shutil.which("bash"))
    box.session("dev")
    box.tmux("set-option", "-g", "default-shell", str(folder / "bash"))
    box.bridge("pane-run", "dev", "0", "echo kept").ok()
    box.bridge("session-save", "dev", "--scrollback").ok()
    box.bridge("session-kill", "dev").ok()
    box.tmux("new-session", "-d", "-s", "other")
    box.tmux("set-option", "-g", "default-shell", str(folder / "bash"))
    box.bridge("session-restore", "dev").ok()
    box.await_prompt("dev", "0")
    assert "kept" in box.bridge("pane-capture", "dev", "0", "200").ok()["output"]
    assert box.bridge("pane-run", "dev", "0", "echo $0").ok()["output"].rstrip("\n").endswith("bash")
    assert traces(box.directory) == []
