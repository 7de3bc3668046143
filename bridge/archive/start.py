"""The entry of the built file: unpack the fast path once, then run the call."""

from __future__ import annotations

import os
import sys


def main(archive: str, build: str) -> None:
    """Run one call from the archive with this path and build id, and end the process."""
    if sys.stdout is None:  # a closed one: what is opened next must not get its number
        os.open(os.devnull, os.O_RDONLY)
    directory = cache_directory(dict(os.environ), build)
    if directory:
        unpack(archive, directory)
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


def cache_directory(environ: dict[str, str], build: str) -> str:
    """Where this build is unpacked; the sh header of the file computes the same. Empty without a home."""
    base = environ.get("BRIDGE_CACHE_DIR")
    if not base:
        above = environ.get("XDG_CACHE_HOME") or (environ["HOME"] + "/.cache" if environ.get("HOME") else "")
        if not above:
            return ""
        base = above + "/bridge"
    return f"{base}/{build}"


def unpack(archive: str, directory: str) -> bool:
    """Write the bundle, then the file that names interpreter and bundle; tells whether it is there now.

    That file, `python`, is replaced in one step, so a caller finds an interpreter and a bundle that
    fit each other. A cache that cannot be written costs time and nothing else.
    """
    pointer = f"{directory}/python"
    place = f"{directory}/{sys.implementation.cache_tag}"
    try:
        if _is_whole(pointer):
            return True
        os.makedirs(place, mode=0o700, exist_ok=True)
        loader, code = _prebuilt(archive) or _build(archive)
        _write(f"{place}/fast.code", code)
        _write(f"{place}/fast.pyc", loader)
        _write(pointer, f"{sys.executable}\n{place}\n".encode())
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
            name.removeprefix("site-packages/")[:-3].replace("/", ".").removesuffix(".__init__"): name
            for name in zipped.namelist()
            if name.startswith("site-packages/bridge/") and name.endswith(".py")
        }
        found = {module: name.endswith("/__init__.py") for module, name in names.items()}
        return bundle.build(bundle.wanted(found), lambda module: zipped.read(names[module]))


def _is_whole(pointer: str) -> bool:
    """Whether the file names an interpreter and a bundle that are there."""
    try:
        with open(pointer, encoding="utf-8") as file:
            python, place = file.read().splitlines()
    except (FileNotFoundError, ValueError):
        return False
    return os.access(python, os.X_OK) and os.path.exists(f"{place}/fast.pyc")


def _run(archive: str, directory: str, words: list[str]) -> int:
    if words[:1] == ["--daemon"]:
        from bridge.daemon import entry  # noqa: PLC0415 - asyncio and sqlite cost 60 ms

        return entry.run(words[1:])
    from bridge.cli import fast  # noqa: PLC0415 - after the bundle is there, whatever happens next

    status = fast.run(words)
    if status is not None:
        return status
    if directory:
        _use_libraries(f"{directory}/lib", archive)
    from bridge.cli import app  # noqa: PLC0415 - Click is found by now

    return app.run(words)


def _use_libraries(directory: str, archive: str) -> None:
    """Unpack the libraries with shiv's own code, for those that cannot be imported from a zip."""
    import zipfile  # noqa: PLC0415 - the fast path never comes here
    from pathlib import Path  # noqa: PLC0415

    try:
        from _bootstrap import extract_site_packages  # type: ignore[import-not-found]  # noqa: PLC0415

        target = Path(directory)
        if not (target / "site-packages").is_dir():
            with zipfile.ZipFile(archive) as zipped:
                extract_site_packages(zipped, target, compile_pyc=False)
        sys.path.insert(0, str(target / "site-packages"))
    except (ImportError, OSError):
        return


def _write(path: str, data: bytes) -> None:
    temporary = f"{path}.{os.getpid()}"
    with open(temporary, "wb") as file:
        file.write(data)
    os.replace(temporary, path)
