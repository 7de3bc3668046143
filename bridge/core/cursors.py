"""Cursors: places in what a pane has printed, as one opaque string."""

from __future__ import annotations

from bridge.errors import BridgeError

_VERSION = "c1"


class Cursor:
    """The pane (`%id` and process), the log's generation and the offset in bytes."""

    __slots__ = ("generation", "offset", "pane_id", "pid")

    def __init__(self, pane_id: str, pid: int, generation: str, offset: int) -> None:
        self.pane_id = pane_id
        self.pid = pid
        self.generation = generation
        self.offset = offset

    def __str__(self) -> str:
        """The text that `parse` reads back."""
        return f"{_VERSION}-{self.pane_id[1:]}-{self.pid}-{self.generation}-{self.offset}"


def parse(text: str) -> Cursor:
    """The cursor that a text stands for; raises ERR_BAD_CURSOR."""
    parts = text.split("-")
    numbers = [parts[place] for place in (1, 2, 4)] if len(parts) == 5 else [""]
    sound = all(number.isascii() and number.isdigit() and len(number) < 19 for number in numbers)
    if parts[0] != _VERSION or not sound or not (parts[3].isascii() and parts[3].isalnum()):
        raise bad_cursor(text, "it is not one that an answer gave")
    return Cursor(f"%{numbers[0]}", int(numbers[1]), parts[3], int(numbers[2]))


def bad_cursor(text: str, reason: str) -> BridgeError:
    """The cursor leads nowhere; names it and the reason."""
    return BridgeError(
        "ERR_BAD_CURSOR", f"cursor {text[:80]!r}: {reason}", hint="call without a cursor to get a new one"
    )
