"""Random sessions saved, killed, restored and saved again: both snapshots must say the same.

    restore_check.py BRIDGE [CYCLES [SEED]]

Runs on a tmux server of its own and prints a line for each field; exits with 1 where anything differed.
A cycle can be repeated alone by its seed, which is printed where one fails.
"""

from __future__ import annotations

import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time

NAMES = (
    "work",
    "with blank",
    "quo'te\"",
    "日本",
    "new\nline",
    "#{x}#(touch p)",
    "end;",
    "$HOME",
    "-dash",
    "back\\slash",
)
LAYOUTS = ("tiled", "even-horizontal", "even-vertical", "main-horizontal", "main-vertical")
VALUES = ("on", "off")
COMMANDS = (
    ("sleep 100000", "sleep"),
    ("sh -c 'sleep 100000; :' \"it's\" '' 'a  b' '$HOME' $'new\\nline'", "sh"),
    ("tail -f /dev/null | cat -A", "tail"),
)


class Server:
    """A tmux server, a home and a state directory of their own."""

    def __init__(self, bridge: str, directory: str) -> None:
        self.bridge_path = os.path.abspath(bridge)
        self.directory = directory
        self.work = f"{directory}/work"
        for name in ("home", "work", "tmux"):
            os.mkdir(f"{directory}/{name}", 0o700)
        with open(f"{directory}/home/.bash_profile", "w", encoding="utf-8") as file:
            file.write("PS1='$ '\n")
        self.tmux_path = os.environ.get("BRIDGE_TMUX") or shutil.which("tmux") or "tmux"
        self.env = {
            "PATH": os.environ["PATH"],
            "HOME": f"{directory}/home",
            "SHELL": shutil.which("bash") or "/bin/sh",
            "TERM": "xterm-256color",
            "LANG": "C.UTF-8",
            "TMUX_TMPDIR": f"{directory}/tmux",
            "BRIDGE_STATE_DIR": f"{directory}/state",
        }

    def bridge(self, *words: str) -> dict:
        """An answer that must be a success."""
        done = subprocess.run(
            [self.bridge_path, "--quiet", *words],
            env=self.env,
            cwd=self.work,
            capture_output=True,
            check=False,
            text=True,
            timeout=60,
        )
        answer = json.loads(done.stdout)
        if answer["status"] != "success":
            raise AssertionError(f"{words}: {answer['error']}")
        return answer

    def runs(self, session: str, pane: str) -> bool:
        """Whether the pane's shell is anything but at its prompt."""
        words = (self.bridge_path, "--quiet", "pane-is-running", session, pane)
        done = subprocess.run(words, env=self.env, capture_output=True, check=False, timeout=60)
        return done.returncode == 0 or b'"status": "error"' in done.stdout

    def tmux(self, *words: str) -> bool:
        """Whether tmux did it."""
        words = tuple(word[:-1] + "\\;" if word.endswith(";") else word for word in words)
        return not subprocess.run(
            [self.tmux_path, "-u", *words], env=self.env, cwd=self.work, capture_output=True, check=False, timeout=30
        ).returncode

    def ask(self, *words: str) -> list[str]:
        """The lines that tmux answers with."""
        done = subprocess.run(
            [self.tmux_path, "-u", *words], env=self.env, capture_output=True, check=False, text=True, timeout=30
        )
        return done.stdout.splitlines()


def build(server: Server, choose: random.Random) -> int:
    """Make a random session `dev`; returns how many panes it has."""
    directories = []
    for name in NAMES:
        path = f"{server.work}/{name}"
        os.makedirs(path, exist_ok=True)
        directories.append(path)
    size = (str(choose.randint(20, 300)), str(choose.randint(6, 80)))
    server.tmux("set-option", "-g", "base-index", str(choose.randint(0, 1)))
    server.tmux("set-option", "-g", "pane-base-index", str(choose.randint(0, 1)))
    begin = ("-x", size[0], "-y", size[1], "-c", choose.choice(directories).replace("#", "##"))
    assert server.tmux("new-session", "-d", "-s", "dev", *begin)
    used = int(server.ask("display-message", "-p", "-t", "dev", "#{window_index}")[0])
    indexes = choose.sample([number for number in range(30) if number != used], choose.randint(0, 4))
    for index in indexes:
        named = ("-n", choose.choice(NAMES).replace("#", "##").replace("\n", " ")) if choose.random() < 0.6 else ()
        place = choose.choice(directories).replace("#", "##")
        server.tmux("new-window", "-d", "-t", f"dev:{index}", *named, "-c", place)
    windows = [f"dev:{index}" for index in (used, *indexes)]
    for window in windows:
        for _ in range(choose.randint(0, 5)):
            panes = server.ask("list-panes", "-t", window, "-F", "#{pane_id}")
            target = choose.choice(panes)
            way = [choose.choice(("-h", "-v"))]
            if choose.random() < 0.3:
                way.append(choose.choice(("-b", "-f")))
            if choose.random() < 0.4:
                way += ["-l", str(choose.randint(1, 12))]
            server.tmux("split-window", *way, "-t", target, "-c", choose.choice(directories).replace("#", "##"))
        if choose.random() < 0.3:
            server.tmux("select-layout", "-t", window, choose.choice(LAYOUTS))
        decorate_window(server, choose, window)
    for index in choose.sample(windows, choose.randint(1, len(windows))):
        server.tmux("select-window", "-t", index)
    decorate_session(server, choose)
    panes = server.ask("list-panes", "-s", "-t", "dev", "-F", "#{pane_id}")
    await_prompts(server, panes)
    start_commands(server, choose, panes)
    decorate_panes(server, choose, panes)
    return len(panes)


def decorate_window(server: Server, choose: random.Random, window: str) -> None:
    """Options, the active and the last pane."""
    for name in ("automatic-rename", "monitor-activity", "remain-on-exit", "synchronize-panes"):
        if choose.random() < 0.2:
            server.tmux("set-option", "-w", "-t", window, name, choose.choice(VALUES))
    if choose.random() < 0.2:
        # What would run a command comes back with --replay alone.
        server.tmux("set-option", "-w", "-t", window, "@mine", choose.choice(NAMES).replace("#(", "# ("))
    if choose.random() < 0.1:
        server.tmux("set-option", "-w", "-t", window, "pane-border-status", choose.choice(("top", "bottom")))
    if choose.random() < 0.1:
        server.tmux(
            "resize-window", "-t", window, "-x", str(choose.randint(30, 250)), "-y", str(choose.randint(10, 70))
        )
    panes = server.ask("list-panes", "-t", window, "-F", "#{pane_id}")
    for pane in choose.sample(panes, choose.randint(0, min(3, len(panes)))):
        server.tmux("select-pane", "-t", pane)
    if choose.random() < 0.3:
        server.tmux("resize-pane", "-Z", "-t", window)


def decorate_session(server: Server, choose: random.Random) -> None:
    """Options and environment."""
    for name, value in (
        ("history-limit", "777"),
        ("status", "off"),
        ("@mine", "a 'b' \"c\" $d\n#{e}"),
        ("mouse", "on"),
    ):
        if choose.random() < 0.4:
            server.tmux("set-option", "-t", "dev", name, value)
    for name in ("EDITOR", "LANG", "CUSTOM_VAR"):
        if choose.random() < 0.3:
            server.tmux("set-environment", "-t", "dev", name, choose.choice(NAMES))
    if choose.random() < 0.3:
        server.tmux("set-environment", "-r", "-t", "dev", "GONE_VAR")


def decorate_panes(server: Server, choose: random.Random, panes: list[str]) -> None:
    """Titles, labels, metadata, options, input that is off, the mark."""
    for pane in panes:
        if choose.random() < 0.4:
            server.tmux("select-pane", "-t", pane, "-T", choose.choice(NAMES).replace("#", "##").replace("\n", " "))
        if choose.random() < 0.4:
            label = "=" + choose.choice(NAMES).replace("\\", "\\5c").replace("\n", "\\0a")
            server.tmux("set-option", "-p", "-t", pane, "@bridge_label", label)
        if choose.random() < 0.3:
            server.bridge("pane-metadata-set", "dev", pane, choose.choice(NAMES), choose.choice(NAMES))
        if choose.random() < 0.1:
            server.tmux("set-option", "-p", "-t", pane, "remain-on-exit", choose.choice(VALUES))
        if choose.random() < 0.1:
            server.tmux("select-pane", "-d", "-t", pane)
    if choose.random() < 0.3:
        server.tmux("select-pane", "-m", "-t", choose.choice(panes))


def start_commands(server: Server, choose: random.Random, panes: list[str]) -> None:
    """Something that runs, in a few panes; the words are to come back exactly."""
    for pane in choose.sample(panes, min(len(panes), choose.choice((0, 0, 1, 2)))):
        text, name = choose.choice(COMMANDS)
        server.bridge("pane-exec", "dev", pane, text)
        end = time.monotonic() + 30
        while server.ask("display-message", "-p", "-t", pane, "#{pane_current_command}") != [name]:
            assert time.monotonic() < end, f"{text} does not run"
            time.sleep(0.01)
    time.sleep(0.05)  # both ends of a pipeline


def await_prompts(server: Server, panes: list[str]) -> None:
    """Until every shell prompts: they are where they will stay."""
    end = time.monotonic() + 30
    for pane in panes:
        # In a pane of one cell the prompt itself can't be seen.
        while server.runs("dev", pane):
            assert time.monotonic() < end, "a shell does not prompt"
            time.sleep(0.01)


def cycle(server: Server, seed: int, totals: dict[str, list[int]]) -> tuple[list, float, float, int]:
    """One round; returns the differences, the seconds of saving and of restoring, and the number of panes."""
    choose = random.Random(seed)
    count = build(server, choose)
    began = time.monotonic()
    first = server.bridge("session-save", "dev", f"{server.work}/first.snapshot")["file"]
    saved = time.monotonic() - began
    server.tmux("kill-server")
    while server.ask("list-sessions"):
        time.sleep(0.01)
    time.sleep(0.05)
    began = time.monotonic()
    answer = server.bridge("session-restore", first, "--replay")
    restored = time.monotonic() - began
    second = server.bridge("session-save", "dev", f"{server.work}/second.snapshot")["file"]
    found = server.bridge("session-diff", first, second)
    for field, score in found["score"].items():
        total = totals.setdefault(field, [0, 0])
        total[0] += score["equal"]
        total[1] += score["compared"]
    server.tmux("kill-server")
    while server.ask("list-sessions"):
        time.sleep(0.01)
    lost = [entry for entry in answer["lost"] if entry["field"] != "note"]
    return found["differences"] + lost, saved, restored, count


def main(words: list[str]) -> int:
    """Run the cycles and print what came of them."""
    bridge = words[0]
    cycles = int(words[1]) if len(words) > 1 else 100
    first_seed = int(words[2]) if len(words) > 2 else random.SystemRandom().randrange(10**6)
    totals: dict[str, list[int]] = {}
    equal, panes = 0, 0
    saves, restores = [], []
    for number in range(cycles):
        seed = first_seed + number
        with tempfile.TemporaryDirectory(prefix="b", ignore_cleanup_errors=True) as directory:
            server = Server(bridge, directory)
            try:
                wrong, saved, restored, count = cycle(server, seed, totals)
            except AssertionError as problem:
                print(f"seed {seed}: {problem}", flush=True)
                raise
            finally:
                server.tmux("kill-server")
            if os.path.exists(f"{server.work}/p"):
                wrong.append({"item": "all", "field": "safety", "reason": "text was run"})
        panes += count
        saves.append(saved)
        restores.append(restored)
        equal += not wrong
        if number % 50 == 49:
            print(f"{number + 1} cycles, {equal} equal", file=sys.stderr, flush=True)
        for entry in wrong:
            print(f"seed {seed}: {json.dumps(entry, ensure_ascii=False)}", flush=True)
    for field, (same, total) in sorted(totals.items()):
        print(f"{field:22} {same:7} of {total:7}  {100 * same / total:6.2f} %")
    middle = cycles // 2
    print(f"cycles: {cycles}, equal: {equal}, panes: {panes}, first seed: {first_seed}")
    print(f"save: median {sorted(saves)[middle]:.3f} s, most {max(saves):.3f} s")
    print(f"restore: median {sorted(restores)[middle]:.3f} s, most {max(restores):.3f} s")
    return 0 if equal == cycles else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
