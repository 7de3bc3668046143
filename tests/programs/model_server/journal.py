"""What was received and when each answer began and ended, as one line of JSON each."""

from __future__ import annotations

import json
import threading
import time
from pathlib import Path
from typing import Any


class Journal:
    """The server's memory, and where a path is given its file.

    A row has `event` (received, began, ended), `at` (seconds since 1970) and `id`, the number of the request.
    `received` has also wire, model, aux, text, texts, calls, results and `again`, whether it repeats a request that
    failed; `ended` has `how`: done, tool, status N, limit, dropped, or left where the program went away first.
    """

    def __init__(self, path: Path | None = None) -> None:
        self._rows: list[dict[str, Any]] = []
        self._changed = threading.Condition()
        self._file = path.open("a", encoding="utf-8") if path else None

    def note(self, event: str, number: int, **fields: object) -> None:
        """Add a row."""
        row = {"event": event, "at": time.time(), "id": number, **fields}
        with self._changed:
            self._rows.append(row)
            if self._file:
                self._file.write(json.dumps(row, ensure_ascii=False) + "\n")
                self._file.flush()
            self._changed.notify_all()

    def rows(self, event: str = "") -> list[dict[str, Any]]:
        """What was noted so far, of one event if it is named."""
        with self._changed:
            return [row for row in self._rows if row["event"] == event or not event]

    def prompts(self) -> list[str]:
        """What persons have asked so far, each once: the first request of each turn, no checks of the programs' own."""
        return [row["text"] for row in self.rows("received") if row["texts"] and not row["aux"] and not row["again"]]

    def await_prompts(self, count: int, seconds: float) -> list[str]:
        """The prompts, once there are so many or the time is over."""
        return self._await(self.prompts, count, seconds)

    def await_ended(self, count: int, seconds: float) -> list[dict[str, Any]]:
        """The ends of answers to persons, in their order, once there are so many or the time is over."""
        return self._await(self._ended, count, seconds)

    def busy(self) -> bool:
        """Whether a person's prompt is being answered."""
        asked = {row["id"] for row in self.rows("received") if not row["aux"]}
        return bool(asked - {row["id"] for row in self.rows("ended")})

    def _ended(self) -> list[dict[str, Any]]:
        own = {row["id"] for row in self.rows("received") if row["aux"]}
        return sorted((row for row in self.rows("ended") if row["id"] not in own), key=lambda row: row["id"])

    def _await(self, look: Any, count: int, seconds: float) -> Any:
        end = time.monotonic() + seconds
        while len(found := look()) < count and (left := end - time.monotonic()) > 0:
            with self._changed:
                self._changed.wait(min(left, 0.5))
        return found
