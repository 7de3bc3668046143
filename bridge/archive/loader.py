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

# name: (is a package, offset of its code, length, what it needs before it can run)
MODULES = {}
_CODE = posix.open(sys.argv[0].removesuffix("pyc") + "code", posix.O_RDONLY | posix.O_CLOEXEC)
_Module = type(sys)
_EXTENSIONS = ("fcntl", "_json", "select")


class _Finder:
    """Finds the bundle's modules, before any directory is looked at."""

    @staticmethod
    def find_spec(name, path=None, target=None):
        found = MODULES.get(name)
        if found is None:
            return _extension(name) if name in _EXTENSIONS else None
        _load_needed(name)
        return ModuleSpec(name, _Finder, origin="bundle", is_package=found[0])

    @staticmethod
    def create_module(spec):
        return None

    @staticmethod
    def exec_module(module):
        _run(module)


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
    _load_needed(name)
    _load(name)
    return sys.modules[name]


def _load_needed(name):
    for needed in MODULES[name][3]:
        if needed not in sys.modules:
            _load(needed)


def _load(name):
    """Make a module without the import system, which would take as long again."""
    module = sys.modules[name] = _Module(name)
    if MODULES[name][0]:
        module.__path__ = []
    parent, _, last = name.rpartition(".")
    if parent:
        setattr(sys.modules[parent], last, module)
    _run(module)


def _run(module):
    _, offset, length, _ = MODULES[module.__name__]
    code = loads(posix.pread(_CODE, length, offset))  # noqa: S302 - the bundle's own code
    exec(code, module.__dict__)  # noqa: S102 - the bundle's own code


def start():
    """Run one call and end the process with its status."""
    gc.set_threshold(100_000)  # a call ends before a collection would be worth its time
    sys.meta_path.insert(0, _Finder)
    archive, words = sys.argv[1], sys.argv[2:]
    try:
        if words[:1] == ["--daemon"]:
            from bridge.daemon import entry  # noqa: PLC0415 - from the bundle

            gc.set_threshold(700)
            posix._exit(entry.run(words[1:]))
        status = _entry("bridge.cli.fast").run(words)
    except KeyboardInterrupt:
        status = 130
    if status is None:
        posix.execv(sys.executable, [sys.executable, "-I", archive, *words])
    posix._exit(status)


if __name__ == "__main__":
    start()
