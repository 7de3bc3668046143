"""Looking at agents: one question to tmux and one pass over the processes, however many there are."""

from __future__ import annotations

from functools import partial

from bridge import __version__, pause
from bridge.context import Context
from bridge.core import promptstate
from bridge.core.agents import life
from bridge.errors import BridgeError
from bridge.features.agents import roll
from bridge.store import agents
from bridge.store.glances import Glances, digest
from bridge.store.lastcode import last_prompt
from bridge.store.roster import Row
from bridge.system import clock, foreground, ids, process, processes, signalnames
from bridge.tmux import screens

TYPE_CHECKING = False
if TYPE_CHECKING:
    from bridge.core.agents.life import Judgement
    from bridge.core.agents.profile import Profile
    from bridge.core.agents.verdict import Verdict
    from bridge.core.usage import Entry
    from bridge.tmux.screens import Shown

_REMINDED_WITHIN = 0.3  # seconds that tmux has to learn of an end
_STEP = 0.01


class Agent:
    """An agent as it is now: its row, its pane where that is there, and the judgement with the facts behind it."""

    __slots__ = ("facts", "found", "looked", "row", "shown")

    def __init__(self, row: Row, shown: Shown | None, facts: life.Facts | None, found: Judgement) -> None:
        self.row = row
        self.shown = shown
        self.facts = facts
        self.found = found
        self.looked = clock.monotonic()

    @property
    def id(self) -> str:
        """Its id."""
        return str(self.row["agent_id"])

    @property
    def state(self) -> str:
        """Its state, one of core.agents.life."""
        return self.found.state

    def known(self) -> dict[str, object]:
        """The same for an error's fields, where no session or pane is an empty text."""
        return {name: value if name != "pane_id" else str(value or "") for name, value in self.fields().items()}

    def fields(self) -> dict[str, object]:
        """The fields that every answer about an agent has."""
        row, shown = self.row, self.shown
        return {
            "agent_id": row["agent_id"],
            "profile": row["profile"],
            "role": row["role"],
            "parent_id": row["parent_id"],
            "depth": row["depth"],
            "session": shown.session if shown is not None else row["session"],
            "pane": row["pane"],
            "pane_id": shown.address if shown is not None else None,
            "state": self.state,
            "since": row["since"],
            "reason": self.found.reason,
            "generation": row.get("generation"),
            "kind": (self.found.verdict.kind or None) if self.found.verdict is not None else None,
            "directory": row.get("directory"),
            "created_at": row["created_at"],
            "conversation_id": row.get("conversation_id"),
            "adopted": bool(row.get("adopted")),
            "exit_status": self.found.exit_status,
            "exit_signal": self.found.exit_signal,
            "kept": row.get("kept"),
        }


def find(ctx: Context, agent_id: str) -> Agent:
    """One agent as it is now. Raises ERR_AGENT_NOT_FOUND, ERR_STATE."""
    return look(ctx, [roll.pick(roll.rows(ctx), agent_id)])[0]


def look(ctx: Context, chosen: list[Row], *, brief: bool = False) -> list[Agent]:
    """These agents as they are now; what has changed since the last look is noted. Raises ERR_STATE.

    A `brief` look reads a screen only if it shows something else than at the last one; it has no evidence of it.
    """
    glances = Glances(ctx.paths.base) if brief else None
    waiting = [row for row in chosen if not row.get("ended_at") and row.get("pane")]
    shown: dict[str, Shown] | None = {}
    entries: dict[int, Entry] = {}
    if waiting:
        shown = screens.look(ctx.tmux, [str(row["pane"]) for row in waiting], ids.nonce())
        end = clock.monotonic() + _REMINDED_WITHIN
        while shown and _remind(waiting, shown) and clock.monotonic() < end:
            pause.nap(_STEP)
            shown = screens.look(ctx.tmux, [str(row["pane"]) for row in waiting], ids.nonce())
        entries = processes.scan()
    groups: dict[int, list[Entry]] = {}
    for entry in entries.values():
        groups.setdefault(entry.group, []).append(entry)
    known: dict[str, Profile | BridgeError] = {}
    found = []
    for row in chosen:
        if row.get("ended_at"):
            found.append(_of_ended(row))
        elif not row.get("pane"):
            found.append(Agent(row, None, None, life.Judgement("starting", "its pane is being made", "process")))
        else:
            pane = (shown or {}).get(str(row["pane"]))
            pane = pane if pane is not None and pane.pid == row["pane_pid"] else None
            profile = _profile(ctx, str(row["profile"]), known)
            facts = _facts(ctx, row, pane, profile, entries, groups)
            facts.screen = partial(_verdict, profile, pane, glances)
            facts.server = shown is not None
            found.append(Agent(row, pane, facts, life.judge(facts)))
    if glances is not None:
        glances.store()
    _note(ctx, found)
    return found


def _of_ended(row: Row) -> Agent:
    found = life.Judgement("exited", str(row.get("reason") or "it has ended"), "record")
    status, signal = row.get("exit_status"), row.get("exit_signal")
    found.exit_status = status if isinstance(status, int) else None
    found.exit_signal = str(signal) if signal else None
    return Agent(row, None, None, found)


def _remind(waiting: list[Row], shown: dict[str, Shown]) -> bool:
    """Whether tmux was told to look after its children: it has not seen yet how one of these ended."""
    for row in waiting:
        pane = shown.get(str(row["pane"]))
        if pane is None or pane.pid != row["pane_pid"]:
            continue
        untold = pane.dead and pane.exit_status is None and pane.exit_signal is None
        if untold or (not pane.dead and process.has_ended(pane.pid)):
            process.nudge(pane.server)
            return True
    return False


def _profile(ctx: Context, name: str, known: dict[str, Profile | BridgeError]) -> Profile | BridgeError:
    if name not in known:
        try:
            known[name] = agents.load(ctx.environ, name)
        except BridgeError as problem:
            known[name] = problem
    return known[name]


def _facts(
    ctx: Context,
    row: Row,
    pane: Shown | None,
    profile: Profile | BridgeError,
    entries: dict[int, Entry],
    groups: dict[int, list[Entry]],
) -> life.Facts:
    pid = roll.number(row["pid"])
    facts = life.Facts(pid)
    facts.ready = bool(row.get("ready"))
    own = entries.get(pid)
    own = own if own is not None and own.started == row["started"] and own.state not in "ZX" else None
    facts.alive = own is not None
    facts.age = own.age if own is not None else 0.0
    if pane is None:
        return facts
    host = entries.get(pane.pid)
    facts.dead = pane.dead
    facts.pane = pane.dead or (host is not None and host.started == row["pane_started"])
    if pane.dead:
        facts.exit_status = pane.exit_status
        facts.exit_signal = signalnames.name(pane.exit_signal) if pane.exit_signal else None
        return facts
    names = _names(profile)
    facts.is_shell = bool(names & promptstate.SHELLS)
    if host is not None:
        _front(facts, pane, host, own, names, entries, groups)
    if not facts.alive and facts.front == life.SHELL:
        prompts, code, _, _ = last_prompt(ctx.paths, pane.id, pane.pid)
        if prompts and prompts == roll.number(row.get("prompts")) + 1:
            facts.code = code
    if facts.is_shell and facts.alive and facts.front == life.AGENT:
        facts.prompting = {promptstate.IDLE: True, promptstate.RUNNING: False}.get(
            promptstate.verdict(foreground.look(pane.pid, pane.tty))
        )
    return facts


def _names(profile: Profile | BridgeError) -> set[str]:
    return set() if isinstance(profile, BridgeError) else set(profile.words("process", "names"))


def _front(
    facts: life.Facts,
    pane: Shown,
    host: Entry,
    own: Entry | None,
    names: set[str],
    entries: dict[int, Entry],
    groups: dict[int, list[Entry]],
) -> None:
    """Who has the terminal: the agent, what it has started, a shell that it left, or somebody else."""
    if host.foreground is None:  # this system does not say
        facts.front = life.AGENT if own is not None else life.NOBODY
        return
    terminal = processes.terminal_number(pane.tty)
    group = host.foreground
    members = [entry for entry in groups.get(group, []) if entry.tty == terminal and entry.state not in "ZX"]
    if not members:
        return
    leader = next((entry for entry in members if entry.pid == group), members[0])
    facts.front_pid, facts.front_name = group, leader.name
    if own is not None and (own.group == group or own in members):
        facts.front, facts.front_name = life.AGENT, own.name
    elif own is not None and _descends(leader, own.pid, entries):
        facts.front = life.AGENT if leader.name in names and not facts.is_shell else life.CHILD
    elif promptstate.is_interactive_shell(process.arguments(leader.pid), promptstate.PERSONAL):
        facts.front = life.SHELL
    else:
        facts.front = life.FOREIGN


def _descends(entry: Entry, above: int, entries: dict[int, Entry]) -> bool:
    seen = set()
    at: Entry | None = entry
    while at is not None and at.pid not in seen:
        if at.parent == above:
            return True
        seen.add(at.pid)
        at = entries.get(at.parent)
    return False


def _verdict(profile: Profile | BridgeError, pane: Shown | None, glances: Glances | None) -> Verdict:
    from bridge.core.agents import frame, verdict  # noqa: PLC0415 - re costs 6 ms, and agents that ended need it not

    text = pane.text if pane is not None else None
    if isinstance(profile, BridgeError) or pane is None or text is None:
        reason = f"its profile can't be used: {profile.message}" if isinstance(profile, BridgeError) else "no screen"
        return verdict.unread(reason)
    made_of = ""
    if glances is not None:
        made_of = _made_of(profile, text, pane)
        words = glances.find(pane.id, made_of)
        if words is not None and len(words) == 4:
            return verdict.remembered(*words)
    seen = frame.read(text, title=pane.title, cursor=pane.cursor, size=pane.size, progress=pane.progress)
    found = verdict.classify(profile, seen)
    if glances is not None:
        glances.put(pane.id, made_of, [found.state, found.kind, found.reason, found.rule])
    return found


def _made_of(profile: Profile, text: str, pane: Shown) -> str:
    """All that a verdict on a screen is made of: the rules, bridge's own that read them, and what is shown."""
    return digest(__version__, profile.print, text, pane.title, pane.cursor, pane.size, pane.progress)


def _note(ctx: Context, found: list[Agent]) -> None:
    """Keep since when each state holds, and how an agent ended: nobody can tell that later."""
    now = clock.timestamp()
    changed: dict[object, Row] = {}
    for agent in found:
        row = agent.row
        if row.get("ended_at") or not row.get("pane"):
            continue
        update: Row = {}
        if row["state"] != agent.state:
            update |= {"state": agent.state, "since": now}
        if agent.state in life.READY and not row.get("ready"):
            update["ready"] = True
        if agent.state == "exited":
            update |= {"ended_at": now, "reason": agent.found.reason}
            update |= {"exit_status": agent.found.exit_status, "exit_signal": agent.found.exit_signal}
        if update:
            row.update(update)
            changed[row["agent_id"], row["generation"]] = update
    if not changed:
        return

    def merge(stored: list[Row]) -> list[Row]:
        return [row | changed.get((row["agent_id"], row.get("generation")), {}) for row in stored]

    roll.note(ctx, merge)
