"""The one judgement of an agent's state: its process first, then what its screen says. In doubt never idle."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from bridge.core.agents.verdict import Verdict

STATES = (
    *("starting", "idle", "working", "approval", "question", "rate-limited", "error", "other", "unknown", "exited"),
)
# A state that an agent is in only once it has drawn itself.
READY = frozenset(("idle", "working", "approval", "question", "rate-limited", "error"))
# What is in front of the agent's terminal.
AGENT, CHILD, SHELL, FOREIGN, NOBODY = "agent", "child", "shell", "foreign", "nobody"
_STARTING_FOR = 30.0  # seconds in which a program that has drawn nothing is still starting


class Facts:
    """What is true of one agent at one moment.

    `server` tells whether a tmux server runs, `pane` whether the agent's pane is there with the process that it had;
    `dead` that tmux has seen that process end, with `exit_status` or `exit_signal` where it tells them. `alive` is
    whether the agent's own process lives, `age` its seconds; `front` is who has the terminal, `front_name` its name,
    `front_pid` its process group. `code` is the exit code that the shell left behind has told. `is_shell` tells that
    the agent is itself a shell. `screen` reads the screen, `ready` tells that it was once seen ready.
    """

    __slots__ = (
        *("age", "alive", "code", "dead", "exit_signal", "exit_status", "front", "front_name", "front_pid", "is_shell"),
        *("pane", "pid", "prompting", "ready", "screen", "server"),
    )

    screen: Callable[[], Verdict]

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self.server = self.pane = self.alive = False
        self.dead = self.ready = self.is_shell = False
        self.prompting: bool | None = None
        self.exit_status: int | None = None
        self.exit_signal: str | None = None
        self.code: int | None = None
        self.front, self.front_name, self.front_pid = NOBODY, "", 0
        self.age = 0.0


class Judgement:
    """A state with its reason; `decided` names the evidence that decided. `verdict` is the screen's, where asked."""

    __slots__ = ("decided", "exit_signal", "exit_status", "reason", "rule", "state", "verdict")

    def __init__(
        self, state: str, reason: str, decided: str, *, verdict: Verdict | None = None, rule: str = ""
    ) -> None:
        self.state = state
        self.reason = reason
        self.decided = decided
        self.verdict = verdict
        self.rule = rule
        self.exit_status: int | None = None
        self.exit_signal: str | None = None


def judge(facts: Facts) -> Judgement:
    """The state of an agent. The screen is asked only where its process lives and has the terminal."""
    ended = _ended(facts)
    if ended is not None:
        return ended
    if facts.front == SHELL:
        return Judgement("unknown", f"{facts.front_name} is in front: the agent was stopped there", "terminal")
    if facts.front == CHILD and facts.is_shell:
        return Judgement("working", f"{facts.front_name} runs in front", "terminal")
    if facts.front in (CHILD, FOREIGN):
        whose = "that it has started" if facts.front == CHILD else "that is not the agent's"
        return Judgement("other", f"{facts.front_name} is in front, a program {whose}", "terminal")
    if facts.front == NOBODY:
        return Judgement("unknown", "nobody has its terminal", "terminal")
    return _seen(facts)


def _ended(facts: Facts) -> Judgement | None:
    """The judgement where the agent's program is gone, None where it lives in its pane."""
    where = ""
    if not facts.server:
        where = "no tmux server runs any more"
    elif not facts.pane:
        where = "its pane is gone"
    if where:
        if facts.alive:
            return Judgement("unknown", f"{where}, but its process {facts.pid} lives", "process")
        return Judgement("exited", where, "pane" if facts.server else "server")
    if facts.alive and not facts.dead:
        return None
    found = Judgement("exited", "its program has ended", "process")
    if facts.dead:
        found.exit_status, found.exit_signal = facts.exit_status, facts.exit_signal
    elif facts.front == SHELL:
        found.exit_status = facts.code
        found.reason = f"its program has ended and left its shell, {facts.front_name}"
    elif facts.front in (FOREIGN, AGENT, CHILD):
        found.reason = f"its program has ended, {facts.front_name} runs in its pane"
    if found.exit_signal:
        found.reason += f", by the signal {found.exit_signal}"
    elif found.exit_status is not None:
        found.reason += f", with status {found.exit_status}"
    return found


def _seen(facts: Facts) -> Judgement:
    """What the screen says of a program that lives and has its terminal."""
    verdict = facts.screen()
    state, reason = verdict.state, verdict.reason
    if state == "exited":
        state, reason = "unknown", f"the screen looks as if it was left ({reason}), but its process lives"
    elif state == "idle" and facts.is_shell and facts.prompting is not True:
        state = "unknown" if facts.prompting is None else "working"
        reason = "the screen shows a prompt, but the shell does not wait at one"
    elif state == "unknown" and not facts.ready and facts.age < _STARTING_FOR:
        state, reason = "starting", f"its process is {facts.age:.1f} s old; {reason}"
    decided = "screen" if state == verdict.state else "process"
    return Judgement(state, reason, decided, verdict=verdict, rule=verdict.rule)
