"""Keys with modifiers: what arrives in the pane, byte for byte, for every name and every modifier; or nothing does."""

from __future__ import annotations

import itertools
import json
import shutil
import subprocess
import sys

import pytest
from conftest import TMUX, wait_until

from bridge.core import keys
from bridge.tmux import versions

NAMED = (
    *(f"F{number}" for number in range(1, 13)),
    *("IC", "DC", "Home", "End", "Up", "Down", "Left", "Right", "NPage", "PPage", "Tab", "BTab", "Space", "BSpace"),
    *("Enter", "Escape", "KP/", "KP*", "KP-", "KP+", "KP.", "KPEnter", "KP0", "KP5"),
)
BASES = (*NAMED, *"aAz0123456789;.,/-=[]\\'`!@#~^_?", "é")
MODIFIERS = ("", "C-", "M-", "S-", "C-M-", "C-S-", "M-S-", "C-M-S-")
NAMES = [modifier + base for base in BASES for modifier in MODIFIERS]
READER = """
import os, sys, tty
tty.setraw(0)
file = os.open(sys.argv[1], os.O_WRONLY | os.O_CREAT | os.O_APPEND)
os.write(1, sys.argv[2].encode() + b"rea" + b"dy")
while data := os.read(0, 4096):
    os.write(file, data)
"""


@pytest.fixture
def press(box):
    """Press every key in a program that has asked for something, with an option of the server; answers and bytes."""

    def run(asked: str, option: str):
        box.tmux(
            "start-server", ";", "set-option", "-s", "extended-keys", option, ";", "new-session", "-d", "-s", "dev"
        )
        got = box.directory / "got"
        (box.directory / "reader.py").write_text(READER)
        words = [sys.executable, box.directory / "reader.py", got, asked]
        box.tmux("respawn-pane", "-k", "-t", "dev:", "--", *words)
        wait_until(lambda: "ready" in box.screen("dev:"), "the reader")
        lines = [
            {"argv": ["pane-send-keys", "dev", "0", *more]}
            for name in NAMES
            for more in ([name], ["--literal", "|\n|"])
        ]
        text = "".join(json.dumps(line) + "\n" for line in lines)
        done = box.call([*box.command("fast"), "batch"], text=text.encode(), timeout=200)
        answers = [json.loads(row) for row in done.stdout.splitlines()]
        assert {row["status"] for row in answers[1::2]} == {"success"}
        parts = wait_until(
            lambda: (found := got.read_bytes().split(b"|\n|")) and len(found) == len(NAMES) + 1 and found, "keys"
        )
        return dict(zip(NAMES, zip(answers[::2], parts, strict=False), strict=True))

    return run


def plainer(name: str) -> list[str]:
    """The same key with fewer modifiers."""
    base = name
    while len(base) > 2 and base[:2] in ("C-", "M-", "S-"):
        base = base[2:]
    held = name[: len(name) - len(base)].split("-")[:-1]
    return [
        "".join(f"{one}-" for one in some) + base
        for count in range(len(held))
        for some in itertools.combinations(held, count)
    ]


@pytest.mark.parametrize(
    ("asked", "option"),
    [("", "off"), ("\x1b[>4;1m", "on"), ("\x1b[>4;2m", "on"), ("", "always"), ("\x1b[>4;1m", "off")],
)
def test_a_key_arrives_as_itself_or_not_at_all(press, asked, option):
    found = press(asked, option)
    wrong = []
    for name, (answer, data) in found.items():
        if answer["status"] == "error":
            if data or answer["error"]["code"] not in ("ERR_UNSUPPORTED", "ERR_USAGE"):
                wrong.append((name, answer["error"]["code"], data))
        elif not data or (len(name) > 1 and data == name.encode()):
            wrong.append((name, "sent", data))
        elif keys._equal(name) == name and any(
            found[other][0]["status"] == "success" and found[other][1] == data for other in plainer(name)
        ):
            wrong.append((name, "arrived without a modifier", data))
    assert wrong == []
    sent = {name for name, (answer, _) in found.items() if answer["status"] == "success"}
    assert {"F5", "C-F5", "S-Up", "C-a", "M-Enter", "S-Tab", "S-a", "C-Space", "é", "Enter"} <= sent
    # It has asked for every key so; older servers know one way of asking.
    every = asked == "\x1b[>4;2m" and versions.number(version()) >= (3, 5)
    assert (found["S-a"][1], found["C-a"][1]) == (b"A", b"\x1b[27;5;97~" if every else b"\x01")
    tells = option == "always" or (option == "on" and asked and versions.number(version()) >= (3, 5))
    assert ({"S-Enter", "C-Enter", "C-Tab", "S-Space", "C-1"} <= sent) is bool(tells)
    assert not {"C-KP5", "C-~", "M-BTab"} & sent


def version() -> str:
    return subprocess.run([TMUX, "-V"], capture_output=True, text=True, check=True).stdout.split()[-1]


def test_words_and_keys_in_one_call(box):
    box.session()
    box.bridge("pane-send-keys", "dev", "0", "echo", "Space", "a;b; c;", "C-a", "x", "C-e", "Enter").ok()
    wait_until(lambda: "xecho a;b; c;" in box.screen("dev"), "the words")
    done = box.bridge("pane-send-keys", "dev", "0", "left", "S-Enter", "behind")
    assert (done.status, done.code) == (1, "ERR_UNSUPPORTED")
    assert "S-Enter" in done.json["error"]["message"]
    assert "behind" not in box.screen("dev")
    assert box.bridge("pane-send-keys", "dev", "0", "x" * 9000).code == "ERR_TOO_LARGE"


def test_vim_is_left_with_one_call(box):
    if shutil.which("vim") is None:
        pytest.skip("vim is not installed")
    box.session()
    box.bridge("pane-exec", "dev", "0", "vim -u NONE -n x.txt").ok()
    wait_until(lambda: "~" in box.screen("dev"), "vim")
    box.bridge("pane-send-keys", "dev", "0", "i", "hello", "Escape", ":wq", "Enter").ok()
    wait_until(lambda: (box.work / "x.txt").exists() and (box.work / "x.txt").read_text() == "hello\n", "the file")


def test_every_name_is_walked():
    known = {name for name in keys._NAMES if not name.startswith("kp")}
    alike = {"insert", "delete", "pagedown", "pgdn", "pageup", "pgup"}
    assert known - alike == {name.lower() for name in NAMED if not name.startswith("KP")}
