"""The corpus of hard commands, run by each tool: what it told of the output and of the exit code."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from peers.callers import Failed
from peers.contestant import Contestant, Ran, last_lines
from peers.ground import Ground
from run_corpus import CASES, Case

ATTEMPTS = 3
# A case that looks at what the one before it has left in the shell is run in the same pane.
FOLLOWERS = frozenset(
    (
        *("after a broken one", "function stays", "fish function stays", "cd stays", "export stays"),
        *("variable stays", "fish variable stays", "status seen", "fish status seen too", "after the unfinished one"),
        *("after noclobber", "noclobber off", "after set -u", "set +u", "after trace off"),
    )
)
EXACT, LINES, WITHIN, WRONG, ADMITTED, NO_WAY = "exact", "lines", "within", "wrong", "admitted", "no way"
RIGHT = (EXACT, LINES)


@dataclass
class Result:
    """What came of one case: how near the output is, whether the code is right, and what it cost."""

    case: str
    output: str
    code: bool
    milliseconds: float = 0.0
    read: int = 0
    saw: str = ""

    @property
    def right(self) -> bool:
        return self.output in RIGHT and self.code

    def may_be_chance(self, limit: float) -> bool:
        """Wrong, and neither by design nor after the whole time that it had."""
        waited = self.output == ADMITTED and self.milliseconds >= limit * 1000
        return not self.right and not waited and self.output not in (NO_WAY, WITHIN)


def chains(shell: str) -> list[list[Case]]:
    """The cases for a shell, those together that need the same pane."""
    found: list[list[Case]] = []
    for case in CASES:
        if shell in case.shells:
            if case.name in FOLLOWERS and found:
                found[-1].append(case)
            else:
                found.append([case])
    return found


def judge(case: Case, ran: Ran, *, screen: bool = False) -> tuple[str, bool]:
    """How near the output is, and whether the code is right; a tool that says it does not know is not lying."""
    code = ran.code == case.code if case.code is not None else ran.code not in (0, None)
    if ran.admitted:
        return ADMITTED, code
    if case.output is None or ran.output == case.output:
        return EXACT, code
    if ran.output.rstrip("\n") == case.output.rstrip("\n"):
        return LINES, code
    wanted = last_lines(case.output).strip("\n")
    if screen and not wanted:
        return WITHIN, code  # nothing was to be printed, and a screen is never empty
    return (WITHIN if wanted and f"\n{wanted}\n" in f"\n{last_lines(ran.output)}\n" else WRONG), code


def once(tool: Contestant, ground: Ground, chain: list[Case]) -> list[Result]:
    """Each case of a chain, in a fresh pane."""
    pane, found = ground.pane(), []
    for case in chain:
        if tool.shells_of_its_own and case.name in FOLLOWERS and case.name not in ("after a broken one",):
            found.append(Result(case.name, NO_WAY, code=False, saw="each command runs in a subshell"))
            continue
        before, began = tool.read, time.monotonic()
        try:
            ran = tool.run(pane, case.command, tool.limit)
            output, code = judge(case, ran, screen=tool.shows_the_screen)
            saw = f"code {ran.code}, output {ran.output[-300:]!r}"
        except (Failed, OSError, KeyError, ValueError, TimeoutError, subprocess.TimeoutExpired) as problem:
            output, code, saw = ADMITTED, False, f"{type(problem).__name__}: {str(problem)[:300]}"
        spent = (time.monotonic() - began) * 1000
        found.append(Result(case.name, output, code, round(spent, 1), tool.read - before, saw))
    ground.remove(pane)
    return found


def corpus(tool: Contestant, todo: Sequence[list[Case]], program: str, cache: Path) -> list[dict[str, object]]:
    """The cases of these chains, the best of up to three attempts at each, since the machine may be busy."""
    found: list[Result] = []
    with Ground(tool, program, cache) as ground:
        for chain in todo:
            results = once(tool, ground, chain)
            for _ in range(ATTEMPTS - 1):
                if not any(result.may_be_chance(tool.limit) for result in results):
                    break
                again = once(tool, ground, chain)
                results = max(results, again, key=lambda tried: sum(result.right for result in tried))
            found += results
    return [asdict(result) for result in found]
