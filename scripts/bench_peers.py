"""bridge beside tmux-cli, twmux, mcp-tmux and libtmux-mcp: hard commands, tasks, time; writes docs/COMPARISON.md.

Each peer is taken from the index of packages into an environment of its own below build/peers, and every tool works
on a private tmux server in panes that tmux made. A peer that cannot be installed is said so, here and in the document.
Usage: bench_peers.py [BUILT] [--shells bash,zsh,…] [--only NAMES] [--parts pace,tasks,corpus] [--rounds N] [--rewrite]
What is measured goes into build/peers/results.json beside what was there; `--rewrite` makes the document from it alone.
"""

from __future__ import annotations

import argparse
import datetime
import json
import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT / "tests"), str(ROOT / "tests" / "support")]

from peers import cases, document, installation, pace, tasks  # noqa: E402
from peers.contestant import Contestant  # noqa: E402
from peers.contestants import NAMES, all_of_them  # noqa: E402

SIDE_BY_SIDE = 12
SHELLS = "bash,zsh,dash,ksh,fish"


def main(words: list[str]) -> int:
    asked = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    asked.add_argument("built", nargs="?", default="dist/bridge.pyz")
    asked.add_argument("--shells", default=SHELLS)
    asked.add_argument("--only", default=",".join(NAMES), help="names of tools; the document is not written then")
    asked.add_argument("--data", default=str(ROOT / "build" / "peers" / "results.json"), help="where the data is kept")
    asked.add_argument("--parts", default="pace,tasks,corpus", help="what is measured; the rest stays as it was")
    asked.add_argument("--rounds", type=int, default=15)
    asked.add_argument("--rewrite", action="store_true", help="the document anew from the data of the last run")
    given = asked.parse_args(words)
    top = ROOT / "build" / "peers"
    data = Path(given.data)
    if not given.rewrite:
        measure(given, top, data)
        if given.only != ",".join(NAMES):
            print(f"{data.name} has what was found; the document is for all tools")
            return 0
    written = document.text(json.loads(data.read_text()))
    (ROOT / "docs" / "COMPARISON.md").write_text(written, encoding="utf-8")
    print("docs/COMPARISON.md is written")
    return 0


def measure(given: argparse.Namespace, top: Path, data: Path) -> None:
    """Everything, by all tools that are there; the data is written after each tool."""
    top.mkdir(parents=True, exist_ok=True)
    built, cache = Path(given.built).resolve(), top / "cache"
    programs, versions, missing = installation.installed(top)
    names = given.only.split(",")
    shells = {shell: path for shell in given.shells.split(",") if (path := shutil.which(shell))}

    def fresh() -> list[Contestant]:
        return [tool for tool in all_of_them(built, programs) if tool.name in names]

    subprocess.run(
        [built, "version"], env=os.environ | {"BRIDGE_CACHE_DIR": str(cache)}, capture_output=True, check=True
    )
    tools = fresh()
    found: dict[str, dict] = json.loads(data.read_text()) if data.exists() else {}
    found |= {
        "date": datetime.datetime.now(tz=datetime.UTC).date().isoformat(),
        "machine": machine(),
        "versions": versions | {name: bridge_version(built) for name in NAMES[:2]},
        "missing": missing,
        "kinds": {tool.name: tool.kind for tool in all_of_them(built, programs)},
        "rounds": given.rounds,
    }
    for part in ("pace", "tools", "tasks", "corpus"):
        found.setdefault(part, {})
    if "pace" in given.parts:
        for text, told in pace.measure(tools, given.rounds, shells.get("bash", "/bin/bash"), cache).items():
            found["pace"].setdefault(text, {}).update(told)
        found["tools"] |= {tool.name: told for tool in tools if (told := tool.tools())}
        print("time is measured", flush=True)
    # What is right does not depend on the time, and most of it is waiting: so many at once.
    with ThreadPoolExecutor(SIDE_BY_SIDE) as pool:
        jobs = []
        if "tasks" in given.parts:
            todo = split(tasks.TASKS)
            jobs += [
                (found["tasks"], tool.name, [pool.submit(tasks.perform, twin, part, cache) for twin, part in pairs])
                for tool, pairs in twins(fresh, todo)
            ]
        if "corpus" in given.parts:
            for shell, path in shells.items():
                place = found["corpus"].setdefault(shell, {})
                jobs += [
                    (place, tool.name, [pool.submit(cases.corpus, twin, part, path, cache) for twin, part in pairs])
                    for tool, pairs in twins(fresh, split(cases.chains(shell)))
                ]
        for place, name, parts in jobs:
            place[name] = [one for part in parts for one in part.result()]
            data.write_text(json.dumps(found, indent=1))
            print(f"{name}: {sum(is_right(one) for one in place[name])} of {len(place[name])} right", flush=True)


def split(work: Sequence[object]) -> list[Sequence[object]]:
    """Three parts, one behind the other."""
    size = -(-len(work) // 3)
    return [work[start : start + size] for start in range(0, len(work), size)]


def twins(fresh: Callable[[], list[Contestant]], parts: list) -> list[tuple[Contestant, list[tuple[Contestant, list]]]]:
    """Each tool, and one of it for each part of the work."""
    columns = zip(*(fresh() for _ in parts), strict=True)
    return [(column[0], list(zip(column, parts, strict=True))) for column in columns]


def is_right(one: dict) -> bool:
    return one["result"] == tasks.YES if "result" in one else one["output"] in cases.RIGHT and one["code"]


def machine() -> str:
    tmux = subprocess.run(["tmux", "-V"], capture_output=True, text=True, check=True).stdout.strip()
    load = os.getloadavg()[0]
    return (
        f"{os.cpu_count()} cores, Linux, {tmux}, Python {platform.python_version()}; "
        f"load average {load:.0f} when it began, so times are to be read beside one another, not alone"
    )


def bridge_version(built: Path) -> str:
    done = subprocess.run([built, "version"], capture_output=True, text=True, check=True)
    answer = json.loads(done.stdout)
    return str(answer.get("version") or answer["output"])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
