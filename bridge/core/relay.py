"""What stands between a pane and the terminal that shows it: bytes to show, keys to send, a picture to begin with."""

from __future__ import annotations

import re

from bridge.core import sequences

_STARTS = re.compile(rb"[\x05\x1b]")
_SEQUENCE = re.compile(rb"\x1b(?:\[([0-?]*)([ -/]*)([@-~])|([\]PX^_k])|[ -/]+[0-~]|[0-Z\\-~])")
_UNFINISHED = re.compile(rb"\x1b(?:\[[0-?]*[ -/]*|[ -/]*)\Z")
_LONGEST = 256
_ALTERNATE = frozenset((b"47", b"1047", b"1049"))

# Whatever a program may have set: string ended, G0 and G1 as usual, no mouse, no focus events, no bracketed paste,
# plain cursor and keypad keys, wrapping, no margins, the cursor's usual shape, shown.
_PLAIN = (
    b"\x1b\\\x1b(B\x1b)B\x0f\x1b[?9l\x1b[?1000l\x1b[?1001l\x1b[?1002l\x1b[?1003l\x1b[?1004l\x1b[?1005l\x1b[?1006l"
    b"\x1b[?1015l\x1b[?2004l\x1b[?2026l\x1b[?1l\x1b>\x1b[?5l\x1b[?6l\x1b[?7h\x1b[4l\x1b[?69l\x1b[r\x1b[m\x1b[0 q"
    b"\x1b[?25h"
)


class Relay:
    """Passes on what a terminal shows of a pane's bytes, as tmux itself would show it.

    Questions to the terminal are left out, since tmux has answered them already, and so are strings for
    it: titles, clipboard, colours, pictures. `alternate` tells which screen is shown.
    """

    def __init__(self) -> None:
        self.alternate = False
        self._rest = b""
        self._string = b""  # the kind of the string that we are in

    def feed(self, data: bytes) -> bytes:
        """The bytes to show; a sequence that is not complete yet is held back."""
        data, self._rest = self._rest + data, b""
        shown: list[bytes] = []
        at = 0
        while at < len(data):
            if self._string:
                end, again = sequences.string_end(self._string, data, at)
                if end < 0:
                    self._rest = data[len(data) - again :]
                    break
                at, self._string = end, b""
                continue
            start = _STARTS.search(data, at)
            if start is None:
                shown.append(data[at:])
                break
            shown.append(data[at : start.start()])
            at = start.start()
            found = _SEQUENCE.match(data, at)
            if found is not None:
                at = found.end()
                if found[4]:
                    self._string = found[4]
                elif self._is_shown(found):
                    shown.append(found[0])
            elif data[at] == 0x1B and len(data) - at < _LONGEST and _UNFINISHED.match(data, at):
                self._rest = data[at:]
                break
            else:
                shown.append(b"" if data[at] == 0x05 else data[at : at + 1])
                at += 1
        return b"".join(shown)

    def undo(self) -> bytes:
        """What makes the terminal an ordinary one again, the cursor in a line of its own at the bottom."""
        leave = b"\x1b[?1049l" if self.alternate else b""
        return b"\x1b\\" + leave + _PLAIN + b"\x1b[999;1H\r\n"

    def _is_shown(self, found: re.Match[bytes]) -> bool:
        """Whether a sequence is for the screen; remembers the screen that it chooses."""
        whole, (parameters, between, final) = found[0], found.group(1, 2, 3)
        if final is None:
            self.alternate = self.alternate and whole != b"\x1bc"
            return whole not in (b"\x1bZ", b"\x1b\\")
        private = parameters[:1] in (b"<", b"=", b">", b"?")
        if final in b"hl" and parameters[:1] == b"?" and _ALTERNATE & set(parameters[1:].split(b";")):
            self.alternate = final == b"h"
        asks = final in b"cntixy" or between == b"$"
        return not asks and not (private and final in b"umq")


class Keyboard:
    """Tells what of the typed bytes is for the pane, and where the person leaves.

    Ctrl-] leaves, and Ctrl-D where nothing was typed since the last Enter or Ctrl-C, unless the program
    has the alternate screen. Pasted text never does, where the terminal marks it.
    """

    _KEYS = re.compile(rb"\x1b\[20[01]~|[\r\n\x03\x04\x1d]")

    def __init__(self) -> None:
        self.left = False
        self._before = b""
        self._pasting = False
        self._typed = False

    def feed(self, data: bytes, *, alternate: bool) -> bytes:
        """The bytes for the pane; `left` is set where a key to leave was among them."""
        skip = len(self._before)
        text = self._before + data
        self._before = text[-5:]
        end = skip
        for key in self._KEYS.finditer(text):
            if key.end() <= skip:
                continue
            word = key[0]
            if len(word) > 1:
                self._pasting, self._typed = word == b"\x1b[200~", True
            elif self._pasting:
                continue
            else:
                typed = self._typed or key.start() > end
                if word == b"\x1d" or (word == b"\x04" and not typed and not alternate):
                    self.left = True
                    return text[skip : key.start()]
                self._typed = word == b"\x04" and typed
            end = key.end()
        self._typed = self._typed or len(text) > end
        return text[skip:]


class Picture:
    """A pane's screen as tmux tells it: rows with their colours, modes by name, the cursor."""

    # The order is that of the values that `FORMAT` asks for.
    FLAGS = (
        *("alternate_on", "alternate_saved_x", "alternate_saved_y", "cursor_x", "cursor_y", "cursor_flag"),
        *("scroll_region_upper", "scroll_region_lower", "pane_height", "insert_flag", "wrap_flag", "origin_flag"),
        *("keypad_cursor_flag", "keypad_flag", "mouse_standard_flag", "mouse_button_flag", "mouse_all_flag"),
        *("mouse_sgr_flag", "mouse_utf8_flag"),
    )
    FORMAT = " ".join(f"#{{?{name},#{{{name}}},0}}" for name in FLAGS)

    def __init__(self, values: bytes, rows: list[bytes], behind: list[bytes]) -> None:
        """`behind` are the rows of the ordinary screen where the program has the alternate one."""
        words = values.decode("ascii", "replace").split()
        self._of = {name: int(word) for name, word in zip(self.FLAGS, words, strict=True)}
        self._rows = rows
        self._behind = behind

    @property
    def alternate(self) -> bool:
        """Whether the program has the alternate screen."""
        return bool(self._of["alternate_on"])

    def paint(self, *, shown: bool) -> bytes:
        """What paints it; `shown` tells that the terminal has the alternate screen already."""
        parts = [_PLAIN]
        if self.alternate and not shown:
            parts += [_rows(self._behind), _at(self._of["alternate_saved_x"], self._of["alternate_saved_y"])]
            parts.append(b"\x1b[?1049h")
        elif shown and not self.alternate:
            parts.append(b"\x1b[?1049l")
        parts += [_rows(self._rows), *self._modes()]
        return b"".join(parts)

    def _modes(self) -> list[bytes]:
        of = self._of
        upper, lower = of["scroll_region_upper"], of["scroll_region_lower"]
        parts = [f"\x1b[{upper + 1};{lower + 1}r".encode()] if (upper, lower) != (0, of["pane_height"] - 1) else []
        if of["origin_flag"]:
            parts.append(b"\x1b[?6h")
        parts.append(_at(of["cursor_x"], of["cursor_y"] - (upper if of["origin_flag"] else 0)))
        switches = (
            ("insert_flag", b"\x1b[4h"),
            ("keypad_cursor_flag", b"\x1b[?1h"),
            ("keypad_flag", b"\x1b="),
            ("mouse_standard_flag", b"\x1b[?1000h"),
            ("mouse_button_flag", b"\x1b[?1002h"),
            ("mouse_all_flag", b"\x1b[?1003h"),
            ("mouse_sgr_flag", b"\x1b[?1006h"),
            ("mouse_utf8_flag", b"\x1b[?1005h"),
        )
        parts += [on for name, on in switches if of[name]]
        if not of["wrap_flag"]:
            parts.append(b"\x1b[?7l")
        if not of["cursor_flag"]:
            parts.append(b"\x1b[?25l")
        return parts


def _at(column: int, row: int) -> bytes:
    return f"\x1b[{row + 1};{column + 1}H".encode()


def _rows(rows: list[bytes]) -> bytes:
    """Each row in its place; tmux tells colours that go on from one row to the next only once."""
    placed = [_at(0, number) + row for number, row in enumerate(rows) if row]
    return b"".join([b"\x1b)0\x1b[m\x1b[2J", *placed, b"\x0f\x1b[m"])
