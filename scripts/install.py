"""Put bridge and the shims on PATH: install.py FILE PREFIX [--shadow].

The interpreter's absolute path is written in.
"""

import os
import re
import shutil
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
    built = re.match(rb"#!/bin/sh\n# (\S+)\n", data)
    if built is None:
        sys.exit(f"{source}: not a built file")
    identity, python = built[1].decode(), os.path.realpath(sys.executable)
    # The name `bridge` is iproute2's: for all users of a machine it is taken only where that is asked for.
    other = _other_bridge(folder)
    shadows = other is not None and not prefix.is_relative_to(Path.home()) and "--shadow" not in sys.argv[3:]
    names = [*(() if shadows else ("bridge",)), "tmux-bridge", "claude-tmux"]
    target = folder / names[0]
    _write(target, _prefixed(header(identity, python), data, begin))
    for name in names[1:]:
        os.symlink(target.name, _cleared(folder / name))
    _write(folder / "claude-tmux-bridge.sh", header(identity, python, str(target), script=True).encode())
    daemon = ROOT / "compat" / "claude-tmux-daemon.sh"
    _write(
        folder / "claude-tmux-daemon.sh",
        daemon.read_bytes().replace(b'"$d/bridge.pyz"', f'"$d/{target.name}"'.encode()),
    )
    subprocess.run([target, "--quiet", "--compact", "version"], check=True)
    _explain(target, prefix)
    print(f"installed: {', '.join(names)} and the bash script's names, in {folder}", file=sys.stderr)
    if shadows:
        print(
            f"not installed: bridge, since {other} has that name (SHADOW=1 takes it); say tmux-bridge", file=sys.stderr
        )
    elif shutil.which("bridge") != str(target):
        first = f"; `bridge` is {found} until then, tmux-bridge is not" if (found := shutil.which("bridge")) else ""
        print(f"put {folder} first on PATH, by a line in your shell's rc file{first}:", file=sys.stderr)
        print(f'  export PATH="{folder}:$PATH"', file=sys.stderr)


def _other_bridge(folder: Path) -> str | None:
    """Another program of that name on PATH or where the system keeps its own."""
    places = [*os.environ.get("PATH", "").split(":"), "/usr/sbin", "/sbin"]
    return next(
        (f"{place}/bridge" for place in places if Path(place) != folder and os.access(f"{place}/bridge", os.X_OK)), None
    )


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
        # bash and fish look for a file of the name that is typed; zsh finds the names in the file.
        for other in ("tmux-bridge", "claude-tmux") if shell != "zsh" else ():
            path = prefix / name
            os.symlink(path.name, _cleared(path.with_name(path.name.replace("bridge", other))))
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
