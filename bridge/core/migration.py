"""Documents of the bash script and of earlier versions, brought to the form of this one. Nothing unknown is dropped."""

from __future__ import annotations

from bridge.core import jsontext

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

Document = dict[str, object]
# The newest version of each kind of file that carries one.
NEWEST = {"subscriptions.json": 1, "gc-config.json": 1, "groups.json": 1}


def read_state(text: str) -> tuple[Document, bool]:
    """A state file of the script, and whether it had to be mended. Raises ValueError for what is none.

    After each second pane the script left a value out (`"metadata": ` and nothing); what stood there
    is known to be empty.
    """
    mended = False
    try:
        document = jsontext.loads_object(text)
    except ValueError:
        rows = [
            row.rstrip() + " {}" if row.strip() == '"metadata":' else row
            for row in text.replace("\r\n", "\n").split("\n")
        ]
        document = jsontext.loads_object("\n".join(rows))
        mended = True
    if not isinstance(document.get("session_name"), str) or not document["session_name"]:
        raise ValueError("it names no session")
    entries = document.get("panes")
    if not isinstance(entries, list) or not all(isinstance(item, dict) for item in entries):
        raise ValueError("it has no list of panes")
    if not all(isinstance(item.get("pane_id"), int) for item in entries):
        raise ValueError("a pane of it has no number")
    return document, mended


def convert_state(document: Document) -> Document:
    """A state of the script in the form of ours: every pane has a label, a pid and metadata; foreign keys stay."""
    entries = document["panes"]
    assert isinstance(entries, list)
    return document | {"panes": [_entry(item) for item in entries]}


def _entry(item: Document) -> Document:
    stored = item.get("metadata")
    label = item.get("label")
    known: Document = {
        "pane_id": item["pane_id"],
        "label": label if isinstance(label, str) and label else f"pane-{item['pane_id']}",
        "command": item.get("command", ""),
        "status": item.get("status", "idle"),
        "pid": item.get("pid", 0),
        "metadata": stored if isinstance(stored, dict) else {},
    }
    return known | {key: value for key, value in item.items() if key not in known}


def label_of(item: Document) -> str:
    """The label that somebody gave to a pane of the script, empty where it is the script's own `pane-N`."""
    label = item.get("label")
    return label if isinstance(label, str) and label != f"pane-{item['pane_id']}" else ""


def version_of(document: Document) -> int:
    """The version of a file of ours, 0 where it has none. Raises ValueError for what is no version."""
    version = document.get("version", 0)
    if not isinstance(version, int) or isinstance(version, bool) or version < 0:
        raise ValueError(f"{version!r} is no version")
    return version


def upgrade(name: str, document: Document) -> Document:
    """A file of ours in its newest version, itself where it is that already. Raises ValueError for a later one."""
    version = version_of(document)
    if version > NEWEST[name]:
        raise ValueError(f"it has version {version}, this bridge knows {NEWEST[name]}")
    while version < NEWEST[name]:
        document = _STEPS[name, version](document)
        version += 1
    return document


def _add_version(document: Document) -> Document:
    return {"version": 1} | document


# (file, version) to what makes the next version of it.
_STEPS: dict[tuple[str, int], Callable[[Document], Document]] = {(name, 0): _add_version for name in NEWEST}


def is_autosave(name: str) -> bool:
    """Whether a snapshot of the script's plan was saved by itself."""
    return name.endswith("-autosave.snapshot")


def tmux_name(session: str) -> str:
    """What tmux made of a name that the script gave it."""
    return session.replace(".", "_").replace(":", "_")
