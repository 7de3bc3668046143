"""Kill random calls and the daemon with -9, and look what is left: chaos.py FILE [MINUTES] [SEED]

After the killing one call of each kind is made; then no pipe, option, hook, lease, file or process of
bridge may be left. Exit status 1 and a list where something is.
"""

import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from daemon_bench import Lab

CALLS = (
    ("pane-exec", "dev", "0", "seq 1 300"),
    ("pane-wait", "dev", "0", "2"),
    ("pane-watch-timeout", "dev", "0", "299", "1"),
    ("pane-tail", "dev", "0"),
    ("event-subscribe", "dev", "pattern-match", "--pattern", "^29", "true"),
    ("event-subscribe", "dev", "timeout", "--after", "0.5", "true"),
    ("event-publish", "dev", "chaos"),
    ("event-stream", "--since", "0"),
    ("event-list",),
    ("daemon-start",),
    ("daemon-restart",),
    ("daemon-status",),
    ("pane-create", "dev"),
    ("pane-kill", "dev", "1"),
    ("pane-run", "dev", "0", "seq 1 300"),
    ("pane-run", "dev", "0", "sleep 0.1; false", "--timeout", "0.05"),
    ("pane-run", "dev", "0", "sleep 0.1", "--background"),
    ("pane-send-stdin", "dev", "0", "x" * 5000),
    ("pane-send-keys", "dev", "0", "C-c"),
    ("pane-stream", "dev", "0"),
)
ABANDONED_AFTER = 61  # seconds after which a run that nobody has asked for is settled by the next one


def strangers(lab: Lab) -> list[str]:
    """Processes of this laboratory that are neither tmux's server nor a pane's shell."""
    marker = f"BRIDGE_STATE_DIR={lab.env['BRIDGE_STATE_DIR']}".encode()
    server = lab.tmux("display-message", "-p", "#{pid}").strip()
    panes = set(lab.tmux("list-panes", "-a", "-F", "#{pane_pid}").split())
    found = []
    for path in Path("/proc").glob("[0-9]*"):
        try:
            if path.name in (server, *panes) or marker not in (path / "environ").read_bytes().split(b"\0"):
                continue
            fields = (path / "stat").read_text().rpartition(")")[2].split()
            if fields[0] not in "ZX" and fields[1] not in panes:
                found.append((path / "cmdline").read_bytes().replace(b"\0", b" ").decode())
        except OSError:
            continue
    return found


def left(lab: Lab) -> list[str]:
    """What of ours is still there."""
    found = [f"process: {text}" for text in strangers(lab)]
    for words in (("show-hooks", "-g"), ("show-hooks", "-gw")):
        found += [f"hook: {row}" for row in lab.tmux(*words).splitlines() if "bridge" in row]
    rows = lab.tmux("list-panes", "-a", "-F", "#{pane_id} #{pane_pipe} #{@bridge_log}#{@bridge_held}").splitlines()
    found += [f"pipe or option: {row}" for row in rows if row.split(" ", 1)[1] != "0 "]
    found += [f"buffer: {row}" for row in lab.tmux("list-buffers").splitlines()]
    found += [f"client: {row}" for row in lab.tmux("list-clients").splitlines()]
    state = Path(lab.env["BRIDGE_STATE_DIR"])
    for pattern in (
        "run/pane-*",
        "run/runs/*.sh",
        "run/runs/*.cmd",
        "run/runs/*.end",
        "*.tmp",
        "*.sock",
        "*.sock.new",
        "daemon.pid*",
    ):
        found += [f"file: {path.name}" for path in state.rglob(pattern)]
    return found


def main() -> int:
    built, minutes = Path(sys.argv[1]).resolve(), float(sys.argv[2]) if len(sys.argv) > 2 else 3.0
    seed = int(sys.argv[3]) if len(sys.argv) > 3 else time.time_ns() % 10**6
    chance = random.Random(seed)
    kills = calls = 0
    with tempfile.TemporaryDirectory(prefix="b", ignore_cleanup_errors=True) as directory:
        lab = Lab(built, Path(directory))
        try:
            lab.bridge("version")
            lab.bridge("session-create", "dev")
            end = time.monotonic() + minutes * 60
            while time.monotonic() < end:
                process = subprocess.Popen(
                    [built, "--quiet", *chance.choice(CALLS)],
                    env=lab.env,
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.DEVNULL,
                    stderr=subprocess.DEVNULL,
                )
                time.sleep(chance.uniform(0, 0.15))
                calls += 1
                if process.poll() is None:
                    process.kill()
                    kills += 1
                process.wait()
                if chance.random() < 0.1:
                    pid = lab.bridge("daemon-status").get("pid")
                    if pid:
                        os.kill(pid, signal.SIGKILL)
                        kills += 1
            for item in lab.bridge("event-list")["subscriptions"]:
                lab.bridge("event-unsubscribe", item["subscription_id"])
            # One call of each kind sweeps what those before it have left.
            time.sleep(ABANDONED_AFTER)
            lab.bridge("daemon-restart")
            lab.bridge("pane-stop", "dev", "0")
            ran = lab.bridge("pane-run", "dev", "0", "true")
            lab.bridge("pane-watch-timeout", "dev", "0", "never", "0")
            lab.bridge("event-publish", "dev", "swept")
            stopped = lab.bridge("daemon-stop")
            deadline = time.monotonic() + 3
            while (found := left(lab)) and time.monotonic() < deadline:
                time.sleep(0.1)
            alive = (
                lab.bridge("pane-count", "dev")["status"] == "success"
                and stopped["status"] == ran["status"] == "success"
            )
            print(json.dumps({"seed": seed, "calls": calls, "kills": kills, "left": found, "alive": alive}, indent=2))
            return 1 if found or not alive else 0
        finally:
            lab.close()


if __name__ == "__main__":
    sys.exit(main())
