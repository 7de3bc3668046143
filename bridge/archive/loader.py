"""The start of the bundle: runs as a script by itself, imports only what a call needs.

Called as `python -I -S fast.pyc ARCHIVE WORDS…`. What the fast front leaves is run by the archive.
"""

import sys
from _frozen_importlib import ModuleSpec
from marshal import loads

MODULES = {}  # type: ignore[var-annotated]


class _Finder:
    """Finds the bundle's modules, before any directory is looked at."""

    @staticmethod
    def find_spec(name, path=None, target=None):  # type: ignore[no-untyped-def]
        found = MODULES.get(name)
        return None if found is None else ModuleSpec(name, _Finder, origin="bundle", is_package=found[0])

    @staticmethod
    def create_module(spec):  # type: ignore[no-untyped-def]
        return None

    @staticmethod
    def exec_module(module):  # type: ignore[no-untyped-def]
        exec(loads(MODULES[module.__name__][1]), module.__dict__)  # noqa: S102 - the bundle's own code


def start():  # type: ignore[no-untyped-def]
    """Run one call and end the process with its status."""
    sys.meta_path.insert(0, _Finder)  # type: ignore[arg-type]
    archive, words = sys.argv[1], sys.argv[2:]
    try:
        from bridge.cli import fast  # noqa: PLC0415 - from the bundle

        status = fast.run(words)
    except KeyboardInterrupt:
        status = 130
    import os  # noqa: PLC0415 - the modules above have loaded it

    if status is None:
        os.execv(sys.executable, [sys.executable, "-I", archive, *words])
    os._exit(status)


if __name__ == "__main__":
    start()
