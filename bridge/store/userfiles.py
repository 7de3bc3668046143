"""Files of ours in directories of the user's: written where nothing else stands, and only over our own."""

from __future__ import annotations

import os

from bridge.store import atomic
from bridge.store.paths import unusable


def place(path: str, text: str, mark: str) -> bool:
    """Write a file, making its directories; tells whether it has changed.

    A file that lacks the `mark` in its first lines is somebody else's: ERR_STATE, nothing is done.
    """
    try:
        data = atomic.read(path)
        if data is not None and mark.encode() not in data[:400]:
            raise unusable(path, "it is there and was not written by bridge")
        if data == text.encode():
            return False
        os.makedirs(os.path.dirname(path), mode=0o755, exist_ok=True)
        atomic.replace(path, text.encode())
        os.chmod(path, 0o644)
    except (OSError, ValueError) as problem:
        raise unusable(path, getattr(problem, "strerror", None) or str(problem)) from None
    return True
