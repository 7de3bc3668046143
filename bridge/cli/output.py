"""Stdout and stderr: one write an answer, and a reader that has gone is no failure."""

from __future__ import annotations

import posix
import sys

from bridge.system import outlet

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from bridge.dispatch import Answer

_COLOURS = {"info": "0;34", "success": "0;32", "warn": "1;33", "error": "0;31"}
_ERASE = "\033[K"
_LEVELS = ("info", "success", "warn", "error")


class Output:
    """Prints the answer of one call in the form that was asked for.

    `script`: the six keys, colours always, as the bash script. `style`: pretty or compact. `least`:
    the least level of the human lines, `off` for none.
    """

    def __init__(
        self,
        *,
        script: bool = False,
        style: str = "pretty",
        least: str = "info",
        encode: Callable[[object], str] | None = None,
    ) -> None:
        self.script = script
        self.style = style
        self.least = least
        self.encode = encode
        self._progress = ""

    def note(self, level: str, text: str) -> None:
        """A human line on stderr; `usage` lines are printed as they are."""
        self.erase_progress()
        if not self.script and not (text.isascii() and text.isprintable()):
            from bridge.core.visible import for_terminal  # noqa: PLC0415 - few lines need it

            text = for_terminal(text)
        if level == "usage":
            _write(2, f"{text}\n")
        elif self.script or (self.least != "off" and _LEVELS.index(level) >= _LEVELS.index(self.least)):
            tag = f"[{level.upper()}]"
            if self.script or posix.isatty(2):
                tag = f"\033[{_COLOURS[level]}m{tag}\033[0m"
            _write(2, f"{tag} {text}\n")

    def progress(self, text: str) -> None:
        """What is done just now: one line of a terminal, written over and erased; nothing where stderr is none."""
        if text == self._progress or self.script or self.least != "info" or not posix.isatty(2):
            return
        width = posix.get_terminal_size(2).columns
        shown = "".join(sign if sign.isprintable() else "?" for sign in text)[: max(0, width - 1)]
        _write(2, f"\r{_ERASE}{shown}")
        self._progress = text

    def erase_progress(self) -> None:
        """Take the line of progress away, if there is one."""
        if self._progress:
            _write(2, f"\r{_ERASE}")
            self._progress = ""

    def answer(self, answer: Answer, *, on_stderr: bool = False) -> int:
        """Print an answer and return the exit status.

        In the script's form the human lines and plain lines stand around the envelope as they did;
        `on_stderr` puts the envelope there.
        """
        from bridge.envelope import compact, dumps  # noqa: PLC0415 - loaded while tmux works

        if not self.script and "error" in answer.envelope:
            _use_called_name(answer)
        silent = answer.silent and not self.script
        style = "legacy" if self.script else self.style
        text = "" if silent else dumps(answer.envelope, style=style, write=self.encode or compact)
        before = "".join(f"{row}\n" for row in answer.lines) if self.script else ""
        for level, row in answer.logs:
            self.note(level, row)
        if silent:
            return answer.exit_status
        if on_stderr and self.script:
            _write(2, before + text)
            return answer.exit_status
        unwritten = self.plain(before + text)
        return answer.exit_status or unwritten

    def plain(self, text: str) -> int:
        """Text on stdout, also instead of an envelope; the exit status, 1 where it cannot be written."""
        problem = _write(1, text)
        if problem is None:
            return 0
        self.note("error", f"the answer cannot be written: {problem.strerror}")
        return 1

    def text(self, data: bytes) -> None:
        """Bytes of a streaming command; raises BrokenPipeError where nobody reads."""
        outlet.write(1, data)


# `bridge` is the name of another program on most systems, so the file has names beside it.
OTHER_NAMES = ("tmux-bridge", "claude-tmux")


def called_name() -> str:
    """The name that this call came by."""
    words = sys.argv[1:] if sys.argv[0].endswith(".pyc") else sys.argv
    name = words[0].rpartition("/")[2] if words else ""
    return name if name in OTHER_NAMES else "bridge"


def _use_called_name(answer: Answer) -> None:
    """Have the calls that a hint shows begin with the name that was called."""
    name, error = called_name(), answer.envelope["error"]
    if name == "bridge" or not isinstance(error, dict) or not error.get("hint"):
        return
    from bridge import registry  # noqa: PLC0415 - loaded by every call that has come so far
    from bridge.core.suggestions import renamed  # noqa: PLC0415

    error["hint"] = renamed(str(error["hint"]), name, {*registry.names(), "help"})


def _write(descriptor: int, text: str) -> OSError | None:
    """Write all of it; what hindered that, but that the reader has gone: nobody is left to be told."""
    try:
        outlet.write(descriptor, text.encode("utf-8", "surrogateescape").decode("utf-8", "replace").encode())
    except BrokenPipeError:
        return None
    except OSError as problem:
        return problem
    return None
