"""Install the real agents that tests/agents runs, into a place of the project's own.

python scripts/install_agents.py [--latest]

The pinned versions come from tests/agents/package-lock.json, with its integrity hashes, and from
tests/agents/requirements.txt. The lock has no entries for systems that it was not made on; `npm ci` refuses that,
`npm install` keeps to what it has. With --latest the newest versions go beside them, and what differs is printed.
Nothing is installed twice. Where npm or a program can't be had, that is told, and the rest is installed.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PINS = ROOT / "tests" / "agents"
# npm runs no scripts of packages any more unless it is told to; these put the program itself in its place.
FINISH = {"@anthropic-ai/claude-code": "install.cjs", "opencode-ai": "postinstall.mjs"}


def main() -> int:
    latest = "--latest" in sys.argv[1:]
    place = ROOT / "build" / ("agents-latest" if latest else "agents")
    place.mkdir(parents=True, exist_ok=True)
    pins = [PINS / name for name in ("package.json", "package-lock.json", "requirements.txt")]
    stamp = hashlib.sha256(b"".join(path.read_bytes() for path in pins)).hexdigest()
    done = place / ".installed"
    if not latest and done.exists() and done.read_text() == stamp:
        return 0
    failed = [*install_from_npm(place, latest=latest), *install_from_pypi(place, latest=latest)]
    for name, why in failed:
        print(f"install_agents: NOT INSTALLED, so not tested: {name}: {why}", file=sys.stderr)
    if not failed:
        done.write_text(stamp)
    if latest:
        compare(place)
    return 0


def install_from_npm(place: Path, *, latest: bool) -> list[tuple[str, str]]:
    pinned = json.loads((PINS / "package.json").read_text())
    if shutil.which("npm") is None:
        return [(", ".join(pinned["dependencies"]), "there is no npm here")]
    if latest:
        pinned["dependencies"] = dict.fromkeys(pinned["dependencies"], "latest")
        (place / "package-lock.json").unlink(missing_ok=True)
    else:
        shutil.copy(PINS / "package-lock.json", place)
    (place / "package.json").write_text(json.dumps(pinned, indent=2))
    words = ["npm", "install", "--ignore-scripts", "--no-audit", "--no-fund"]
    if why := run(words, place):
        return [(", ".join(pinned["dependencies"]), why)]
    failed = []
    for package, script in FINISH.items():
        folder = place / "node_modules" / package
        why = run(["node", script], folder) if (folder / script).exists() else "it has changed how it is installed"
        if why:
            failed.append((package, why))
    return failed


def install_from_pypi(place: Path, *, latest: bool) -> list[tuple[str, str]]:
    pins = [line for line in (PINS / "requirements.txt").read_text().split() if "==" in line]
    folder = place / "aider"
    if not (folder / "bin" / "python").exists():
        venv.create(folder, with_pip=True)
    wanted = [pin.partition("==")[0] if latest else pin for pin in pins]
    options = ["--upgrade"] if latest else []
    why = run([str(folder / "bin" / "python"), "-m", "pip", "install", "-q", *options, *wanted], place)
    why = why or run([str(folder / "bin" / "aider"), "--version"], place)
    return [(" ".join(wanted), why)] if why else []


def run(words: list[str], folder: Path) -> str:
    """Why it failed, or nothing."""
    env = {name: value for name, value in os.environ.items() if not name.startswith("npm_")}
    try:
        done = subprocess.run(words, cwd=folder, env=env, capture_output=True, timeout=900, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        return str(error)
    told = (done.stderr or done.stdout).decode("utf-8", "replace").strip().splitlines()
    return f"{' '.join(words[:3])}: {told[-1] if told else done.returncode}" if done.returncode else ""


def compare(place: Path) -> None:
    """Print which versions differ from those that are pinned."""
    for package, pinned in json.loads((PINS / "package.json").read_text())["dependencies"].items():
        found = place / "node_modules" / package / "package.json"
        newest = json.loads(found.read_text())["version"] if found.exists() else "not installed"
        print(f"{package}: pinned {pinned}, newest {newest}{'' if newest == pinned else '  <- CHANGED'}")
    program = place / "aider" / "bin" / "aider"
    pinned = (PINS / "requirements.txt").read_text().strip()
    told = (
        subprocess.run([program, "--version"], capture_output=True, text=True, check=False).stdout
        if program.exists()
        else "not installed"
    )
    print(f"{pinned}: newest {told.strip()}")


if __name__ == "__main__":
    sys.exit(main())
