"""New random ids."""

from __future__ import annotations

import posix


def nonce() -> str:
    """32 hexadecimal digits that nobody can guess."""
    return posix.urandom(16).hex()
