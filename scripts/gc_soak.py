"""Clean-up against sessions that people use at the same time: gc_soak.py FILE [RUNS]

On a private tmux server several hands type, start programs, attach and detach, protect and make sessions,
while gc-run runs with a time to live of two seconds. The truth is kept here: a session that was in use, and
was seen to exist after that use, must not be gone at the end of a run that began or went on within two
seconds of it. Prints JSON; exits with 1 where one was wrong, or where nothing was collected.
"""

from __future__ import annotations

import json
import random
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

from daemon_bench import Lab

TTL = 2.0
SESSIONS, HANDS = 8, 2
SPARED = 6.0  # seconds after which an unused session should have been collected


class Truth:
    """What was done to one session, by the monotonic clock."""

    def __init__(self, name: str, session_id: str, *, ours: bool) -> None:
        self.name = name
        self.id = session_id
        self.ours = ours
        self.lock = threading.Lock()
        self.used = time.monotonic()  # when the last verified use began
        self.last = ""
        self.held: dict[str, float] = {}  # what keeps it, and when its end began (0: not yet)
        self.client: subprocess.Popen[bytes] | None = None

    def why_living(self, end: float) -> str:
        """Why it must not have been ended at a moment before `end`, empty where nothing is known."""
        if not self.ours:
            return "foreign"
        held = [name for name, ended in self.held.items() if ended == 0 or ended > end]
        if held:
            return f"held: {held}"
        return f"used {end - self.used:.3f} s before the end of the run" if end - self.used < TTL else ""


class Soak:
    def __init__(self, lab: Lab) -> None:
        self.lab = lab
        self.truths: dict[str, Truth] = {}
        self.made = self.acts = self.wrong = self.collected = self.refused = self.late = 0
        self.examples: list[str] = []
        self.why: list[str] = []
        self.ending = threading.Event()
        self.chance = random.Random()

    def make(self) -> None:
        name = f"s{self.made}"
        self.made += 1
        ours = sum(not truth.ours for truth in self.truths.values()) >= 2
        if ours:
            session_id = self.lab.bridge("session-create", name)["session_id"]
        else:
            session_id = self.lab.tmux("new-session", "-d", "-P", "-F", "#{session_id}", "-s", name).strip()
        self.truths[session_id] = Truth(name, session_id, ours=ours)

    def hand(self) -> None:
        """Somebody who uses sessions, now this one, now that."""
        chance = random.Random()
        while not self.ending.is_set():
            truth = chance.choice(list(self.truths.values()))
            # Half of them are left alone for good.
            if int(truth.id[1:]) % 2 and chance.random() < 0.97:
                time.sleep(0.02)
                continue
            if truth.lock.acquire(blocking=False):
                try:
                    self.act(truth, chance)
                except (subprocess.SubprocessError, OSError):
                    pass  # it has just been collected
                finally:
                    truth.lock.release()
            time.sleep(chance.uniform(0.0, 0.15))

    def choose(self, truth: Truth, chance: random.Random) -> str:
        """What to do next; most things that keep a session end again."""
        if truth.held and chance.random() < 0.6:
            held = {"job": "job", "protected": "protect", "attached": "attach", "log": "log"}
            return held[chance.choice(sorted(truth.held))]
        return chance.choice(("type", "type", "print", "job", "protect", "attach", "log"))

    def act(self, truth: Truth, chance: random.Random) -> None:
        target = f"{truth.id}:"
        began = time.monotonic()
        kind = self.choose(truth, chance)
        if kind in ("type", "print"):
            words = ("a",) if kind == "type" else ("echo hello", "Enter")
            self.lab.tmux("send-keys", "-t", target, *words)
        elif kind == "job":
            if "job" in truth.held:
                truth.held["job"] = began
                self.lab.tmux("send-keys", "-t", target, "C-c", "")
                truth.held.pop("job")
            else:
                self.lab.tmux("send-keys", "-t", target, "C-u", "sleep 1000", "Enter")
                end = time.monotonic() + 3
                while "sleep" not in self.lab.tmux("display-message", "-p", "-t", target, "#{pane_current_command}"):
                    if time.monotonic() > end:
                        return
                truth.held["job"] = 0.0
        elif kind == "protect":
            if "protected" in truth.held:
                truth.held["protected"] = began
                self.lab.bridge("gc-unprotect", truth.id)
                truth.held.pop("protected")
                return
            if self.lab.bridge("gc-protect", truth.id)["status"] == "success":
                truth.held["protected"] = 0.0
            return  # it is no use
        elif kind == "log":
            if "log" in truth.held:
                truth.held["log"] = began
                self.lab.bridge("pane-log", truth.id, "0", "off")
                truth.held.pop("log")
                return
            if self.lab.bridge("pane-log", truth.id, "0", "on")["status"] == "success":
                truth.held["log"] = 0.0
            return
        elif truth.client is not None:
            truth.held["attached"] = began
            self.detach(truth)
            truth.held.pop("attached")
            return
        else:
            self.attach(truth)
        self.lab.tmux("display-message", "-p", "-t", target, "#{session_id}")  # raises where it is gone
        listed = self.lab.tmux("list-sessions", "-F", "#{session_id}").split()
        if truth.id in listed:
            truth.used, truth.last = began, kind
            self.acts += 1

    def attach(self, truth: Truth) -> None:
        words = ["tmux", "-C", "attach", "-t", truth.id]
        truth.client = subprocess.Popen(
            words, env=self.lab.env, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        end = time.monotonic() + 3
        while truth.id not in self.lab.tmux("list-clients", "-F", "#{session_id}").split():
            if time.monotonic() > end or truth.client.poll() is not None:
                self.detach(truth)
                return
        truth.held["attached"] = 0.0

    def detach(self, truth: Truth) -> None:
        if truth.client is not None:
            client, truth.client = truth.client, None
            client.stdin.close()
            client.wait(10)

    def run(self, runs: int) -> None:
        for number in range(runs):
            while len(self.truths) < SESSIONS:
                self.make()
            words = ("force",) if number % 10 == 0 else ()
            done = self.lab.bridge("gc-run", *words, "--ttl", str(int(TTL)))
            end = time.monotonic()
            if done["status"] != "success":
                self.wrong += 1
                self.examples.append(json.dumps(done)[:300])
                continue
            self.refused += len(done["refused"])
            left = set(self.lab.tmux("list-sessions", "-F", "#{session_id}").split())
            for item in done["removed"]:
                if item["kind"] == "session" and item["id"] in left:
                    self.wrong += 1
                    self.examples.append(f"said to be removed, and lives: {item}")
            for session_id in set(self.truths) - left:
                truth = self.truths.pop(session_id)
                reason = truth.why_living(end)
                self.collected += 1
                if reason:
                    self.wrong += 1
                    told = [item for item in done["removed"] if item["id"] == session_id]
                    self.examples.append(f"{truth.name}: {reason}, {truth.last}; {words}; {told}")
                self.detach(truth)
            for truth in self.truths.values():
                if truth.ours and not truth.held and end - truth.used > SPARED:
                    self.late += 1
                    self.why.extend(item["reason"] for item in done["kept"] if item["id"] == truth.id)
                    truth.used = end


def main() -> int:
    built, runs = Path(sys.argv[1]).resolve(), int(sys.argv[2]) if len(sys.argv) > 2 else 1000
    with tempfile.TemporaryDirectory(prefix="b", ignore_cleanup_errors=True) as directory:
        lab = Lab(built, Path(directory))
        lab.env |= {"BRIDGE_GC_APART": "0.3", "SHELL": "/bin/bash"}
        soak = Soak(lab)
        began = time.monotonic()
        lab.tmux("new-session", "-d", "-s", "always")
        hands = [threading.Thread(target=soak.hand) for _ in range(HANDS)]
        try:
            for _ in range(SESSIONS):
                soak.make()
            for hand in hands:
                hand.start()
            soak.run(runs)
        finally:
            soak.ending.set()
            for hand in hands:
                hand.join()
            for truth in soak.truths.values():
                soak.detach(truth)
            lab.close()
        print(
            json.dumps(
                {
                    "runs": runs,
                    "seconds": round(time.monotonic() - began),
                    "sessions_made": soak.made,
                    "uses": soak.acts,
                    "collected": soak.collected,
                    "refused_at_the_last_moment": soak.refused,
                    "wrong": soak.wrong,
                    "not_collected_in_time": soak.late,
                    "for": sorted(soak.why),
                    "examples": soak.examples[:5],
                },
                indent=2,
            )
        )
    return 1 if soak.wrong or not soak.collected else 0


if __name__ == "__main__":
    sys.exit(main())
