"""What was typed into a pane, kept with the pane in an option."""

from __future__ import annotations

import time

from bridge.core import jsontext
from bridge.core.typedtext import Mark, is_unread
from bridge.envelope import compact
from bridge.model import Pane
from bridge.system import process

_LARGEST = 1e18


def encode(typed_lines: list[tuple[int, str]], mark: Mark | None, prompts: int) -> str:
    """The option's value; `prompts` is how many the shell had counted before (store.lastcode)."""
    stored = [mark.pid, mark.switches, mark.target, round(mark.at, 3), prompts] if mark else []
    return compact({"lines": typed_lines, "mark": stored})


def lines(pane: Pane) -> list[tuple[int, str]]:
    """What was typed last, with the column where each echo begins (-1: not known)."""
    stored = _load(pane).get("lines")
    if not isinstance(stored, list):
        return []
    pairs = [pair for pair in stored if isinstance(pair, list) and len(pair) == 2]
    return [(column, text) for column, text in pairs if isinstance(column, int) and isinstance(text, str)]


def is_waiting(pane: Pane, pid: int) -> bool:
    """Whether text that was typed has not reached the shell `pid` yet, which therefore only looks idle."""
    stored = _mark(pane)
    if stored is None or stored[0] != pid:
        return False
    switches, read = process.count_switches(pid), process.count_bytes_read(pid)
    mark = Mark(pid, int(stored[1]), int(stored[2]), stored[3])
    return is_unread(mark, pid, switches, read, time.monotonic())


def last_time(pane: Pane) -> float:
    """The monotonic time when text was typed last, 0 where it is not known."""
    stored = _mark(pane)
    return stored[3] if stored else 0.0


def prompts_before(pane: Pane) -> int:
    """How many prompts the shell had counted when text was typed last, -1 where nothing was typed."""
    stored = _mark(pane)
    return int(stored[4]) if stored else -1


def _mark(pane: Pane) -> list[float] | None:
    """The five numbers of the mark; None for anything else, since anybody can set the option."""
    stored = _load(pane).get("mark")
    if not isinstance(stored, list) or len(stored) != 5:
        return None
    numbers = [item for item in stored if isinstance(item, (int, float)) and abs(item) < _LARGEST]
    return numbers if len(numbers) == 5 else None


def _load(pane: Pane) -> dict[str, object]:
    try:
        return jsontext.loads_object(pane.typed_text) if pane.typed_text else {}
    except ValueError:
        return {}
