"""Rows of tmux's answers to model objects."""

from __future__ import annotations

from bridge.errors import BridgeError
from bridge.model import Pane
from bridge.tmux import argv

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

_HEX = frozenset("0123456789abcdefABCDEF")
_ESCAPES = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"b": b"\b", b"a": b"\a", b"v": b"\v", b"f": b"\f", b"s": b" "}


def unframe(data: bytes, fields: int) -> list[list[str]]:
    """The rows of an answer made with `argv.framed`; each has `fields` values.

    Raises ERR_TMUX_FAILED for anything that is not framed so.
    """
    rows = _unframe_ascii(data.decode("ascii"), fields) if data.isascii() else None
    if rows is not None:
        return rows
    rows = []
    at = 0
    while at < len(data):
        row, at = _framed_row(data, at, fields, b"\n")
        rows.append(row)
    return rows


def _unframe_ascii(text: str, fields: int) -> list[list[str]] | None:
    """As `unframe`, None for what has to be looked at more closely: 600 rows cost 2.5 ms instead of 7.7."""
    rows: list[list[str]] = []
    at, size = 0, len(text)
    while at < size:
        row: list[str] = []
        for _ in range(fields):
            if text[at : at + 1] == "=":
                end = text.find(",", at)
                row.append(text[at + 1 : end])
            else:
                colon = text.find(":", at, at + 12)
                if not (length := text[at : max(colon, at)]).isdigit():
                    return None
                end = colon + 1 + int(length)
                row.append(text[colon + 1 : end])
            if end < 0 or text[end : end + 1] != ",":
                return None
            at = end + 1
        if text[at : at + 1] != "\n":
            return None
        at += 1
        rows.append(row)
    return rows


def _framed_row(data: bytes, at: int, fields: int, end: bytes) -> tuple[list[str], int]:
    """One row and where it ends; what stands between the last field and `end` is one more value."""
    try:
        row, at = _row(data, at, fields, _plain)
    except BridgeError:
        # tmux 3.4 and newer print control bytes as \012 or \n; the length counts the bytes themselves.
        row, at = _row(data, at, fields, _escaped)
    stop = data.find(end, at)
    if stop < 0 or (end == b"\n" and stop != at):
        raise _unreadable(data[at : at + 40])
    if end != b"\n":
        row.append(data[at:stop].decode("utf-8", "replace"))
    return row, stop + len(end)


def _row(
    data: bytes, at: int, fields: int, take: Callable[[bytes, int, int], tuple[bytes, int]]
) -> tuple[list[str], int]:
    row: list[str] = []
    for _ in range(fields):
        if data[at : at + 1] == b"=":
            comma = data.find(b",", at)
            value, at = data[at + 1 : comma], comma
        else:
            colon = data.find(b":", at, at + 12)
            if colon < 0 or not data[at:colon].isdigit():
                raise _unreadable(data[at : at + 40])
            value, at = take(data, colon + 1, int(data[at:colon]))
        if at < 0 or data[at : at + 1] != b",":
            raise _unreadable(data[at : at + 40])
        at += 1
        row.append(value.decode("utf-8", "replace"))
    return row, at


def _plain(data: bytes, at: int, length: int) -> tuple[bytes, int]:
    return data[at : at + length], at + length


def _escaped(data: bytes, at: int, length: int) -> tuple[bytes, int]:
    value = bytearray()
    while len(value) < length and at < len(data):
        mark = data.find(b"\\", at, at + length - len(value))
        if mark != at:
            end = mark if mark >= 0 else at + length - len(value)
            value += data[at:end]
            at = end
            continue
        digits = data[at + 1 : at + 4]
        if len(digits) == 3 and all(48 <= digit < 56 for digit in digits):
            value.append(int(digits, 8) & 255)
            at += 4
        elif data[at + 1 : at + 2] in _ESCAPES:
            value += _ESCAPES[data[at + 1 : at + 2]]
            at += 2
        else:
            value.append(92)
            at += 1
    return bytes(value), min(at, len(data))


def panes(data: bytes) -> list[Pane]:
    """The panes of a `list-panes` answer."""
    found: list[Pane] = []
    at, end = 0, f"{argv.END}\n".encode()
    while at < len(data):
        row, at = _framed_row(data, at, len(argv.PANE_FIELDS), end)
        owner = row[23]
        found.append(
            Pane(
                session=row[0],
                session_id=row[1],
                created=int(row[2] or 0),
                window_id=row[3],
                window_index=int(row[4]),
                window_active=row[5] == "1",
                id=row[6],
                index=int(row[7]),
                active=row[8] == "1",
                pid=int(row[9] or 0),
                tty=row[10],
                command=row[-1],
                width=int(row[11]),
                height=int(row[12]),
                dead=row[13] == "1",
                in_mode=row[14] not in ("", "0"),
                input_off=row[15] == "1",
                piped=row[16] == "1",
                cursor_x=int(row[17] or 0),
                tmux=row[18],
                floating=row[19] == "1",
                label=decode_label(row[20]),
                metadata_text=row[21],
                typed_text=row[22],
                owner=owner if owner.endswith(":" + row[6]) else "",
            )
        )
    return found


def decode_label(value: str) -> str | None:
    """The label of an option's value; None where there is none, or not one of ours: anybody can set the option."""
    if not value.startswith("="):
        return None
    first, *parts = value[1:].split("\\")
    if not all(len(part) > 1 and part[0] in _HEX and part[1] in _HEX for part in parts):
        return None
    return first + "".join(chr(int(part[:2], 16)) + part[2:] for part in parts)


def _unreadable(part: bytes) -> BridgeError:
    return BridgeError(
        "ERR_TMUX_FAILED", f"tmux gave an answer that cannot be read: {part!r}", hint="bridge needs tmux 3.2 or newer"
    )
