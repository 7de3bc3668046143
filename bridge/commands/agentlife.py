"""The life of agents: starting them, ending a turn, ending them."""

from __future__ import annotations

import posix

from bridge.commands.agentanswer import AGENT, AGENTS, COUNT, FIELDS, answer, table
from bridge.commands.words import integer, seconds
from bridge.context import Context
from bridge.errors import usage
from bridge.spec import Arg, Command, Field, Result, counted

TYPE_CHECKING = False
if TYPE_CHECKING:
    from bridge.features.agents.sight import Agent
    from bridge.features.agents.spawn import Order

_LARGEST = 1 << 16


def _spawn(ctx: Context, params: dict[str, object]) -> Result:
    from bridge.features.agents import spawn  # noqa: PLC0415 - the rest needs it not

    order = spawn.Order(str(params["role"]))
    order.profile, order.agent_id, order.directory = (str(params[key] or "") for key in ("profile", "id", "dir"))
    order.parent, order.model, order.session = (str(params[key] or "") for key in ("parent", "model", "session"))
    order.count, order.timeout = integer(params["count"]), seconds(params["timeout"])
    order.args = _words(params["args"])
    order.environment = _variables(params["env"])
    text = str(params["context"] or "")
    order.context = _own_input() if text == "-" else text
    _place(order, params)
    found = spawn.spawn(ctx, order)
    fields: dict[str, object] = {"agents": [agent.fields() for agent in found], "count": len(found)}
    started = counted(len(found), "agent")
    if len(found) == 1:
        result = answer(found[0])
        result.fields |= fields
    else:
        nothing = dict.fromkeys((field.name for field in FIELDS), None)
        result = Result(table(found, [0] * len(found)), fields=nothing | fields)
    result.logs = (("success", f"Started {started}"),)
    return result


def _words(value: object) -> tuple[str, ...]:
    """The words in texts that are written as for a shell. Raises ERR_USAGE."""
    import shlex  # noqa: PLC0415 - re costs 6 ms

    found: list[str] = []
    for text in value if isinstance(value, tuple) else ():
        try:
            found += shlex.split(str(text))
        except ValueError as problem:
            raise usage(f"args: can't be read: {text!r}: {problem}", hint="quote it as in a shell") from None
    if any("\0" in word for word in found):
        raise usage("args: holds a NUL", hint="words of a program hold none")
    return tuple(found)


def _variables(value: object) -> dict[str, str]:
    found = {}
    for text in value if isinstance(value, tuple) else ():
        name, equals, content = str(text).partition("=")
        if not equals or not name.isascii() or not name.isidentifier() or "\0" in content:
            raise usage(f"env: no NAME=VALUE: {text!r}", hint="--env LANG=C.UTF-8")
        found[name] = content
    return found


def _place(order: Order, params: dict[str, object]) -> None:
    window, split = bool(params["window"]), bool(params["split"])
    if window and split:
        raise usage("--window and --split exclude one another", hint="give one of them")
    if (window or split) and not order.session:
        raise usage("--window and --split need --session", hint="without it each agent gets a session of its own")
    order.how = "split" if split else "window"


def _own_input() -> str:
    chunks, size = [], 0
    while size <= _LARGEST and (chunk := posix.read(0, _LARGEST + 1 - size)):
        chunks.append(chunk)
        size += len(chunk)
    return b"".join(chunks).decode("utf-8", "surrogateescape")


def _interrupt(ctx: Context, params: dict[str, object]) -> Result:
    from bridge.features.agents import interrupt  # noqa: PLC0415

    return answer(interrupt.interrupt(ctx, str(params["id"]), seconds(params["timeout"])))


def _terminate(ctx: Context, params: dict[str, object]) -> Result:
    from bridge.features.agents import terminate  # noqa: PLC0415

    name, grace = str(params["id"]), seconds(params["grace"])
    found, left = terminate.terminate(ctx, name, grace, cascade=bool(params["cascade"]))
    last: Agent = found[-1]
    logs = [("success", f"Ended {counted(len(found), 'agent')}")]
    if left:
        logs.append(("warn", f"{counted(len(left), 'child', 'ren')} of {name} live on: {', '.join(left)}"))
    result = answer(last, table(found, [0] * len(found)))
    result.fields |= {"agents": [agent.fields() for agent in found], "count": len(found), "left": left}
    result.logs = tuple(logs)
    return result


COMMANDS = (
    Command(
        name="agent-spawn",
        summary="Start an agent, or several, each in a pane of its own.",
        run=_spawn,
        effect="write",
        target="none",
        output="the agent's id, its state and the reason; of several a line for each",
        args=(
            Arg("role", "executive, manager, specialist, or a role of your own", required=True),
            Arg("profile", "the profile of its program; else BRIDGE_AGENT_PROFILE, else claude", positional=False),
            Arg("id", "the id it gets; else one of its role and its parent (exec_1, mgr_1_2)", positional=False),
            Arg("dir", "where it works; else here", positional=False),
            Arg("parent", "the agent that it belongs to; else the one that calls", positional=False),
            Arg("context", "what it is given to read first; - reads standard input", positional=False),
            Arg("count", "how many: all of them are started, or none", "integer", default=1, positional=False),
            Arg("model", "the model, as its program names it", positional=False),
            Arg("args", "more words for its program, quoted as for a shell", positional=False, many=True),
            Arg("env", "a variable for it, NAME=VALUE", positional=False, many=True),
            Arg("session", "a session that is there, in place of one of its own", positional=False),
            Arg("window", "there in a window of its own (as without --split)", "flag", positional=False),
            Arg("split", "there in a split of the current window", "flag", positional=False),
            Arg(
                "timeout",
                "seconds to wait until it has drawn itself; 0 only sees that its program runs",
                "seconds",
                default=0.0,
                positional=False,
            ),
        ),
        returns=(*FIELDS, AGENTS, COUNT),
        errors=(
            *("ERR_PROFILE_NOT_FOUND", "ERR_CONFIG", "ERR_PROGRAM_NOT_FOUND", "ERR_DIRECTORY", "ERR_AGENT_EXISTS"),
            *("ERR_AGENT_NOT_FOUND", "ERR_AGENT_ENDED", "ERR_ROLE", "ERR_LIMIT_INSTANCES", "ERR_LIMIT_DEPTH"),
            *("ERR_SESSION_EXISTS", "ERR_SESSION_NOT_FOUND", "ERR_BAD_NAME", "ERR_MAX_PANES", "ERR_NO_SPACE"),
            *("ERR_TOO_LARGE", "ERR_CONTROL_CHARACTERS", "ERR_AGENT_STATE", "ERR_STATE", "ERR_LOCKED"),
        ),
        examples=(
            "bridge agent-spawn executive",
            "bridge agent-spawn manager --parent exec_1 --dir . --context 'Read TASKS.md and plan it' --timeout 30",
            "bridge agent-spawn specialist --parent mgr_1_1 --count 3 --profile codex --session dev --split",
        ),
        waits=True,
        script=False,
    ),
    Command(
        name="agent-interrupt",
        summary="End an agent's turn by its program's own key.",
        run=_interrupt,
        effect="write",
        target="none",
        output="the agent's id, its state and the reason",
        args=(
            AGENT,
            Arg("timeout", "seconds that it has to leave its turn", "seconds", default=5.0, positional=False),
        ),
        returns=FIELDS,
        errors=("ERR_AGENT_NOT_FOUND", "ERR_AGENT_ENDED", "ERR_AGENT_STATE", "ERR_BUSY", "ERR_STATE"),
        examples=("bridge agent-interrupt exec_1",),
        waits=True,
        script=False,
    ),
    Command(
        name="agent-terminate",
        summary="End an agent; its last screen and what stood above it are kept.",
        run=_terminate,
        effect="destroy",
        target="none",
        output="a line for each agent that was ended, in that order",
        args=(
            AGENT,
            Arg("cascade", "end all below it first, leaves before their parents", "flag", positional=False),
            Arg("grace", "seconds that a program has to end by itself", "seconds", default=5.0, positional=False),
        ),
        returns=(*FIELDS, AGENTS, COUNT, Field("left", "array", "the ids of its children that live on")),
        errors=("ERR_AGENT_NOT_FOUND", "ERR_SELF", "ERR_STATE", "ERR_LOCKED"),
        examples=("bridge agent-terminate spec_1_1_1", "bridge agent-terminate exec_1 --cascade --grace 2"),
        waits=True,
        script=False,
    ),
)
