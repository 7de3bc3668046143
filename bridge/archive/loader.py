"""The start of the bundle: runs as a script by itself, imports only what a call needs.

Called as `python -I -S fast.pyc ARCHIVE WORDS…`. What the fast front leaves is run by the archive.
"""

import gc
import posix
import sys
from _frozen_importlib import ModuleSpec
from _frozen_importlib_external import ExtensionFileLoader
from _imp import extension_suffixes
from marshal import loads
from posix import pread
from sys import modules

# A line for each module: name, whether it is a package, offset and length of its record, which is its code and
# what it needs before it can run. A string and not a dictionary: that would take 0.4 ms to read.
MODULES = ""
# Offset and length of what every call needs, in order, as (name, whether it is a package, code). It is not read with
# this file: the collections meanwhile, which only code can turn off, would take 0.1 ms.
_FIRST = "first"
_STAMP = 1_700_000_000  # what the cache gave the file; any later change leaves another time
_Module = type(sys)
_EXTENSIONS = ("fcntl", "_json", "select")


class _Finder:
    """Finds the bundle's modules, before any directory is looked at."""

    @staticmethod
    def find_spec(name, path=None, target=None):
        row = _row(name)
        if not row:
            return _extension(name) if name in _EXTENSIONS else None
        spec = ModuleSpec(name, _Finder, origin="bundle", is_package=row[1] == "1")
        spec.loader_state = _code(row)
        return spec

    @staticmethod
    def create_module(spec):
        return None

    @staticmethod
    def exec_module(module):
        exec(module.__spec__.loader_state, module.__dict__)  # noqa: S102 - the bundle's own code


def _row(name):
    """The words of a module's line, none where it is not ours."""
    at = MODULES.find(f"\n{name} ")
    return MODULES[at + 1 : MODULES.index("\n", at + 1)].split(" ") if at >= 0 else []


def _extension(name):
    """The standard library's C module: it is where all are, and reading the directories costs 0.3 ms."""
    path = f"{sys.path[-1]}/{name}{extension_suffixes()[0]}" if sys.path else ""
    try:
        posix.stat(path)
    except OSError:
        return None
    return ModuleSpec(name, ExtensionFileLoader(name, path), origin=path)


def _code(row):
    """The module's code, once all is loaded that it needs."""
    code, needed = loads(pread(_RECORDS, int(row[3]), int(row[2])))  # noqa: S302 - the bundle's own code
    for name in needed:
        if name not in modules:
            _load(name)
    return code


def _load(name):
    """Make a module without the import system, which would take as long again."""
    row = _row(name)
    return _make(name, row[1] == "1", _code(row))


def _make(name, package, code):
    module = modules[name] = _Module(name)
    if package:
        module.__path__ = []
    parent, _, last = name.rpartition(".")
    if parent:
        setattr(modules[parent], last, module)
    exec(code, module.__dict__)  # noqa: S102 - the bundle's own code
    return module


def prepare():
    """Open the records and read what every call needs; a bundle that was damaged is left to the archive."""
    global _RECORDS  # noqa: PLW0603 - opened once, for as long as the process lives
    try:
        _RECORDS = posix.open(sys.argv[0].removesuffix("pyc") + "code", posix.O_RDONLY | posix.O_CLOEXEC)
        found = posix.fstat(_RECORDS)
        if found.st_size != sum(_FIRST) or int(found.st_mtime) != _STAMP:
            raise ValueError
        return loads(pread(_RECORDS, _FIRST[1], _FIRST[0]))  # noqa: S302 - the bundle's own code
    except Exception:
        try:  # without the way to it the archive writes it anew
            posix.unlink(sys.argv[0].rpartition("/")[0].rpartition("/")[0] + "/python")
        except OSError:
            pass
        posix.execv(sys.executable, [sys.executable, "-I", *sys.argv[1:]])


def start():
    """Run one call and end the process with its status."""
    first = prepare()
    global _RECORDS  # noqa: PLW0603
    sys.meta_path.insert(0, _Finder)
    if _RECORDS < 3:  # the caller has closed one of the three
        from bridge.system import descriptors  # noqa: PLC0415 - from the bundle

        _RECORDS = descriptors.lifted(_RECORDS)
    archive, words = sys.argv[1], sys.argv[2:]
    try:
        if words[:1] == ["--daemon"]:
            from bridge.daemon import entry  # noqa: PLC0415 - from the bundle

            posix._exit(entry.run(words[1:]))
        gc.set_threshold(100_000)  # a call ends before a collection would be worth its time: eight would take 0.3 ms
        for module in first:
            fast = _make(*module)
        status = fast.run(words)
    except KeyboardInterrupt:
        status = 130
    if status is None:
        posix.execv(sys.executable, [sys.executable, "-I", archive, *words])
    posix._exit(status)


if __name__ == "__main__":
    start()
