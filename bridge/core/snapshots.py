"""The document that holds a session: its version, its checksum, and what it must look like to be believed.

A document is data from outside, also when we wrote it: every value that is used has been checked here.
"""

from __future__ import annotations

import hashlib

from bridge.core import jsontext, layouts, promptstate
from bridge.envelope import compact, dumps

VERSION = "4.0"
LARGEST = 32 * 1024 * 1024
MOST_WINDOWS = 500
MOST_PANES = layouts.MOST_PANES
LONGEST_TEXT = 1_000_000
LONGEST_NAME = 4096
LONGEST_HISTORY = 4_000_000
_OPTION_NAME = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-@")


def seal(document: dict[str, object]) -> bytes:
    """The document as a file: readable JSON that ends in its checksum."""
    bare = jsontext.loads_object(compact({key: value for key, value in document.items() if key != "checksum"}))
    return dumps(bare | {"checksum": checksum(bare)}).encode()


def checksum(document: dict[str, object]) -> str:
    """What tells a whole document from one that was cut or changed."""
    bare = {key: value for key, value in document.items() if key != "checksum"}
    return "sha256:" + hashlib.sha256(compact(bare).encode()).hexdigest()


def unseal(data: bytes) -> dict[str, object]:
    """The document of a file, checked in all that a restore would use; older versions are brought to this one.

    Raises ValueError with the reason.
    """
    if not data:
        raise ValueError("the file is empty")
    if len(data) > LARGEST:
        raise ValueError(f"it has {len(data)} bytes, {LARGEST} are allowed")
    try:
        document = jsontext.loads_object(data.decode())
    except UnicodeDecodeError:
        raise ValueError("it is not UTF-8 text") from None
    version = document.get("version")
    if not isinstance(version, str) or not _is_version(version):
        raise ValueError("it has no version: it is no snapshot")
    if version.startswith("3."):
        document = _from_script(document)
    elif version != VERSION:
        raise ValueError(f"it has version {version[:20]}, this bridge knows {VERSION} and 3.x")
    elif document.get("checksum") != checksum(document):
        raise ValueError("its checksum is wrong: it was cut or changed")
    _check(document)
    return document


def windows(document: dict[str, object]) -> list[dict[str, object]]:
    """The windows of a checked document, by index."""
    return sorted(_objects(document["windows"]), key=lambda window: integer(window["index"]))


def panes(document: dict[str, object], window: object = None) -> list[dict[str, object]]:
    """The panes of a checked document, all or those of the window with that index, in their order."""
    return [pane for pane in _objects(document["panes"]) if window is None or pane["window"] == window]


def session(document: dict[str, object]) -> dict[str, object]:
    """What a checked document says of the session itself."""
    return table(document["session"])


def table(value: object) -> dict[str, object]:
    """A value that was checked to be an object."""
    assert isinstance(value, dict)
    return value


def texts(value: object) -> dict[str, str]:
    """A value that was checked to be an object of texts."""
    return {str(key): str(item) for key, item in table(value).items()}


def words(pane: dict[str, object]) -> list[list[str]]:
    """The commands that ran in a pane, joined by pipes where there are several; none where it was idle."""
    found = pane.get("argv")
    return [[str(word) for word in command] for command in found] if isinstance(found, list) else []


def integer(value: object) -> int:
    """A value that was checked to be a number."""
    assert isinstance(value, int)
    return value


def life(document: dict[str, object]) -> str:
    """What tells the life of a session from that of another one of its name, after a restart for example."""
    found = document.get("identity")
    if not isinstance(found, dict):
        return ""
    keys = ("server_pid", "server_started", "session_id", "session_created")
    return ":".join(str(found.get(key, "")) for key in keys)


def content(document: dict[str, object]) -> str:
    """What of a document tells whether anything has changed since another."""
    volatile = ("saved_at", "saved_by", "checksum")
    return compact({key: value for key, value in document.items() if key not in volatile})


def summary(document: dict[str, object]) -> dict[str, object]:
    """What lists of snapshots tell."""
    return {
        "session_name": document["session_name"],
        "saved_at": document["saved_at"],
        "version": document["version"],
        "window_count": len(_objects(document["windows"])),
        "pane_count": len(_objects(document["panes"])),
    }


def _is_version(text: str) -> bool:
    return 0 < len(text) <= 20 and text.isascii() and all(part.isdigit() for part in text.split("."))


def _objects(value: object) -> list[dict[str, object]]:
    if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
        raise ValueError("a list of objects is missing")
    return value


def _check(document: dict[str, object]) -> None:
    _text(document, "session_name", 256)
    _text(document, "saved_at", 64)
    _texts_table(document, "metadata", of_texts=False)
    own = _object(document, "session")
    _options(own)
    _texts_table(own, "environment")
    removed = own.get("removed_environment")
    if not isinstance(removed, list) or not all(isinstance(name, str) and _is_name(name) for name in removed):
        raise ValueError("session.removed_environment is not a list of names")
    _text(own, "path", LONGEST_NAME)
    _switch(own, "owned")
    _panes(document)
    _windows(document)


def _windows(document: dict[str, object]) -> None:
    found = _objects(document.get("windows"))
    if not 1 <= len(found) <= MOST_WINDOWS:
        raise ValueError(f"it has {len(found)} windows, 1 to {MOST_WINDOWS} are allowed")
    seen: set[int] = set()
    counted = 0
    for window in found:
        index = _number(window, "index", 2**31 - 2)
        if index in seen:
            raise ValueError(f"window {index} is there twice")
        seen.add(index)
        _text(window, "name", LONGEST_NAME)
        if window.setdefault("automatic_rename", None) not in (None, "on", "off"):
            raise ValueError(f"automatic_rename of window {index} is neither on, off nor null")
        _number(window, "stack", MOST_WINDOWS + 10)
        for key in ("active", "zoomed"):
            _switch(window, key)
        _options(window)
        layout = layouts.read(str(window.get("layout")))
        count = len(panes(document, index))
        if layout.panes != count:
            raise ValueError(f"the layout of window {index} is for {layout.panes} panes, and it has {count}")
        counted += count
    if sum(window["active"] is True for window in found) != 1:
        raise ValueError("not exactly one window is active")
    if counted != len(panes(document)):
        raise ValueError("a pane belongs to no window")


def _panes(document: dict[str, object]) -> None:
    found = _objects(document.get("panes"))
    if not 1 <= len(found) <= MOST_PANES:
        raise ValueError(f"it has {len(found)} panes, 1 to {MOST_PANES} are allowed")
    for pane in found:
        for key in ("window", "pane_id"):
            _number(pane, key, 2**31 - 2)
        for key, longest in (("working_dir", LONGEST_NAME), ("title", LONGEST_NAME), ("command", LONGEST_TEXT)):
            _text(pane, key, longest)
        for key in ("label", "history", "argv"):
            pane.setdefault(key, None)
        if pane.get("label") is not None:
            _text(pane, "label", LONGEST_NAME)
        if pane.get("history") is not None:
            _text(pane, "history", LONGEST_HISTORY)
        for key in ("active", "last", "marked", "input_off", "owned"):
            _switch(pane, key)
        _texts_table(pane, "metadata", of_texts=False)
        _texts_table(pane, "environment")
        _options(pane)
        _argv(pane)


def _argv(pane: dict[str, object]) -> None:
    found = pane.get("argv")
    if found is None:
        return
    if not isinstance(found, list) or not all(isinstance(command, list) and command for command in found):
        raise ValueError("argv is not a list of commands")
    if not all(isinstance(word, str) and "\0" not in word for command in found for word in command):
        raise ValueError("argv is not a list of commands, each a list of words")


def _options(place: dict[str, object]) -> None:
    _texts_table(place, "options")
    for name in texts(place["options"]):
        bare, bracket, rest = name.partition("[")
        number = rest.removesuffix("]")
        indexed = not bracket or (rest.endswith("]") and number.isdigit() and number.isascii())
        if not bare or len(bare) > 200 or not set(bare) <= _OPTION_NAME or bare[0] == "-" or not indexed:
            raise ValueError(f"not the name of an option: {name[:40]!r}")


def _is_name(name: str) -> bool:
    return 0 < len(name) <= 256 and name.isascii() and name.replace("_", "a").isalnum() and not name[0].isdigit()


def _text(place: dict[str, object], key: str, longest: int) -> str:
    value = place.get(key)
    if not isinstance(value, str) or "\0" in value:
        raise ValueError(f"{key} is not a text")
    if len(value) > longest:
        raise ValueError(f"{key} has {len(value)} characters, {longest} are allowed")
    return value


def _number(place: dict[str, object], key: str, largest: int) -> int:
    value = place.get(key)
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= largest:
        raise ValueError(f"{key} is not a number from 0 to {largest}")
    return value


def _switch(place: dict[str, object], key: str) -> None:
    if not isinstance(place.get(key), bool):
        raise ValueError(f"{key} is neither true nor false")


def _object(place: dict[str, object], key: str) -> dict[str, object]:
    value = place.get(key)
    if not isinstance(value, dict):
        raise ValueError(f"{key} is not an object")
    return value


def _texts_table(place: dict[str, object], key: str, *, of_texts: bool = True) -> None:
    for name, value in _object(place, key).items():
        if "\0" in name or (of_texts and (not isinstance(value, str) or "\0" in value)):
            raise ValueError(f"{key} holds {name[:40]!r}, which is not a text")
        if isinstance(value, str) and len(value) > LONGEST_TEXT:
            raise ValueError(f"{key}: {name[:40]!r} has {len(value)} characters, {LONGEST_TEXT} are allowed")


def _from_script(old: dict[str, object]) -> dict[str, object]:
    """A document of version 3 (one window, what ran as the program's name) as one of this version."""
    found = _objects(old.get("panes"))
    layout = old.get("layout")
    text = str(layout.get("window_layout")) if isinstance(layout, dict) else str(layout)
    try:
        fits = layouts.read(text).panes == len(found)
    except ValueError:
        fits = False
    return {
        "version": old["version"],
        "session_name": old.get("session_name"),
        "saved_at": old.get("saved_at"),
        "session": {"path": "", "owned": True, "options": {}, "environment": {}, "removed_environment": []},
        "windows": [
            {
                "index": 0,
                "name": "",
                "automatic_rename": None,
                "layout": text if fits else _stacked(len(found)),
                "active": True,
                "stack": 0,
                "zoomed": False,
                "options": {},
            }
        ],
        "panes": [_pane_from_script(pane, number) for number, pane in enumerate(found)],
        "metadata": old.get("metadata") or {},
        "notes": [] if fits else [{"item": "window 0", "reason": "its layout does not fit; the panes are stacked"}],
    }


def _pane_from_script(pane: dict[str, object], number: int) -> dict[str, object]:
    command = str(pane.get("command") or "")
    return {
        "window": 0,
        "pane_id": number,
        "label": pane.get("label"),
        "command": command,
        "argv": None if not command.split() or command in promptstate.PERSONAL else [command.split()],
        "working_dir": str(pane.get("working_dir") or ""),
        "title": "",
        "metadata": pane.get("metadata") or {},
        "environment": pane.get("environment") or {},
        "history": pane["history"] if isinstance(pane.get("history"), str) else None,
        "options": {},
        "active": number == 0,
        **dict.fromkeys(("last", "marked", "input_off"), False),
        "owned": True,
    }


def _stacked(count: int) -> str:
    """A layout of rows above one another."""
    if count < 2:
        body = "80x24,0,0,0"
    else:
        body = f"80x{count * 4 - 1},0,0[" + ",".join(f"80x3,0,{4 * row},{row}" for row in range(count)) + "]"
    return f"{layouts.checksum(body):04x},{body}"
