"""Text that is typed: what may be typed, and what is remembered of it."""

from __future__ import annotations

from bridge.errors import BridgeError

LARGEST = 1_000_000
LONGEST_CANONICAL_LINE = 4095  # termios(3): what a line holds while the terminal reads whole lines
REMEMBERED_LINES = 20
REMEMBERED_LENGTH = 2000
SETTLED_AFTER = 0.5
_BRACKETS = 12  # ESC[200~ and ESC[201~ around a pasted line


class Mark:
    """What a shell had done when text was typed, so that it can be seen whether it has read the text.

    `switches` is how often it had gone to sleep, `target` how many bytes it will have read by then,
    `at` the monotonic time.
    """

    __slots__ = ("at", "pid", "switches", "target")

    def __init__(self, pid: int, switches: int, target: int, at: float) -> None:
        self.pid = pid
        self.switches = switches
        self.target = target
        self.at = at


def is_unread(mark: Mark, pid: int, switches: int, read: int, now: float) -> bool:
    """Whether text typed into the shell `pid` has not been read by it, so that its prompt is an old one.

    Typed bytes may be on their way inside the kernel, where nothing counts them: a shell that has not
    woken since has not read them. What it has read is a witness for half a second, since a program
    may have read the text instead. `read` below 0 means that the system does not say.
    """
    if mark.pid != pid:
        return False
    recent = 0 <= now - mark.at < SETTLED_AFTER
    return switches == mark.switches or (recent and 0 <= read < mark.target)


def typed_size(lines: list[str], *, bracketed: bool) -> int:
    """How many bytes the terminal gets for these lines, Enter included."""
    around = _BRACKETS if bracketed else 0
    return sum(len(line.encode("utf-8", "surrogateescape")) + 1 + (around if line else 0) for line in lines)


def check_text(text: str, *, raw: bool, canonical: bool | None) -> list[str]:
    """The lines to type, each to be followed by Enter.

    Raises ERR_CONTROL_CHARACTERS for anything but tab and newline below U+0020, DEL and C1 unless
    `raw`; ERR_TOO_LARGE above 1 MB, and where the terminal reads whole lines (`canonical`) for a line
    over 4,095 bytes, which it would cut.
    """
    size = len(text.encode("utf-8", "surrogateescape"))
    if size > LARGEST:
        raise BridgeError(
            "ERR_TOO_LARGE", f"the text has {size} bytes, {LARGEST} are allowed", hint="put it in a file and run that"
        )
    if not raw:
        for char in text:
            if is_control(char):
                raise BridgeError(
                    "ERR_CONTROL_CHARACTERS",
                    f"the text holds the control character U+{ord(char):04X}",
                    hint="pane-send-keys (or tmux send-keys) presses keys; --raw types the bytes as they are",
                )
    lines = text.removesuffix("\n").split("\n")
    if canonical:
        for line in lines:
            length = len(line.encode("utf-8", "surrogateescape"))
            if length > LONGEST_CANONICAL_LINE:
                raise BridgeError(
                    "ERR_TOO_LARGE",
                    f"a line has {length} bytes, the terminal takes {LONGEST_CANONICAL_LINE} in one line now",
                    hint="put it in a file and run that",
                )
    return lines


def is_control(char: str) -> bool:
    """Whether a terminal would act on the character instead of showing it."""
    code = ord(char)
    return (code < 0x20 and char not in "\t\n") or 0x7F <= code < 0xA0


def remember(typed: list[tuple[int, str]], lines: list[str], column: int) -> list[tuple[int, str]]:
    """The newest typed lines with the column where each echo begins (-1: not known)."""
    added = [
        (column if number == 0 and len(line) <= REMEMBERED_LENGTH else -1, line[-REMEMBERED_LENGTH:])
        for number, line in enumerate(lines)
    ]
    return (typed + [item for item in added if item[1].strip()])[-REMEMBERED_LINES:]
