"""Put bridge and the shims on PATH: install.py FILE PREFIX. The interpreter's absolute path is written in."""

import os
import re
import subprocess
import sys
from pathlib import Path

from build import header

ROOT = Path(__file__).resolve().parent.parent


def main() -> None:
    source, prefix = Path(sys.argv[1]).resolve(), Path(sys.argv[2]).expanduser().resolve()
    folder = prefix / "bin"
    folder.mkdir(parents=True, exist_ok=True)
    data = source.read_bytes()
    begin = data.index(b"PK\x03\x04")
    found = re.match(rb"#!/bin/sh\n# (\S+)\n", data)
    if found is None:
        sys.exit(f"{source}: not a built file")
    identity, python = found[1].decode(), os.path.realpath(sys.executable)
    target = folder / "bridge"
    _write(target, _prefixed(header(identity, python), data, begin))
    os.symlink("bridge", _cleared(folder / "claude-tmux"))
    _write(folder / "claude-tmux-bridge.sh", header(identity, python, str(target), script=True).encode())
    daemon = ROOT / "compat" / "claude-tmux-daemon.sh"
    _write(folder / "claude-tmux-daemon.sh", daemon.read_bytes().replace(b'"$d/bridge.pyz"', b'"$d/bridge"'))
    subprocess.run([target, "--quiet", "--compact", "version"], check=True)
    _explain(target, prefix)
    if str(folder) not in os.environ.get("PATH", "").split(":"):
        print(f"add {folder} to PATH", file=sys.stderr)


# Below the prefix: what the shells and man(1) look for.
COMPLETIONS = {
    "bash": "share/bash-completion/completions/bridge",
    "zsh": "share/zsh/site-functions/_bridge",
    "fish": "share/fish/vendor_completions.d/bridge.fish",
}
MANUAL = "share/man/man1/bridge.1"


def _explain(target: Path, prefix: Path) -> None:
    """Completion files and the man page."""
    for shell, name in COMPLETIONS.items():
        done = subprocess.run([target, "completion", shell, "--raw"], check=True, capture_output=True)
        _write(prefix / name, done.stdout, 0o644)
    _write(prefix / MANUAL, (ROOT / "docs" / "bridge.1").read_bytes(), 0o644)


def _prefixed(text: str, data: bytes, begin: int) -> bytes:
    """The archive behind another header: zip readers find it from its end, whatever stands before it."""
    return text.encode() + data[begin:]


def _cleared(path: Path) -> Path:
    path.unlink(missing_ok=True)
    return path


def _write(path: Path, data: bytes, mode: int = 0o755) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.tmp")
    temporary.write_bytes(data)
    temporary.chmod(mode)
    temporary.replace(path)


if __name__ == "__main__":
    main()
