"""How often the profiles tell the state of a recorded screen right: by program, by state, and on changed screens."""

import sys
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

from agents import corpus  # noqa: E402

from bridge.core.agents import frame, verdict  # noqa: E402
from bridge.store import agents  # noqa: E402

NOBODY = {"HOME": "/nonexistent", "XDG_CONFIG_HOME": "/nonexistent"}  # no profiles but the shipped ones
_kept = {}


def judge(screen, text, known):
    """The verdict of the shipped profile on a text."""
    if screen.agent not in _kept:
        _kept[screen.agent] = agents.load(NOBODY, screen.agent)
    return verdict.classify(_kept[screen.agent], frame.read(text, **known))


class Figures:
    """Counts of one run over screens."""

    def __init__(self) -> None:
        self.all = self.right = self.idle = self.unknown = 0
        self.wrong = []

    def add(self, screen, found) -> None:
        good = found.state in screen.right
        self.all += 1
        self.right += good
        self.idle += found.state == "idle" and not good
        self.unknown += found.state == "unknown" and not good
        if not good:
            self.wrong.append((screen, found))

    def __str__(self) -> str:
        share = 100 * self.right / max(1, self.all)
        unknown = 100 * self.unknown / max(1, self.all)
        return f"{self.right:4}/{self.all:<4} right {share:5.1f} %  false idle {self.idle:2}  unknown {unknown:4.1f} %"


def run(screens, change=None, drop=()):
    """Figures of some screens, each changed first; a change moves things, so that the cursor is not told then."""
    figures = Figures()
    for screen in screens:
        if change is not None and screen.is_stream:
            continue
        known = {key: value for key, value in screen.known.items() if key not in drop}
        figures.add(screen, judge(screen, change(screen.text) if change else screen.text, known))
    return figures


def traps(screens):
    """Idle screens with text in the answer that looks like something else."""
    found = {}
    for name, trap in corpus.TRAPS.items():
        figures = found[name] = Figures()
        for screen in screens:
            if screen.state != "idle" or screen.is_stream or "fresh" in screen.name:
                continue
            plain = judge(screen, screen.text, screen.known)
            box = plain.anatomy.composer
            if plain.state != "idle" or box is None:
                continue
            titled = {key: value for key, value in screen.known.items() if key == "title"}
            top = box.top + plain.anatomy.frame.first
            figures.add(screen, judge(screen, corpus.with_trap(screen.text, top, trap), titled))
    return found


def main() -> int:
    everything = corpus.screens()
    screens = [screen for screen in everything if not screen.disputed]
    whole = run(screens)
    print(f"all screens          {whole}")
    print(f"  first half         {run([one for one in screens if one.half])}")
    print(f"  second half        {run([one for one in screens if not one.half])}")
    print(f"  recorded elsewhere {run([one for one in screens if not one.known])}")
    print(f"  measured           {run([one for one in screens if one.known])}")
    untitled = run([one for one in screens if one.known], drop=("title",))
    print(f"  measured, no title {untitled}")
    changed = {name: run(screens, change, drop=("cursor", "size")) for name, change in corpus.CHANGES.items()}
    for name, figures in changed.items():
        print(f"  {name:<18} {figures}")
    trapped = traps(screens)
    for name, figures in trapped.items():
        print(f"  trap: {name:<12} {figures}")
    wrong = {screen.name for screen, _ in whole.wrong}
    for title, key in (("program", lambda one: one.agent), ("state", lambda one: one.state)):
        counted, good = Counter(map(key, screens)), Counter(key(one) for one in screens if one.name not in wrong)
        print(f"by {title}: " + ", ".join(f"{name} {good[name]}/{count}" for name, count in counted.most_common()))
    runs = {"": whole, "no title": untitled, **changed, **trapped}
    for name, figures in runs.items():
        for screen, found in figures.wrong if name == "" or "-v" in sys.argv else ():
            print(
                f"{name}: {screen.name}: {screen.state}, told {found.state} by {found.rule or 'none'}: {found.reason}"
            )
    for screen in everything:
        if screen.disputed:
            found = judge(screen, screen.text, screen.known)
            print(f"disputed: {screen.name}: {screen.state}, told {found.state}: {screen.disputed}")
    share = whole.right / whole.all
    return 0 if share >= 0.97 and not whole.idle and whole.unknown <= 0.03 * whole.all else 1


if __name__ == "__main__":
    raise SystemExit(main())
