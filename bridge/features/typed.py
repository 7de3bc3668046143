"""What was typed into a pane, kept with the pane in an option."""

from __future__ import annotations

import time

from bridge.core import jsontext
from bridge.core.typing import Mark, is_unread
from bridge.envelope import compact
from bridge.model import Pane
from bridge.system import process


def encode(typed_lines: list[tuple[int, str]], mark: Mark | None, prompts: int) -> str:
    """The option's value; `prompts` is how many the shell had counted before (store.lastcode)."""
    stored = [mark.pid, mark.switches, mark.target, round(mark.at, 3), prompts] if mark else []
    return compact({"lines": typed_lines, "mark": stored})


def lines(pane: Pane) -> list[tuple[int, str]]:
    """What was typed last, with the column where each echo begins (-1: not known)."""
    stored = _load(pane).get("lines")
    return [(int(column), str(text)) for column, text in stored] if isinstance(stored, list) else []


def is_waiting(pane: Pane, pid: int) -> bool:
    """Whether text that was typed has not reached the shell `pid` yet, which therefore only looks idle."""
    stored = _load(pane).get("mark")
    if not isinstance(stored, list) or len(stored) != 5 or stored[0] != pid:
        return False
    switches, read = process.count_switches(pid), process.count_bytes_read(pid)
    return is_unread(Mark(*stored[:4]), pid, switches, read, time.monotonic())


def last_time(pane: Pane) -> float:
    """The monotonic time when text was typed last, 0 where it is not known."""
    stored = _load(pane).get("mark")
    if isinstance(stored, list) and len(stored) == 5 and isinstance(stored[3], (int, float)):
        return float(stored[3])
    return 0.0


def prompts_before(pane: Pane) -> int:
    """How many prompts the shell had counted when text was typed last, -1 where nothing was typed."""
    stored = _load(pane).get("mark")
    return int(stored[4]) if isinstance(stored, list) and len(stored) == 5 else -1


def _load(pane: Pane) -> dict[str, object]:
    try:
        return jsontext.loads_object(pane.typed_text) if pane.typed_text else {}
    except ValueError:
        return {}
