"""Patterns mean what they mean to grep -E, because grep answers (one look costs 1.1 ms).

A pattern of plain characters is a text to look for, which needs no grep.
"""

from __future__ import annotations

import _signal as signal  # the public module costs 6 ms: it imports enum
import posix
import time

from bridge.errors import BridgeError

DEADLINE = 5.0
_MEANINGS = "\\.[](){}*+?^$|"
LARGEST_PATTERN = 65_536
# C.UTF-8 so that a dot is a character and not a byte, whatever the caller's locale.
ENVIRON = posix.environ | {b"LC_ALL": b"C.UTF-8", b"GREP_OPTIONS": b"", b"GREP_COLORS": b""}


def matching_lines(pattern: str, text: str) -> list[str]:
    """The lines of `text` that match, as `grep -E -e PATTERN` selects them; NUL counts as text.

    Raises ERR_BAD_PATTERN with grep's reason, also for a pattern that takes longer than 5 seconds.
    """
    _check(pattern)
    if is_plain(pattern):
        return [line for line in text.split("\n") if pattern in line]  # only characters that mean themselves
    status, output, error = _grep(pattern, text.encode("utf-8", "replace"))
    if status > 1:
        reason = error.partition(": ")[2].strip() or error.strip() or f"grep ended with {status}"
        raise BridgeError(
            "ERR_BAD_PATTERN",
            f"not a pattern of grep -E: {pattern!r}: {reason}",
            hint="see man grep, REGULAR EXPRESSIONS; put a \\ before ( [ { to mean the character",
        )
    return output.decode("utf-8", "replace").split("\n")[:-1]


def is_plain(pattern: str) -> bool:
    """Whether a pattern is only characters that mean themselves."""
    return bool(pattern) and pattern.isprintable() and not any(char in pattern for char in _MEANINGS)


def too_slow(pattern: str) -> BridgeError:
    """A pattern that takes longer than it may."""
    return BridgeError(
        "ERR_BAD_PATTERN",
        f"the pattern takes longer than {DEADLINE:g} seconds: {pattern!r}",
        hint="avoid nested repetition and back-references",
    )


def _check(pattern: str) -> None:
    if len(pattern) > LARGEST_PATTERN:
        raise BridgeError(
            "ERR_BAD_PATTERN",
            f"the pattern has {len(pattern)} characters, {LARGEST_PATTERN} are allowed",
            hint="look for a shorter text",
        )


def _grep(pattern: str, text: bytes) -> tuple[int, bytes, str]:
    pattern_bytes = pattern.encode("utf-8", "surrogateescape")
    source, output, error = (
        posix.memfd_create(name) if hasattr(posix, "memfd_create") else _nameless() for name in "ioe"
    )
    try:
        view = memoryview(text)
        while view:
            view = view[posix.write(source, view) :]
        posix.lseek(source, 0, 0)
        pid = posix.posix_spawnp(
            "grep",
            [b"grep", b"-E", b"-a", b"-e", pattern_bytes],
            ENVIRON,
            file_actions=[(posix.POSIX_SPAWN_DUP2, fd, number) for number, fd in enumerate((source, output, error))],
        )
        status = _wait(pid, pattern)
        return status, _content(output), _content(error).decode("utf-8", "replace")
    except FileNotFoundError:
        raise BridgeError("ERR_UNSUPPORTED", "grep is not installed", hint="install grep") from None
    finally:
        for descriptor in (source, output, error):
            posix.close(descriptor)


def _wait(pid: int, pattern: str) -> int:
    """Wait with a deadline: doubling naps, so that a quick answer is not kept waiting."""
    from bridge import pause  # noqa: PLC0415 - loaded while grep works

    end = time.monotonic() + DEADLINE
    nap = 0.0002
    while True:
        done, status = posix.waitpid(pid, posix.WNOHANG)
        if done:
            return posix.waitstatus_to_exitcode(status)
        if time.monotonic() > end:
            _end(pid)
            raise too_slow(pattern)
        try:
            pause.nap(nap)
        except BaseException:
            _end(pid)
            raise
        nap = min(nap * 1.5, 0.01)


def _end(pid: int) -> None:
    posix.kill(pid, signal.SIGKILL)
    posix.waitpid(pid, 0)


def _content(descriptor: int) -> bytes:
    size = posix.fstat(descriptor).st_size
    return posix.pread(descriptor, size, 0) if size else b""


def _nameless() -> int:
    import tempfile  # noqa: PLC0415 - where there is no memfd

    with tempfile.TemporaryFile() as file:
        return posix.dup(file.fileno())
