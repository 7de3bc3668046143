"""Taking a program that runs already for an agent: which one it is, and that it stands in front of its pane."""

from __future__ import annotations

from bridge import errors
from bridge.context import Context
from bridge.core import promptstate
from bridge.core.agents import lineage
from bridge.errors import BridgeError
from bridge.features.agents import roll, sight
from bridge.features.panes import lookup
from bridge.model import Pane, Process
from bridge.store import agents
from bridge.store.lastcode import last_code
from bridge.store.roster import Row
from bridge.system import clock, foreground, process
from bridge.tmux import argv, screens

TYPE_CHECKING = False
if TYPE_CHECKING:
    from bridge.core.agents.profile import Profile

_ENDINGS = (".js", ".mjs", ".cjs", ".py", ".exe")
_WORDS = 3  # an interpreter, an option of it, the program


def adopt(ctx: Context, session: str, pane: str, profile: str, role: str, agent_id: str) -> sight.Agent:
    """Make what runs in front of a pane an agent.

    Raises ERR_SESSION_NOT_FOUND, ERR_PANE_NOT_FOUND, ERR_LABEL_AMBIGUOUS, ERR_PANE_GONE, ERR_IDLE where nothing but a
    shell is in front, ERR_PROFILE_NOT_FOUND, ERR_AGENT_EXISTS, ERR_USAGE, ERR_STATE, ERR_LOCKED.
    """
    check_words(role, agent_id)
    found, chosen = lookup.find(ctx, session, pane)
    if chosen.dead:
        raise errors.dead(chosen.address)
    program, known = _program(ctx, chosen, profile)
    shell = process.read_process(chosen.pid)
    if shell is None:
        raise errors.pane_gone(chosen.address)
    now = clock.timestamp()
    row: Row = {
        "profile": known.name,
        "role": role,
        "parent_id": None,
        "depth": 0,
        "directory": process.working_directory(program.pid).decode("utf-8", "replace") or None,
        "created_at": now,
        "session": found.session,
        "pane": chosen.id,
        "pane_pid": chosen.pid,
        "pane_started": shell.started,
        "pid": program.pid,
        "started": program.started,
        "generation": f"{chosen.id}-{program.pid}-{program.started}",
        "adopted": True,
        "conversation_id": None,
        "prompts": last_code(ctx.paths, chosen.id, chosen.pid)[0],
        "state": "starting",
        "since": now,
        "ready": True,
    }

    def add(stored: list[Row]) -> list[Row]:
        name = free_id(stored, role, None, agent_id)
        same = [old for old in stored if not old.get("ended_at") and old.get("pane") == chosen.id]
        if any(old["pid"] == program.pid and old["started"] == program.started for old in same):
            raise BridgeError(
                "ERR_AGENT_EXISTS",
                f"what runs in pane {chosen.address} of {found.session!r} is agent {same[-1]['agent_id']!r} already",
                hint=f"bridge agent-status {same[-1]['agent_id']}",
                pane_id=chosen.address,
            )
        row["agent_id"] = name
        return [*(old for old in stored if old["agent_id"] != name), row]

    roll.roster(ctx).change(clock.epoch(), add)
    ctx.tmux.run(("set-option", "-p", "-t", chosen.id, screens.AGENT, f"{row['agent_id']}:{chosen.id}"))
    return sight.look(ctx, [row])[0]


def check_words(role: str, agent_id: str) -> None:
    """Raise ERR_USAGE for a role or an id that can't be one."""
    if not lineage.ROLE.fullmatch(role):
        raise errors.usage(f"role: no role: {role!r}", hint="small letters, digits and -, at most 24")
    if agent_id and not lineage.ID.fullmatch(agent_id):
        raise errors.usage(f"id: no id: {agent_id!r}", hint="letters, digits, _ and -, at most 40")


def free_id(stored: list[Row], role: str, parent: str | None, wanted: str) -> str:
    """The id that is wanted, or the next one. Raises ERR_AGENT_EXISTS where it is taken."""
    if not wanted:
        return lineage.next_ids(role, parent, [str(row["agent_id"]) for row in stored], 1)[0]
    old = next((row for row in stored if row["agent_id"] == wanted), None)
    if old is not None and not old.get("terminated") and not roll.is_cut_off(old):
        how = "has ended, and its pane is kept" if old.get("ended_at") else "is one of the agents"
        raise BridgeError(
            "ERR_AGENT_EXISTS",
            f"the id is taken: {wanted!r} {how}",
            hint=f"take another, or bridge agent-terminate {wanted}",
        )
    return wanted


def is_of(profile: Profile, argv_words: tuple[str, ...], name: str) -> bool:
    """Whether a process is the profile's program, by its name or the words that it was started with."""
    names = set(profile.words("process", "names"))
    words = {_stem(word) for word in argv_words[:_WORDS]}
    return name in names or bool(words & names)


def _stem(word: str) -> str:
    name = word.rpartition("/")[2].lstrip("-")
    return next((name[: -len(ending)] for ending in _ENDINGS if name.endswith(ending)), name)


def _program(ctx: Context, pane: Pane, wanted: str) -> tuple[Process, Profile]:
    """The process that is the agent, and its profile."""
    front = foreground.read(pane.pid, pane.tty)
    if front.first is None:
        raise errors.pane_gone(pane.address)
    for member in front.members:
        member.argv = member.argv or process.arguments(member.pid)
    leader = next((member for member in front.members if member.pid == front.group), front.members[0])
    names = [wanted] if wanted else [source.name for source in agents.sources(ctx.environ) if source.name != "shell"]
    for name in names:
        profile = agents.load(ctx.environ, name)
        if any(is_of(profile, member.argv, member.name) for member in front.members):
            return leader, profile
    if promptstate.is_interactive_shell(leader.argv, promptstate.PERSONAL):
        raise BridgeError(
            "ERR_IDLE",
            f"nothing but a shell, {leader.name}, is in front of pane {pane.address}",
            hint="start the agent there first; --profile shell takes the shell itself",
            pane_id=pane.address,
        )
    if wanted:  # a wrapper of the user's own, that no name tells
        return leader, agents.load(ctx.environ, wanted)
    raise BridgeError(
        "ERR_PROFILE_NOT_FOUND",
        f"no profile knows the program in front of pane {pane.address}: {' '.join(leader.argv)[:80] or leader.name!r}",
        hint="name it: --profile P; bridge agent-profiles lists them",
        pane_id=pane.address,
    )


def pane_option(agent_id: str, target: str) -> tuple[str, ...]:
    """The command that marks a pane as an agent's; the pane's own id stands in the value."""
    return ("set-option", "-p", "-F", "-t", target, screens.AGENT, f"{argv.plain(agent_id)}:#{{pane_id}}")
