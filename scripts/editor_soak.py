"""Runs in random states of every shell's line editor: how many drafts were run or joined, how many runs were not exact.

A state is up to four pieces of tests/support/editor_states.py in a row. Usage: editor_soak.py BUILT [STATES] [SEED]
"""

from __future__ import annotations

import random
import sys
import time
from pathlib import Path

TESTS = Path(__file__).resolve().parent.parent / "tests"
sys.path[:0] = [str(TESTS), str(TESTS / "support")]

from conftest import sandbox  # noqa: E402
from editor_states import KINDS, STATES, Editor, Kind  # noqa: E402

# Enter in the middle would run what stands before it: that is what was typed, and no draft.
_PIECES = [keys for keys in STATES.values() if b"\r" not in keys and b"\n" not in keys]
_LAST = [keys for keys in STATES.values() if b"\r" in keys]


def soak(built: Path, kind: Kind, count: int, chance: random.Random) -> tuple[int, int]:
    """How many drafts were run or joined, and how many runs were not exact, of so many in this editor."""
    drafts = wrong = 0
    with sandbox(built) as box:
        editor = Editor(box, kind)
        for _ in range(count):
            keys = [*chance.choices(_PIECES, k=chance.randrange(4)), chance.choice([*_PIECES, *_LAST])]
            if b"\r" in keys[-1]:
                keys = keys[-1:]
            told = editor.problem_of(0, repr(keys), b"".join(keys))
            if told:
                print(told)
                drafts += "the draft was run" in told
                wrong += "the draft was run" not in told
    return drafts, wrong


def main(built: str, states: int, seed: int) -> int:
    """Print one line an editor; the exit status is 1 where a draft was run or a run was not exact."""
    chance = random.Random(seed)
    drafts = wrong = 0
    for kind in KINDS:
        began = time.monotonic()
        count = -(-states // len(KINDS))
        found = soak(Path(built).resolve(), kind, count, chance)
        drafts, wrong = drafts + found[0], wrong + found[1]
        print(f"{kind.name}: {count} states, {found[0]} drafts run, {found[1]} runs not exact", flush=True)
        print(f"  {(time.monotonic() - began) / count * 1000:.0f} ms each", flush=True)
    print(f"seed {seed}: drafts run or joined: {drafts}; runs not exact: {wrong}")
    return 1 if drafts or wrong else 0


if __name__ == "__main__":
    sys.exit(
        main(sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 1000, int(sys.argv[3]) if sys.argv[3:] else 1)
    )
