"""The files that lead a new shell to our hook; written once for a version."""

from __future__ import annotations

from bridge.core import shellhook
from bridge.store import atomic
from bridge.store.paths import Paths, ensure


def install(paths: Paths, place: str) -> None:
    """Write them all, the file `ready` last. Raises ERR_STATE."""
    for above in (paths.hooks, place, f"{place}/zsh", f"{place}/fish", f"{place}/fish/vendor_conf.d"):
        ensure(above)
    files = shellhook.start_files(place, paths.hooks)
    for name, text in files.items():
        atomic.replace(f"{place}/{name}", text.encode())
    atomic.replace(f"{place}/ready", b"")
