"""Print what a stream loses, how fast it is, how late, and what waits cost: stream_soak.py FILE [LINES] [MEGABYTES]"""

import contextlib
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

LATENCIES = 200
# 20 MB/s in numbered lines of 100 bytes, paced each 10 ms.
PRODUCER = """
import os, sys, time
count = int(sys.argv[1]) * 1000000 // 100
begin = time.monotonic()
for first in range(0, count, 2000):
    text = "".join(f"{n:09d} {'x' * 88}\\n" for n in range(first, min(first + 2000, count)))
    data = memoryview(text.encode())
    while data:
        data = data[os.write(1, data):]
    time.sleep(max(0.0, begin + (first + 2000) / 200000 - time.monotonic()))
print(f"END {time.monotonic() - begin:.2f}", flush=True)
"""
TICKER = """
import sys, time
for n in range(int(sys.argv[1])):
    print(f"AT {time.time():.6f}", flush=True)
    time.sleep(0.02)
print("END", flush=True)
"""


class Scene:
    """A private tmux server, and bridge for it."""

    def __init__(self, built: str, scratch: str) -> None:
        self.built, self.scratch = built, Path(scratch)
        self.env = {key: value for key, value in os.environ.items() if not key.startswith(("TMUX", "BRIDGE_"))} | {
            "TMUX_TMPDIR": scratch,
            "BRIDGE_STATE_DIR": f"{scratch}/state",
            "HOME": scratch,
            "SHELL": shutil.which("bash") or "/bin/sh",
        }
        for name, text in (("producer.py", PRODUCER), ("ticker.py", TICKER)):
            (self.scratch / name).write_text(text)

    def bridge(self, *words: str) -> dict:
        done = subprocess.run([self.built, "--quiet", *words], env=self.env, capture_output=True, check=False)
        return json.loads(done.stdout)

    @contextlib.contextmanager
    def stream(self, *words: str):
        process = subprocess.Popen(
            [self.built, "--quiet", "pane-stream", "dev", "0", *words], env=self.env, stdout=subprocess.PIPE
        )
        time.sleep(0.5)
        try:
            yield process
        finally:
            process.terminate()
            process.stdout.close()
            process.wait()

    def close(self) -> None:
        subprocess.run(["tmux", "kill-server"], env=self.env, capture_output=True, check=False)


def lines_of(process, mark: str):
    """The lines of a stream until one begins with the mark."""
    for raw in process.stdout:
        line = raw.decode().rstrip("\n")
        yield line
        if line.startswith(mark):
            return


def soak_seq(scene: Scene, count: int) -> None:
    with scene.stream() as process:
        scene.bridge("pane-exec", "dev", "0", f"seq 1 {count}; echo EN''D")
        began = time.monotonic()
        numbers = [int(line) for line in lines_of(process, "END") if line.isdigit()]
    seconds = time.monotonic() - began
    wrong = sum(found != number for number, found in enumerate(numbers, 1)) + abs(count - len(numbers))
    print(f"seq: {count} lines, {wrong} lost, repeated or out of order, {seconds:.1f} s")


def soak_rate(scene: Scene, megabytes: int) -> None:
    with scene.stream() as process:
        scene.bridge("pane-exec", "dev", "0", f"{sys.executable} {scene.scratch}/producer.py {megabytes}")
        expected = wrong = 0
        last = ""
        for line in lines_of(process, "END"):
            if line[:9].isdigit() and line[9:10] == " ":
                wrong += int(line[:9]) != expected
                expected = int(line[:9]) + 1
            last = line
    seconds = float(last.split()[1])
    missing = megabytes * 10_000 - expected
    print(f"rate: {megabytes / seconds:.1f} MB/s for {seconds:.1f} s, {wrong} out of order, {missing} missing")


def soak_latency(scene: Scene, *words: str) -> None:
    with scene.stream(*words) as process:
        scene.bridge("pane-exec", "dev", "0", f"clear; {sys.executable} {scene.scratch}/ticker.py {LATENCIES}")
        late = []
        for raw in process.stdout:
            now = time.time()
            text = json.loads(raw)["data"] if words else raw.decode()
            late += [(now - float(line.split()[1])) * 1000 for line in text.splitlines() if line.startswith("AT ")]
            if "END" in text.splitlines():
                break
    late.sort()
    name = " ".join(words) or "text"
    print(f"latency ({name}): {statistics.median(late):.2f} ms median, {late[len(late) * 99 // 100]:.2f} ms at 99 %")


def soak_wait(scene: Scene, tries: int = 20) -> None:
    late = []
    stamp = scene.scratch / "stamp"
    for number in range(tries):
        waiting = subprocess.Popen(
            [scene.built, "--quiet", "pane-wait-for", "dev", "0", "--pattern", f"^F[O]UND{number}$", "--timeout", "20"],
            env=scene.env,
            stdout=subprocess.PIPE,
        )
        time.sleep(0.3)
        scene.bridge("pane-exec", "dev", "0", f"date +%s.%N >{stamp}; echo FOUND$(:){number}")
        waiting.communicate()
        late.append((time.time() - float(stamp.read_text())) * 1000)
    print(f"pane-wait-for: late by {statistics.median(late):.1f} ms (median), {max(late):.1f} ms (most)")


def soak_idle(scene: Scene) -> None:
    """What a stream costs while nothing is printed."""
    with scene.stream() as process:
        ticks = Path(f"/proc/{process.pid}/stat")
        first = sum(map(int, ticks.read_text().rpartition(")")[2].split()[11:13]))
        time.sleep(5)
        used = sum(map(int, ticks.read_text().rpartition(")")[2].split()[11:13])) - first
    print(f"idle stream: {used / os.sysconf('SC_CLK_TCK') / 5 * 100:.2f} % of a core")


def main() -> None:
    built = sys.argv[1]
    count = int(sys.argv[2]) if len(sys.argv) > 2 else 1_000_000
    megabytes = int(sys.argv[3]) if len(sys.argv) > 3 else 200
    with tempfile.TemporaryDirectory(prefix="soak", ignore_cleanup_errors=True) as scratch:
        scene = Scene(built, scratch)
        try:
            scene.bridge("session-create", "dev")
            scene.bridge("pane-wait", "dev", "0")
            soak_latency(scene)
            soak_latency(scene, "--json")
            soak_wait(scene)
            soak_idle(scene)
            scene.bridge("pane-wait", "dev", "0", "20")
            soak_rate(scene, megabytes)
            scene.bridge("pane-wait", "dev", "0", "20")
            soak_seq(scene, count)
        finally:
            scene.close()


if __name__ == "__main__":
    main()
