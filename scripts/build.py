"""Build dist/bridge.pyz: shiv's zip behind a POSIX sh header that starts the unpacked fast path."""

import hashlib
import importlib.util
import marshal
import os
import re
import shutil
import subprocess
import sys
import tempfile
import tomllib
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent

HEADER = """#!/bin/sh
# {build}
b={build} f=$0 s=
{finder}
printf '{envelope}' "$(date -u +%Y-%m-%dT%H:%M:%SZ)"
exit 1
"""

# Shared with the shims: try the unpacked fast path, else the first Python that is new enough. What is executed
# is named by a file that is ours, in a directory of ours, asked of the very file that is open; and it is newer than
# the interpreter, than the directory that holds it and than the loader: each was changed by nobody since.
FINDER = """c=${{XDG_CACHE_HOME-}}
[ "${{c#/}}" != "$c" ] || c=${{HOME-/nonexistent}}/.cache
c=${{BRIDGE_CACHE_DIR:-$c/bridge}}/$b
if [ -z "${{BRIDGE_PYTHON-}}" ] && [ "${{c#/}}" != "$c" ] && [ -O "$c" ] &&
  {{ [ -O /dev/fd/0 ] && read -r p && read -r d; }} 2>/dev/null <"$c/python" &&
  [ -x "$p" ] && [ "$c/python" -nt "$p" ] && [ "$c/python" -nt "${{p%/*}}" ] &&
  [ -f "$d/fast.pyc" ] && [ -r "$d/fast.pyc" ] && [ "$c/python" -nt "$d/fast.pyc" ]; then
  exec "$p" -I -S "$d/fast.pyc" "$f" $s "$@"
fi
for p in ${{BRIDGE_PYTHON:-{python}python3 python3.14 python3.13 python3.12 python3.11}}; do
  "$p" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && exec "$p" -I "$f" $s "$@"
done"""

ENVELOPE = (
    '{\\n  "status": "error",\\n  "command": "",\\n  "session": "",\\n  "pane_id": "",\\n'
    '  "output": "bridge needs CPython 3.11 or newer\\\\n",\\n  "timestamp": "%s",\\n'
    '  "error": {\\n    "code": "ERR_UNSUPPORTED",\\n    "message": "bridge needs CPython 3.11 or newer",\\n'
    '    "hint": "install one, or name it in BRIDGE_PYTHON",\\n    "retryable": false\\n  }\\n}\\n'
)

ENTRY = '''"""Start of the archive; also read by Pythons that are too old for the rest."""
import sys

if sys.version_info < (3, 11):
    import time

    sys.stdout.write((%(envelope)r).replace("%%s", time.strftime("%%Y-%%m-%%dT%%H:%%M:%%SZ", time.gmtime())))
    sys.exit(1)

import os

archive = os.path.abspath(sys.argv[0])
sys.path.insert(0, archive + "/site-packages")

from bridge.archive.start import main

main(archive, %(build)r)
'''

# What the MCP library depends on for clients that log in elsewhere; a server on stdio or with a token never loads it.
# Then what the library of the full-screen view has for source code and Markdown, which the view does not show.
NOT_NEEDED = tuple(
    f"site-packages/{name}"
    for name in (
        *("cryptography", "cffi", "_cffi_backend", "pycparser", "bin/", "tests/"),
        *("pygments", "markdown_it", "mdit_py_plugins", "mdurl", "linkify_it", "uc_micro"),
        *("textual/demo/", "textual/tree-sitter/"),
    )
)
# What runs from the archive itself: without their code a call of the Click front compiled them each time (0.2 s).
COMPILED = tuple(f"site-packages/{name}/" for name in ("bridge", "click", "filelock"))


def build(target: Path) -> str:
    """Build the file; returns its build id."""
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as scratch:
        plain = Path(scratch) / "plain.pyz"
        packages = Path(scratch) / "site-packages"
        shutil.copytree(dependencies(), packages)
        shutil.copytree(ROOT / "bridge", packages / "bridge", ignore=shutil.ignore_patterns("__pycache__"))
        shutil.copy(ROOT / "LICENSE", packages / "bridge")
        command = [sys.executable, "-m", "shiv.cli", "--compile-pyc", "--reproducible", "--uncompressed"]
        environment = dict(os.environ, SOURCE_DATE_EPOCH="1700000000")
        subprocess.run(
            [*command, "-e", "bridge.__main__:main", "--site-packages", str(packages), "-o", str(plain)],
            check=True,
            env=environment,
            stdout=sys.stderr,
        )
        text = (ROOT / "bridge" / "__init__.py").read_text()
        version = re.search(r'"(\d[^"]*)"', text[text.index("__version__") :])
        assert version is not None
        digest = _digest(plain)
        identity = f"{version[1]}-{digest}"
        _assemble(plain, target, identity)
    return identity


def dependencies() -> Path:
    """The libraries of the file as pip installs them, kept below build/ until what is asked for changes.

    Asking the index takes 14 s, so a second build does without; removing the directory takes newer ones.
    """
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    extras = project["optional-dependencies"]
    wanted = sorted([*project["dependencies"], *extras["mcp"], *extras["top"]])
    key = hashlib.sha256("\n".join([sys.implementation.cache_tag, sys.platform, *wanted]).encode()).hexdigest()[:16]
    place = ROOT / "build" / f"dependencies-{key}"
    if not place.is_dir():
        place.parent.mkdir(exist_ok=True)
        fresh = Path(tempfile.mkdtemp(dir=place.parent))
        command = [sys.executable, "-m", "pip", "install", "-q", "--disable-pip-version-check", "--no-compile"]
        environment = dict(os.environ, PIP_ROOT_USER_ACTION="ignore")
        subprocess.run([*command, "--target", str(fresh), *wanted], check=True, env=environment, stdout=sys.stderr)
        try:
            fresh.rename(place)
        except OSError:  # another build was first
            shutil.rmtree(fresh)
    return place


def header(identity: str, python: str = "", archive: str = "$0", script: bool = False) -> str:
    """The sh header of the file, or the whole of a shim that names the archive."""
    finder = FINDER.format(python=f"{python} " if python else "")
    text = HEADER.format(build=identity, finder=finder, envelope=ENVELOPE)
    return text.replace("f=$0 s=", f"f={archive} s={'--script' if script else ''}")


def _digest(plain: Path) -> str:
    with zipfile.ZipFile(plain) as zipped:
        found = hashlib.sha256()
        for item in sorted(zipped.infolist(), key=lambda item: item.filename):
            if item.filename not in ("__main__.py", "environment.json") and not item.filename.endswith(
                (".pyc", "RECORD", "direct_url.json")
            ):
                found.update(item.filename.encode() + zipped.read(item))
        found.update(header("").encode() + ENTRY.encode())
        return found.hexdigest()[:16]


def _assemble(plain: Path, target: Path, identity: str) -> None:
    """Write header and zip; entries in a fixed order with fixed times, so that equal input gives equal bytes."""
    old = ENVELOPE.replace("\\\\", "\0").replace("\\n", "\n").replace("\0", "\\")
    temporary = target.with_suffix(".tmp")
    with temporary.open("wb") as file:
        file.write(header(identity).encode())
        with zipfile.ZipFile(plain) as zipped, zipfile.ZipFile(file, "a", zipfile.ZIP_DEFLATED) as out:
            for item in sorted(zipped.infolist(), key=lambda item: item.filename):
                if (
                    item.is_dir()
                    or item.filename == "environment.json"
                    or item.filename.endswith(("direct_url.json", "RECORD"))
                    or item.filename.startswith(NOT_NEEDED)
                ):
                    continue
                data = zipped.read(item)
                if item.filename == "__main__.py":
                    data = (ENTRY % {"build": identity, "envelope": old}).encode()
                entry = zipfile.ZipInfo(item.filename, (2023, 11, 14, 22, 13, 20))
                entry.compress_type = zipfile.ZIP_DEFLATED
                entry.external_attr = 0o644 << 16
                out.writestr(entry, data)
                if item.filename.endswith(".py") and item.filename.startswith(COMPILED):
                    entry = zipfile.ZipInfo(item.filename + "c", entry.date_time)
                    entry.compress_type = zipfile.ZIP_DEFLATED
                    out.writestr(entry, _compiled(item.filename, data))
            for name, data in _bundle():
                entry = zipfile.ZipInfo(f"fast/{sys.implementation.cache_tag}/{name}", (2023, 11, 14, 22, 13, 20))
                entry.compress_type = zipfile.ZIP_DEFLATED
                out.writestr(entry, data)
    temporary.chmod(0o755)
    temporary.replace(target)


def _compiled(name: str, source: bytes) -> bytes:
    """A module's code as a file that is not compared with its source (PEP 552); other interpreters pass it over."""
    flags = (1).to_bytes(4, "little")
    code = marshal.dumps(compile(source, name, "exec", dont_inherit=True))
    return importlib.util.MAGIC_NUMBER + flags + importlib.util.source_hash(source) + code


def _bundle() -> list[tuple[str, bytes]]:
    """The fast path for the interpreter that builds, so that its first call need not compile it."""
    sys.path.insert(0, str(ROOT))
    from bridge.archive import bundle  # noqa: PLC0415 - found by the line above

    sources = {}
    for path in sorted([*(ROOT / "bridge").rglob("*.py"), *(ROOT / "bridge").rglob("*.toml")]):
        dotted = ".".join(path.relative_to(ROOT).with_suffix("").parts)
        sources[dotted.removesuffix(".__init__")] = path
    modules = bundle.wanted({name: path.name == "__init__.py" for name, path in sources.items()})

    def source(name: str) -> bytes:
        text = sources[name].read_bytes()
        return bundle.literal(text) if sources[name].suffix == ".toml" else text

    shells = ROOT / "bridge" / "shells"
    loader, code = bundle.build(modules, source, lambda name: (shells / name).read_bytes())
    return [("fast.pyc", loader), ("fast.code", code)]


if __name__ == "__main__":
    destination = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "dist" / "bridge.pyz"
    print(f"{destination}: {build(destination)}")
