"""The fast front: every row of the table without Click, for calls that are well formed.

Help, unknown commands and tables for people are left to the Click front, which gives the same answer
for everything.
"""

from __future__ import annotations

import posix

from bridge import registry
from bridge.cli.front import Globals, call
from bridge.errors import BridgeError


def environment() -> dict[str, str]:
    """The environment as os.environ would give it; bytes that are not UTF-8 are kept by surrogates."""
    return {
        key.decode("utf-8", "surrogateescape"): value.decode("utf-8", "surrogateescape")
        for key, value in posix.environ.items()
    }


def run(words: list[str]) -> int | None:
    """The exit status, None where the call is the Click front's."""
    options = Globals()
    try:
        rest = options.take(words)
    except BridgeError:
        return None
    if not rest or options.table:
        return None
    command = registry.load(rest[0])
    if command is None or command.libraries or (not options.script and "--help" in rest[1:] and "--" not in rest):
        return None
    return call(command, rest[1:], options, environment())
