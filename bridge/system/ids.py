"""New random ids."""

from __future__ import annotations

import os


def nonce() -> str:
    """32 hexadecimal digits that nobody can guess."""
    return os.urandom(16).hex()
