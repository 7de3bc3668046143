"""What screens were found to say, by what they showed: a screen that has not changed is not read again.

One small file for each tmux server, replaced as a whole; what it lacks is worked out. Nobody waits for it.
"""

from __future__ import annotations

from _blake2 import blake2b  # hashlib loads OpenSSL

from bridge.core import jsontext
from bridge.envelope import compact
from bridge.errors import BridgeError
from bridge.store import atomic

_BYTES = 16


def digest(*parts: object) -> str:
    """What tells these values from all others."""
    return blake2b(repr(parts).encode("utf-8", "surrogatepass"), digest_size=_BYTES).hexdigest()


class Glances:
    """Verdicts by pane: the digest of all that they were made of, and their words."""

    def __init__(self, base: str) -> None:
        self._path = f"{base}/glances.json"
        self._found = self._load()
        self._asked: dict[str, object] = {}
        self._changed = False

    def find(self, pane: str, made_of: str) -> list[str] | None:
        """The words of the verdict on this pane, None where it was made of something else."""
        row = self._found.get(pane)
        if not isinstance(row, list) or len(row) < 2 or row[0] != made_of:
            return None
        self._asked[pane] = row
        return [str(word) for word in row[1:]]

    def put(self, pane: str, made_of: str, words: list[str]) -> None:
        """Remember a verdict."""
        self._asked[pane] = [made_of, *words]
        self._changed = True

    def store(self) -> None:
        """Write what was asked for; where that can't be, the next look works it out again."""
        if self._changed:
            try:
                atomic.replace(self._path, compact(self._asked).encode())
            except BridgeError:
                return

    def _load(self) -> dict[str, object]:
        try:
            data = atomic.read(self._path)
            return jsontext.loads_object(data.decode()) if data else {}
        except (BridgeError, ValueError):
            return {}
