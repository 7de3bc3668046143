"""Print what calls cost as ratios to an empty isolated Python start of the same run: bench.py FILE [ROUNDS]

Every command goes through the shim; the script's own cost is the recorded one, as a ratio to the same
reference on the machine where it was recorded.
"""

import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
REFERENCE_MS = 11.5
# command: (milliseconds of the bash script with one pane and with nine, tmux processes that suffice). Of a new
# session's cost 2.5 ms are tmux's own: built with utempter it starts that helper for each pane and waits for it.
SCRIPT = {
    "session-list": (44, 45, 1),
    "session-create": (44, 48, 1),
    "session-kill": (48, 44, 2),
    "pane-create": (215, 606, 2),
    "pane-create-with-layout": (200, 600, 2),
    "pane-exec": (43, 47, 2),
    "pane-capture": (44, 44, 1),
    "pane-watch": (44, 46, 1),
    "pane-status": (44, 42, 1),
    "pane-kill": (48, 44, 2),
    "pane-is-running": (46, 46, 1),
    "pane-list-json": (21, 42, 1),
    "pane-find": (63, 59, 1),
    "pane-count": (43, 45, 1),
    "pane-has-pattern": (47, 44, 1),
    "state-sync": (102, 514, 1),
    "pane-metadata-set": (63, 63, 2),
    "pane-metadata-get": (63, 62, 1),
    "pane-list-detailed": (73, 468, 1),
    "error: no session": (40, 36, 1),
}
WORDS = {
    "session-list": [],
    "session-create": ["fresh"],
    "session-kill": ["fresh"],
    "pane-create": ["dev", "more"],
    "pane-kill": ["dev", "1"],
    "pane-create-with-layout": ["dev", "more", "tiled"],
    "pane-kill ": ["dev", "1"],
    "pane-exec": ["dev", "0", ":"],
    "pane-capture": ["dev", "0"],
    "pane-watch": ["dev", "0", "x"],
    "pane-has-pattern": ["dev", "0", "x"],
    "pane-status": ["dev", "0"],
    "pane-is-running": ["dev", "0"],
    "pane-list-json": ["dev"],
    "pane-list-detailed": ["dev"],
    "pane-find": ["dev", "main"],
    "pane-count": ["dev"],
    "error: no session": ["none"],
    "state-sync": ["dev"],
    "pane-metadata-set": ["dev", "0", "key", "value"],
    "pane-metadata-get": ["dev", "0", "key"],
}
WAITING = {
    "pane-wait (idle)": ["pane-wait", "dev", "0", "10"],
    "pane-exec-timeout (:)": ["pane-exec-timeout", "dev", "0", "10", ":"],
    "pane-watch-timeout (present)": ["pane-watch-timeout", "dev", "0", "[$#%>]", "10"],
}

MANY = ("pane-list", "state", "pane-count", "pane-capture")
# What a server of 600 sessions may cost: times the cost beside one session, None for milliseconds a session.
CROWD = 600
CROWDED = {"session-list": 2.0, "pane-count dev": 1.2, "sessions-list-all": None}


class Bench:
    def __init__(self, built: Path, directory: Path) -> None:
        self.env = {key: value for key, value in os.environ.items() if not key.startswith(("TMUX", "BRIDGE_"))} | {
            "TMUX_TMPDIR": str(directory),
            "BRIDGE_STATE_DIR": str(directory / "state"),
            "BRIDGE_CACHE_DIR": str(directory / "cache"),
            "HOME": str(directory),
            "SHELL": shutil.which("bash") or "/bin/sh",
        }
        self.built, self.directory = built, directory
        self.shim = directory / "claude-tmux-bridge.sh"
        shutil.copy(ROOT / "compat" / "claude-tmux-bridge.sh", self.shim)
        shutil.copy(built, directory / "bridge.pyz")
        self.null = os.open(os.devnull, os.O_RDWR)

    def once(self, argv: list[str]) -> float:
        """Milliseconds of one process."""
        actions = [(os.POSIX_SPAWN_DUP2, self.null, number) for number in range(3)]
        began = time.perf_counter()
        pid = os.posix_spawnp(argv[0], argv, self.env, file_actions=actions)
        os.waitpid(pid, 0)
        return (time.perf_counter() - began) * 1000

    def tmux(self, *words: str) -> None:
        subprocess.run(["tmux", *words], env=self.env, check=True, stdout=subprocess.DEVNULL)


def measure(bench: Bench, commands: dict[str, list[str]], rounds: int) -> dict[str, float]:
    """The median ratio of each command; one reference run stands before each call."""
    python = (bench.directory / "cache").glob("*/python")
    interpreter = next(python).read_text().splitlines()[0]
    reference: list[float] = []
    costs: dict[str, list[float]] = {name: [] for name in commands}
    for _ in range(rounds):
        for name, argv in commands.items():
            reference.append(bench.once([interpreter, "-I", "-S", "-c", "pass"]))
            costs[name].append(bench.once(argv))
    floor = statistics.median(reference)
    return {name: statistics.median(values) / floor for name, values in costs.items()} | {"reference ms": floor}


def main() -> None:
    built, rounds = Path(sys.argv[1]).resolve(), int(sys.argv[2]) if len(sys.argv) > 2 else 15
    with tempfile.TemporaryDirectory(prefix="bench", ignore_cleanup_errors=True) as scratch:
        bench = Bench(built, Path(scratch))
        try:
            report(bench, rounds)
        finally:
            subprocess.run(["tmux", "kill-server"], env=bench.env, capture_output=True, check=False)


def report(bench: Bench, rounds: int) -> None:
    shim = str(bench.shim)
    first = bench.once([shim, "session-create", "dev"])
    bench.once([shim, "pane-exec-timeout", "dev", "0", "10", "PS1='$ '; clear"])
    bench.once([shim, "pane-metadata-set", "dev", "0", "key", "value"])
    commands = {
        name: [shim, "pane-count" if name.startswith("error") else name.strip(), *words]
        for name, words in WORDS.items()
    }
    results = {1: measure(bench, commands, rounds)}
    floor = results[1]["reference ms"]
    print(f"reference: python -I -S -c pass, {floor:.1f} ms (median)")
    print(f"first call after an install: {first / floor:.1f}")
    bench.tmux("resize-window", "-t", "=dev:", "-x", "400", "-y", "200")
    grow(bench, 9)
    results[9] = measure(bench, commands, rounds)
    others = {name: [shim, *words] for name, words in WAITING.items()}
    options = ["--compact", "--quiet", "pane-capture", "dev", "0", "5"]
    others["bridge " + " ".join(options)] = [str(bench.directory / "bridge.pyz"), *options]
    rest = measure(bench, others, rounds)
    grow(bench, 100)
    results[100] = measure(bench, {name: argv for name, argv in commands.items() if name.startswith(MANY)}, rounds)
    show(results)
    for name, ratio in rest.items():
        if name != "reference ms":
            print(f"{name:44}{ratio:8.2f}")
    bench.tmux("kill-pane", "-a", "-t", "=dev:")
    crowd(bench, rounds)


def crowd(bench: Bench, rounds: int) -> None:
    """Print what calls cost where there are many sessions, beside one."""
    built = str(bench.directory / "bridge.pyz")
    commands = {name: [built, "--quiet", *name.split()] for name in CROWDED}
    alone = measure(bench, commands, rounds)
    made = "".join(f"new-session -d -s s{number} 'sleep 600'\n" for number in range(1, CROWD))
    subprocess.run(["tmux", "source-file", "-"], env=bench.env, input=made, text=True, check=True)
    many = measure(bench, commands, rounds)
    for name, limit in CROWDED.items():
        if limit is None:
            each = (many[name] - alone[name]) * many["reference ms"] / CROWD
            print(f"{name}: {each:.2f} ms for each of {CROWD} sessions (limit 0.5)")
        else:
            print(f"{name}: beside {CROWD} sessions {many[name] / alone[name]:.2f} times one (limit {limit})")


def show(results: dict[int, dict[str, float]]) -> None:
    """The table, and what of it is over its limit."""
    print(f"{'command':28}{'1 pane':>8}{'9':>8}{'100':>8}{'limit':>8}{'script':>8}{'of it':>8}")
    shares, over = [], []
    for name, (script_ms, _, needed) in SCRIPT.items():
        columns = [results[panes].get(name) for panes in (1, 9, 100)]
        one, script, limit = columns[0] or 0.0, script_ms / REFERENCE_MS, 1.7 if needed == 1 else 2.2
        shares.append(one / script)
        over += [name] if one > limit else []
        cells = "".join(f"{ratio:8.2f}" if ratio else " " * 8 for ratio in columns)
        print(f"{name:28}{cells}{limit:8.1f}{script:8.1f}{one / script:8.2f}")
    print(f"median share of the script's cost: {statistics.median(shares):.2f} (limit 0.4)")
    print(f"over their limit: {', '.join(over) or 'none'}")
    for name in ("state-sync", "pane-list-detailed", "pane-list-json"):
        print(f"{name}: nine panes cost {results[9][name] / results[1][name]:.2f} times one (limit 1.5)")


def grow(bench: Bench, panes: int) -> None:
    """Split the window until it has so many panes."""
    listed = subprocess.run(
        ["tmux", "list-panes", "-t", "=dev:"], env=bench.env, capture_output=True, text=True, check=True
    )
    count = len(listed.stdout.splitlines())
    for _ in range(panes - count):
        bench.tmux("select-layout", "-t", "=dev:", "tiled", ";", "split-window", "-d", "-t", "=dev:", "sleep 600")
    bench.tmux("select-layout", "-t", "=dev:", "tiled")


if __name__ == "__main__":
    main()
