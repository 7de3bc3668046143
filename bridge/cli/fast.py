"""The fast front: every row of the table without Click, for calls that are well formed.

Help, unknown commands and tables for people are left to the Click front, which gives the same answer
for everything.
"""

from __future__ import annotations

import posix

from bridge.cli.options import Globals, configure
from bridge.context import Context
from bridge.errors import BridgeError
from bridge.features.sessions import first


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
    environ = environment()
    begun = _begin(options, rest, environ)
    try:
        from bridge import registry  # noqa: PLC0415 - loaded while tmux works

        command = registry.load(rest[0])
        if command is None or command.libraries:
            return None
        if not options.script and (rest[1:] == ["-h"] or ("--help" in rest[1:] and "--" not in rest)):
            return None
        try:
            words = options.take_behind(command, rest[1:])
        except BridgeError:
            return None
        if options.table or (begun is not None and len(words) < len(rest) - 1):
            return None
        from bridge.cli.front import call  # noqa: PLC0415

        return call(command, words, options, environ, begun=begun)
    finally:
        if begun is not None:
            begun.tmux.drop()


def _begin(options: Globals, rest: list[str], environ: dict[str, str]) -> Context | None:
    """The context of a call whose first question to tmux is under way, None where nothing was begun."""
    if not first.is_known(rest[0], rest[1:]):
        return None
    context = None
    try:
        context = Context(configure(options, environ), environ, script=options.script)
        first.begin(context, rest[0], rest[1:])
    except (BridgeError, OSError):  # the call meets it again, and tells
        if context is not None:
            context.release()
        return None
    return context
