"""A JSON file with a version: read, refused where a later bridge wrote it, moved aside where it is none."""

from __future__ import annotations

from bridge.core import jsontext
from bridge.store import atomic
from bridge.store.lock import FileLock
from bridge.store.paths import later

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

Document = dict[str, object]


def load(
    path: str, lock: FileLock, now: int, known: int, check: Callable[[Document], None]
) -> tuple[Document | None, str | None]:
    """The document and None, or None and where an unreadable file was moved to; None twice where there is none.

    `check` raises ValueError for a document that is not what it should be; it is asked only of versions that are
    known. Whoever has the lock may call it too. What is moved aside is the very file that was read, under
    the lock: one that a writer has put in its place meanwhile is read. Raises ERR_STATE, ERR_LOCKED.
    """
    try:
        return _read(path, known, check), None
    except ValueError:
        pass
    if lock.is_held:
        return _mend(path, now, known, check)
    with lock:
        return _mend(path, now, known, check)


def _mend(path: str, now: int, known: int, check: Callable[[Document], None]) -> tuple[Document | None, str | None]:
    while True:
        seen = atomic.identity(path)
        try:
            return _read(path, known, check), None
        except ValueError:
            aside = atomic.quarantine(path, now, seen)
            if aside is not None:
                return None, aside


def _read(path: str, known: int, check: Callable[[Document], None]) -> Document | None:
    data = atomic.read(path)
    if data is None:
        return None
    document = jsontext.loads_object(data.decode())
    version = document.get("version", known)
    if version != known or isinstance(version, bool):
        raise later(path, version, known)
    check(document)
    return document
