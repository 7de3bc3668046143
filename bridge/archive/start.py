"""The entry of the built file: unpack the fast path once, then run the call."""

from __future__ import annotations

import os
import sys

from bridge.archive import cache
from bridge.system import descriptors


def main(archive: str, build: str) -> None:
    """Run one call from the archive with this path and build id, and end the process."""
    descriptors.hold()
    directory = cache.directory_of(dict(os.environ), build)
    if directory and not unpack(archive, directory):
        directory = ""
    try:
        status = _run(archive, directory, sys.argv[1:])
    except KeyboardInterrupt:
        status = 130
    try:
        if sys.stdout is not None:
            sys.stdout.flush()
    except OSError:
        pass  # nobody reads it; answers are written by write(2)
    os._exit(status)


def unpack(archive: str, directory: str) -> bool:
    """Write what a call runs, unless it is there as it was written; tells whether it is there now.

    A cache that cannot be written costs time and nothing else.
    """
    if cache.is_whole(directory):
        return True
    try:
        cache.fill(directory, _prebuilt(archive) or _build(archive))
    except OSError:
        return False
    return True


def _prebuilt(archive: str) -> tuple[bytes, bytes] | None:
    """The bundle that was built with the file, if it is for this interpreter."""
    from importlib.util import MAGIC_NUMBER  # noqa: PLC0415
    from zipimport import zipimporter  # noqa: PLC0415 - loaded already, unlike zipfile

    place = f"{archive}/fast/{sys.implementation.cache_tag}"
    reader = zipimporter(archive)
    try:
        loader, code = reader.get_data(f"{place}/fast.pyc"), reader.get_data(f"{place}/fast.code")
    except OSError:
        return None
    return (loader, code) if loader.startswith(MAGIC_NUMBER) else None


def _build(archive: str) -> tuple[bytes, bytes]:
    import zipfile  # noqa: PLC0415 - only for an interpreter that the file was not built with

    from bridge.archive import bundle  # noqa: PLC0415

    with zipfile.ZipFile(archive) as zipped:
        names = {
            name.removeprefix("site-packages/").rpartition(".")[0].replace("/", ".").removesuffix(".__init__"): name
            for name in zipped.namelist()
            if name.startswith("site-packages/bridge/") and name.endswith((".py", ".toml"))
        }
        found = {module: name.endswith("/__init__.py") for module, name in names.items()}

        def source(module: str) -> bytes:
            text = zipped.read(names[module])
            return bundle.literal(text) if names[module].endswith(".toml") else text

        return bundle.build(
            bundle.wanted(found), source, lambda name: zipped.read(f"site-packages/bridge/shells/{name}")
        )


def _run(archive: str, directory: str, words: list[str]) -> int:
    if words[:1] == ["--daemon"]:
        from bridge.daemon import entry  # noqa: PLC0415 - asyncio and sqlite cost 60 ms

        return entry.run(words[1:])
    from bridge.cli import fast  # noqa: PLC0415 - after the bundle is there, whatever happens next

    status = fast.run(words)
    if status is not None:
        return status
    if directory:
        from bridge import registry  # noqa: PLC0415 - the fast path never comes here
        from bridge.archive import libraries  # noqa: PLC0415

        command = registry.load(next((word for word in words if word in registry.names()), ""))
        libraries.use(directory, archive, everything=command is not None and command.libraries)
    from bridge.cli import app  # noqa: PLC0415 - Click is found by now

    return app.run(words)
