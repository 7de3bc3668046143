"""Shell code, a file each.

What a shell keeps (`hook.*`, `start.*`), what it is given to run (`run.*`, `inline*`), how it completes words
(`complete.*`). Words in capitals and `@names@` in them are filled in; each file is a program of its shell without
that, too.
"""

from __future__ import annotations

import sys


def text(name: str) -> str:
    """The lines of a file. In the built file they stand where this is called, and this is not there."""
    here = sys.modules[__name__]
    loader = here.__loader__
    found: bytes = loader.get_data(f"{here.__path__[0]}/{name}")  # type: ignore[union-attr]
    return found.decode()
