"""The peers from the index of packages, each in a virtual environment of its own below build/peers."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

from peers.contestants import PEERS


def interpreters() -> list[str]:
    """Interpreters of this machine, the one that runs this first, then the newest."""
    found = [sys.executable, *(f"python3.{minor}" for minor in (14, 13, 12))]
    kept = sorted((Path.home() / ".pyenv" / "versions").glob("3.*/bin/python3"), reverse=True)
    return [path for path in (shutil.which(name) for name in [*found, *map(str, kept)]) if path]


def installed(top: Path) -> tuple[dict[str, Path], dict[str, str], dict[str, str]]:
    """Programs, versions, and for those that could not be had the reason."""
    programs, versions, missing = {}, {}, {}
    for peer in PEERS:
        place = (top / peer.name).resolve()
        program = place / "bin" / peer.name
        if not program.exists():
            reason = install(peer.distribution, place)
            if reason or not program.exists():
                missing[peer.name] = reason or f"{peer.distribution} has no program {peer.name}"
                print(f"NOT TRIED: {peer.name}: {missing[peer.name]}", flush=True)
                shutil.rmtree(place, ignore_errors=True)
                continue
        programs[peer.name], versions[peer.name] = program, version(place, peer.distribution)
    return programs, versions, missing


def install(distribution: str, place: Path) -> str:
    """Make the environment with the first interpreter that the package takes; empty, or why it could not be."""
    reason = "no interpreter"
    for interpreter in interpreters():
        shutil.rmtree(place, ignore_errors=True)
        made = subprocess.run([interpreter, "-m", "venv", place], capture_output=True, check=False)
        if made.returncode:
            continue
        command = [place / "bin" / "python", "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        done = subprocess.run([*command, distribution], capture_output=True, text=True, check=False)
        if not done.returncode:
            return ""
        reason = f"pip could not install {distribution} on {Path(interpreter).name}"
        print(f"{reason}: {done.stderr.strip().splitlines()[-1] if done.stderr.strip() else ''}", flush=True)
    return reason


def version(place: Path, distribution: str) -> str:
    code = f"from importlib.metadata import version; print(version({distribution!r}))"
    done = subprocess.run([place / "bin" / "python", "-c", code], capture_output=True, text=True, check=True)
    return done.stdout.strip()
