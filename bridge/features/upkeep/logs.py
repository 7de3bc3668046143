"""Looking at the logs: the newest records that fit a filter, and those that come."""

from __future__ import annotations

import os
import time

from bridge import log
from bridge.context import Context
from bridge.core import jsontext
from bridge.core.visible import in_json
from bridge.errors import BridgeError
from bridge.system.inotify import Bell

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_NAP = 0.5


class Filter:
    """Which records are wanted; what is empty does not matter. `level` is the least one."""

    __slots__ = ("command", "correlation", "level", "session")

    def __init__(self, level: str, command: str, session: str, correlation: str) -> None:
        self.level = level
        self.command = command
        self.session = session
        self.correlation = correlation

    def wants(self, record: dict[str, object]) -> bool:
        """Whether a record fits."""
        level = str(record.get("level"))
        if self.level and (level not in log.LEVELS or log.LEVELS.index(level) < log.LEVELS.index(self.level)):
            return False
        arguments = record.get("arguments")
        session = record.get("session") or (arguments.get("session") if isinstance(arguments, dict) else None)
        return (
            self.command in ("", record.get("command"))
            and self.session in ("", session)
            and self.correlation in ("", record.get("correlation_id"))
        )


def newest(ctx: Context, name: str, wanted: Filter, count: int) -> list[dict[str, object]]:
    """The last records that fit, the oldest first, from the renamed files too. Raises ERR_STATE."""
    found: list[dict[str, object]] = []
    for path in _paths(ctx, name):
        for line in reversed(_lines(path)):
            if len(found) >= count:
                return found[::-1]
            record = _record(line)
            if record is not None and wanted.wants(record):
                found.append(record)
    return found[::-1]


def tail(ctx: Context, name: str, count: int) -> list[str]:
    """The last lines of the log as they are; none where it cannot be read."""
    try:
        return [line for path in reversed(_paths(ctx, name)[:2]) for line in _lines(path)][-count:]
    except BridgeError:
        return []


def follow(ctx: Context, name: str, wanted: Filter, count: int, check_reader: Callable[[], None]) -> None:
    """Print the last lines that fit and those that come, until the reader goes or Ctrl-C. Raises ERR_STATE."""
    path = f"{log.directory(ctx.config)}/{name}"
    if not os.path.exists(path):
        raise nothing(path)
    try:
        file = open(path, "rb")  # noqa: SIM115 - changed when the log is renamed
        try:
            kept = [line for line in file.read().splitlines(keepends=True) if _fits(line, wanted)]
            ctx.write(_shown(b"".join(kept[-count:] if count else [])))
            while True:
                bell = Bell(path)
                try:
                    for line in _until_renamed(file, path, bell, check_reader):
                        if _fits(line, wanted):
                            ctx.write(_shown(line))
                finally:
                    bell.close()
                file.close()
                file = open(path, "rb")  # noqa: SIM115
        finally:
            file.close()
    except BrokenPipeError:
        return
    except OSError as problem:
        raise BridgeError("ERR_STATE", f"cannot read {path}: {problem.strerror}", hint="bridge doctor") from None


def _shown(lines: bytes) -> bytes:
    return in_json(lines.decode("utf-8", "replace")).encode("utf-8", "replace")


def nothing(path: str) -> BridgeError:
    """There is no log to follow."""
    return BridgeError(
        "ERR_STATE", f"there is no log: {path}", hint="bridge config-set log_level info has calls logged from now on"
    )


def _until_renamed(file: object, path: str, bell: Bell, check_reader: Callable[[], None]) -> Iterator[bytes]:
    """The lines that are added to a file, until another one has its name and this one has been quiet for a moment."""
    import select  # noqa: PLC0415 - only where we wait

    assert hasattr(file, "readline")
    poller = select.poll()
    if bell.descriptor >= 0:
        poller.register(bell.descriptor, select.POLLIN)
    part = b""
    while True:
        bell.clear()
        line = file.readline()
        if line:
            part += line
            if part.endswith(b"\n"):
                yield part
                part = b""
            continue
        check_reader()
        renamed = _inode(path) not in (os.fstat(file.fileno()).st_ino, 0)  # type: ignore[attr-defined]
        poller.poll(_NAP * 1000)
        rest = file.readline()
        part += rest
        if renamed and not rest:
            return
        if part.endswith(b"\n"):
            yield part
            part = b""


def _inode(path: str) -> int:
    try:
        return os.stat(path).st_ino
    except FileNotFoundError:
        time.sleep(0.01)  # between the renaming and the first line of the next file
        return 0


def _fits(line: bytes, wanted: Filter) -> bool:
    record = _record(line.decode("utf-8", "replace"))
    return record is not None and wanted.wants(record)


def _paths(ctx: Context, name: str) -> list[str]:
    """The log and its renamed files, the newest first."""
    path = f"{log.directory(ctx.config)}/{name}"
    return [path, *(f"{path}.{number}" for number in range(1, log.KEPT + 1))]


def _lines(path: str) -> list[str]:
    try:
        with open(path, "rb") as file:
            return file.read().decode("utf-8", "replace").splitlines()
    except FileNotFoundError:
        return []
    except OSError as problem:
        raise BridgeError("ERR_STATE", f"cannot read {path}: {problem.strerror}", hint="bridge doctor") from None


def _record(line: str) -> dict[str, object] | None:
    try:
        return jsontext.loads_object(line)
    except (ValueError, RecursionError):
        return None
