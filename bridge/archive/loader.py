"""The start of the bundle: runs as a script by itself, imports only what a call needs.

Called as `python -I -S fast.pyc ARCHIVE WORDS…`. What the fast front leaves is run by the archive.
"""

import posix
import sys
from _frozen_importlib import ModuleSpec
from _frozen_importlib_external import ExtensionFileLoader
from _imp import extension_suffixes
from marshal import loads

# A line for each module: name, whether it is a package, offset and length of its code, what it needs before it
# can run. A string and not a dictionary: that would take 0.4 ms to read.
MODULES = ""
_CODE = posix.open(sys.argv[0].removesuffix("pyc") + "code", posix.O_RDONLY | posix.O_CLOEXEC)
_Module = type(sys)
_EXTENSIONS = ("fcntl", "_json", "select")


class _Finder:
    """Finds the bundle's modules, before any directory is looked at."""

    @staticmethod
    def find_spec(name, path=None, target=None):
        row = _row(name)
        if not row:
            return _extension(name) if name in _EXTENSIONS else None
        _load_needed(row)
        return ModuleSpec(name, _Finder, origin="bundle", is_package=row[1] == "1")

    @staticmethod
    def create_module(spec):
        return None

    @staticmethod
    def exec_module(module):
        _run(module, _row(module.__name__))


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


def _entry(name):
    """The module of that name, with all that it needs."""
    _load_needed(_row(name))
    _load(name)
    return sys.modules[name]


def _load_needed(row):
    for needed in row[4:]:
        if needed not in sys.modules:
            _load(needed)


def _load(name):
    """Make a module without the import system, which would take as long again."""
    row = _row(name)
    module = sys.modules[name] = _Module(name)
    if row[1] == "1":
        module.__path__ = []
    parent, _, last = name.rpartition(".")
    if parent:
        setattr(sys.modules[parent], last, module)
    _run(module, row)


def _run(module, row):
    code = loads(posix.pread(_CODE, int(row[3]), int(row[2])))  # noqa: S302 - the bundle's own code
    exec(code, module.__dict__)  # noqa: S102 - the bundle's own code


def start():
    """Run one call and end the process with its status."""
    sys.meta_path.insert(0, _Finder)
    archive, words = sys.argv[1], sys.argv[2:]
    try:
        if words[:1] == ["--daemon"]:
            from bridge.daemon import entry  # noqa: PLC0415 - from the bundle

            posix._exit(entry.run(words[1:]))
        status = _entry("bridge.cli.fast").run(words)
    except KeyboardInterrupt:
        status = 130
    if status is None:
        posix.execv(sys.executable, [sys.executable, "-I", archive, *words])
    posix._exit(status)


if __name__ == "__main__":
    start()
