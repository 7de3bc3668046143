"""Random histories of sessions against an oracle that knows what really happened: gc_oracle.py [HISTORIES] [SEED]

A world is simulated that has true time, a wall clock that somebody sets, sessions that people and programs
use, and looks now and then. The decision sees what tmux would show: whole-second stamps of the wall clock,
flags, a fingerprint. The oracle sees the true times and shares no code with the decision. Prints JSON; exits
with 1 where a living session was collected, or fewer than 99 % of those that were due.
"""

from __future__ import annotations

import json
import random
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from bridge.core import gc

FLAGS = (
    *("attached", "running", "protected", "subscribed", "leased", "member", "grouped", "linked", "piped", "own"),
    *("unknown", "foreign-pane"),
)
HOUR = 3600.0


class World:
    """True time and what the wall clock says; the clock is set by jumps."""

    def __init__(self, chance: random.Random) -> None:
        self.booted_at = chance.uniform(1e9, 2e9)
        self.now = chance.uniform(60, 20 * HOUR)
        self.ahead = 0.0
        self.server_began = self.now - chance.uniform(0, 50)
        self.server_stamp = float(int(self.booted_at + self.server_began))

    def wall(self) -> float:
        return self.booted_at + self.now + self.ahead


class Life:
    """One session as it really is. `used` is the true time of its last use."""

    def __init__(self, world: World, chance: random.Random, number: int) -> None:
        self.name = f"s{number}"
        self.owned = chance.random() < 0.85
        self.flags: set[str] = set()
        self.used = world.now
        self.created_stamp = self.stamp = float(int(world.wall()))
        self.changes = 0
        self.ended = False
        self.looks: list[float] = []  # true times of looks since the last change, also one that left no trace
        self.free_looks: list[float] = []  # of looks since the last use at which nothing spoke against it

    def use(self, world: World) -> None:
        """Output, a key, an attaching client: tmux notes the second, by the wall clock."""
        self.used = world.now
        self.stamp = float(int(world.wall()))
        self.free_looks = []
        self.change(world)

    def change(self, world: World) -> None:
        self.changes += 1
        self.looks = []

    def set(self, world: World, flag: str) -> None:
        """A flag comes or goes. A client that comes and a program that begins or ends leave a stamp; others do not."""
        coming = flag not in self.flags
        self.flags ^= {flag}
        if flag == "running" or (flag == "attached" and coming):
            self.use(world)
        else:
            self.change(world)

    def facts(self, ttl: float) -> gc.Facts:
        """What a look would find."""
        first, last = gc.span(self.created_stamp, (self.stamp,))
        holds = tuple(self.flags) + (() if self.owned else ("not-owned",))
        mark = f"{self.stamp}/{'attached' in self.flags}/{'protected' in self.flags}/{'piped' in self.flags}"
        return gc.Facts(self.name, self.name, holds=holds, first=first, last=last, fingerprint=f"{mark}", ttl=ttl)


class Tally:
    def __init__(self) -> None:
        self.histories = self.sessions = self.looks = self.kept = self.collected = 0
        self.living_collected = self.due = self.due_collected = self.jumps = 0
        self.examples: list[str] = []


def is_living(life: Life, world: World, ttl: float, apart: float) -> str:
    """The oracle: why this session must not be ended now, empty if it may be."""
    if not life.owned:
        return "not ours"
    if life.flags:
        return f"has {sorted(life.flags)}"
    if world.now - life.used < ttl:
        return f"used {world.now - life.used:.1f} s ago"
    if not any(world.now - at >= apart for at in life.free_looks):
        return "not seen free before"
    return ""


def is_due(life: Life, world: World, ttl: float, apart: float, *, jumped: bool) -> bool:
    """The oracle: whether a clean-up worth its name must end it at this look."""
    if is_living(life, world, ttl, apart):
        return False
    if not jumped:  # two looks at which it was idle, to the second of the stamps
        firsts = [at for at in life.looks if at - life.used >= ttl + 3 and world.now - at >= apart]
        return bool(firsts)
    # The clock tells nothing: what the looks themselves saw must be enough.
    return any(at - life.looks[0] >= ttl and world.now - at >= apart for at in life.looks)


def history(chance: random.Random, tally: Tally) -> None:
    """Some sessions over some days, with looks between."""
    world = World(chance)
    ttl = chance.choice((60.0, 600.0, 7200.0))
    apart = chance.choice((1.0, 60.0))
    may_jump = chance.random() < 0.3
    jumped = jump_allowed = False
    least: float | None = None
    memory: dict[str, gc.Seen] = {}
    lives = [Life(world, chance, number) for number in range(chance.randint(1, 4))]
    tally.histories += 1
    tally.sessions += len(lives)
    due: set[str] = set()
    for _ in range(chance.randint(10, 60)):
        world.now += chance.choice((0.01, 0.5, 5.0, apart, ttl / 3, ttl, 2 * ttl)) * chance.uniform(0.3, 1.5)
        if may_jump and jump_allowed and chance.random() < 0.15:
            world.ahead += chance.choice((-1, 1)) * chance.choice((30.0, HOUR, 3 * HOUR, 240 * HOUR))
            jumped, jump_allowed = True, False  # the next one only after a look, which is what is promised
            tally.jumps += 1
            continue
        action = chance.random()
        living = [life for life in lives if not life.ended]
        if not living:
            break
        life = chance.choice(living)
        if action < 0.12:
            life.use(world)
        elif action < 0.3:
            # Most flags go again, or nothing would ever be idle.
            life.set(
                world,
                chance.choice(sorted(life.flags)) if life.flags and chance.random() < 0.7 else chance.choice(FLAGS),
            )
        elif action < 0.33 and not may_jump:
            memory.clear()  # the file was lost
            for other in lives:
                other.looks, other.free_looks = [], []
        else:
            offset = world.wall() - world.now
            least = offset if least is None else min(least, offset)
            ahead = gc.set_forward(world.wall(), world.now, world.server_stamp, world.now - world.server_began, least)
            moment = gc.Moment(world.wall(), world.now, ahead)
            jump_allowed = True
            tally.looks += 1
            for one in living:
                verdict = gc.judge(one.facts(ttl), moment, memory.get(one.name), apart)
                memory[one.name] = verdict.seen
                if is_due(one, world, ttl, apart, jumped=jumped):
                    due.add(one.name)
                if verdict.decision == gc.COLLECT:
                    tally.collected += 1
                    reason = is_living(one, world, ttl, apart)
                    if reason:
                        tally.living_collected += 1
                        tally.examples.append(f"{reason}; ttl {ttl}, idle told {verdict.idle:.1f}, jumped {jumped}")
                    tally.due_collected += one.name in due
                    one.ended = True
                else:
                    tally.kept += 1
                    one.looks.append(world.now)
                    if not one.flags:
                        one.free_looks.append(world.now)
    tally.due += len(due)


def main() -> int:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000
    seed = int(sys.argv[2]) if len(sys.argv) > 2 else random.SystemRandom().randrange(10**9)
    chance = random.Random(seed)
    tally = Tally()
    for _ in range(count):
        history(chance, tally)
    share = tally.due_collected / tally.due if tally.due else 0.0
    print(
        json.dumps(
            {
                "seed": seed,
                "histories": tally.histories,
                "sessions": tally.sessions,
                "looks": tally.looks,
                "clock_jumps": tally.jumps,
                "collected": tally.collected,
                "kept": tally.kept,
                "living_collected": tally.living_collected,
                "due": tally.due,
                "due_collected_percent": round(share * 100, 2),
                "examples": tally.examples[:5],
            },
            indent=2,
        )
    )
    return 0 if tally.living_collected == 0 and share >= 0.99 else 1


if __name__ == "__main__":
    sys.exit(main())
