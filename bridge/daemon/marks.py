"""How far the log of a watched pane was looked at, as a later daemon reads it."""

from __future__ import annotations

from bridge.core import jsontext
from bridge.envelope import compact


class Mark:
    """How far the log of a pane was looked at, and for whom."""

    __slots__ = ("generation", "offset", "subscriptions", "told")

    def __init__(self, generation: str, offset: int, subscriptions: list[str], told: list[str]) -> None:
        self.generation = generation
        self.offset = offset
        self.subscriptions = subscriptions
        self.told = told

    def text(self) -> str:
        """The mark as the text that is stored."""
        return compact([self.generation, self.offset, self.subscriptions, self.told])

    @classmethod
    def read(cls, text: str) -> Mark | None:
        """The mark that was stored, None for what is none."""
        try:
            stored = jsontext.loads(text)
            if not isinstance(stored, list) or len(stored) != 4:
                return None
            names, told = ([str(item) for item in part] for part in stored[2:])
            return cls(str(stored[0]), int(stored[1]), names, told)
        except (ValueError, TypeError):
            return None
