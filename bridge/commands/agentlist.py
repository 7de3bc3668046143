"""Agents that run: which there are, how each is and why, waiting for a state."""

from __future__ import annotations

from bridge.commands.agentanswer import AGENT, AGENTS, COUNT, FIELDS, ROLE, answer, table
from bridge.commands.words import NO_PANE, PANE, SESSION, WAITED, seconds
from bridge.context import Context
from bridge.spec import Arg, Command, Field, Result, counted
from bridge.system import clock

TYPE_CHECKING = False
if TYPE_CHECKING:
    from bridge.features.agents.sight import Agent


def _adopt(ctx: Context, params: dict[str, object]) -> Result:
    from bridge.features.agents import adopt  # noqa: PLC0415 - the rest needs it not

    words = (str(params[key] or "") for key in ("session", "pane", "profile", "role", "id"))
    return answer(adopt.adopt(ctx, *words))


def _list(ctx: Context, params: dict[str, object]) -> Result:
    from bridge.core.agents import lineage  # noqa: PLC0415
    from bridge.features.agents import roll, sight, until_state  # noqa: PLC0415

    role, parent, state = (str(params[key] or "") for key in ("role", "parent", "state"))
    wanted = until_state.states(state) if state else ()
    rows = roll.rows(ctx)
    if parent:
        roll.pick(rows, parent)
    chosen = [
        row
        for row in rows
        if (not role or row["role"] == role)
        and (not parent or row["parent_id"] == parent)
        and ("exited" in wanted or not row.get("terminated"))
    ]
    found = [agent for agent in sight.look(ctx, chosen, brief=True) if not wanted or agent.state in wanted]
    levels = {row["agent_id"]: level for level, row in lineage.tree([agent.row for agent in found])}
    if params["tree"]:
        places = {name: place for place, name in enumerate(levels)}
        found.sort(key=lambda agent: places[agent.id])
    indents = [levels[agent.id] if params["tree"] else 0 for agent in found]
    fields: dict[str, object] = {"agents": [agent.fields() for agent in found], "count": len(found)}
    return Result(table(found, indents), fields=fields, logs=(("info", counted(len(found), "agent")),))


def _status(ctx: Context, params: dict[str, object]) -> Result:
    from bridge.features.agents import sight  # noqa: PLC0415

    return answer(sight.find(ctx, str(params["id"])))


def _explain(ctx: Context, params: dict[str, object]) -> Result:
    from bridge.features.agents import evidence, sight  # noqa: PLC0415

    agent = sight.find(ctx, str(params["id"]))
    rows = evidence.of_agent(agent)
    lines = [f"{row['source']}: {row['says']}" + (" (decided)" if row["decided"] else "") for row in rows]
    text = "\n".join([f"{agent.state}: {agent.found.reason}", *lines])
    return answer(agent, text, evidence=rows, decided=agent.found.decided, rule=agent.found.rule or None)


def _wait(ctx: Context, params: dict[str, object]) -> Result:
    from bridge.features.agents import roll, until_state  # noqa: PLC0415

    wanted = until_state.states(str(params["state"] or ""))
    timeout = seconds(params["timeout"])
    began = clock.monotonic()
    row = roll.pick(roll.rows(ctx), str(params["id"]))
    agent: Agent = until_state.wait(ctx, row, wanted, timeout)
    return answer(agent, waited_ms=round((clock.monotonic() - began) * 1000))


_STATE = Arg("state", "states, with commas: idle,approval; exited for those that have ended", positional=False)

COMMANDS = (
    Command(
        name="agent-adopt",
        summary="Take the program that runs in front of a pane for an agent.",
        run=_adopt,
        effect="write",
        target="pane",
        output="the agent's id, its state and the reason",
        args=(
            SESSION,
            PANE,
            Arg("profile", "the profile of the program; else the one that knows it", positional=False),
            ROLE,
            Arg("id", "the id it gets; else one is made of its role", positional=False),
        ),
        returns=FIELDS,
        errors=(
            *(*NO_PANE, "ERR_PANE_GONE", "ERR_IDLE", "ERR_PROFILE_NOT_FOUND", "ERR_CONFIG", "ERR_AGENT_EXISTS"),
            *("ERR_STATE", "ERR_LOCKED"),
        ),
        examples=("bridge agent-adopt dev 0", "bridge agent-adopt dev 1 --profile claude --role manager --id boss"),
        script=False,
    ),
    Command(
        name="agent-list",
        summary="List the agents with their states.",
        run=_list,
        effect="read",
        target="none",
        output="a line for each agent; with --tree children stand below their parents, further to the right",
        args=(
            Arg("role", "those of this role", positional=False),
            Arg("parent", "those whose parent this is", positional=False),
            _STATE,
            Arg("tree", "show who comes from whom", "flag", positional=False),
        ),
        returns=(AGENTS, COUNT),
        errors=("ERR_AGENT_NOT_FOUND", "ERR_STATE"),
        examples=("bridge agent-list", "bridge agent-list --tree", "bridge agent-list --state approval,question"),
        script=False,
    ),
    Command(
        name="agent-status",
        summary="Tell how an agent is.",
        run=_status,
        effect="read",
        target="none",
        output="the agent's id, its state and the reason",
        args=(AGENT,),
        returns=FIELDS,
        errors=("ERR_AGENT_NOT_FOUND", "ERR_STATE"),
        examples=("bridge agent-status exec_1",),
        script=False,
    ),
    Command(
        name="agent-explain",
        summary="Tell every piece of evidence for an agent's state, and which decided.",
        run=_explain,
        effect="read",
        target="none",
        output="the state and its reason, then a line for each piece of evidence",
        args=(AGENT,),
        returns=(
            *FIELDS,
            Field(
                "evidence",
                "array",
                "objects with source (record, server, pane, process, terminal, title, progress, cursor, screen), says,"
                " rule, text, age_ms (null where nobody knows), decided",
            ),
            Field("decided", "string", "the source that decided"),
            Field("rule", "string", "the rule of the profile that decided; null where none did"),
        ),
        errors=("ERR_AGENT_NOT_FOUND", "ERR_STATE"),
        examples=("bridge agent-explain exec_1",),
        script=False,
    ),
    Command(
        name="agent-wait",
        summary="Wait until an agent is in a state.",
        run=_wait,
        effect="read",
        target="none",
        output="the agent's id, its state and the reason",
        args=(
            AGENT,
            _STATE,
            Arg("timeout", "seconds; 0 waits for ever", "seconds", default=60.0, positional=False),
        ),
        returns=(*FIELDS, WAITED),
        errors=("ERR_AGENT_NOT_FOUND", "ERR_AGENT_ENDED", "ERR_STATE"),
        examples=(
            "bridge agent-wait exec_1 --state idle",
            "bridge agent-wait exec_1 --state idle,exited --timeout 600",
        ),
        waits=True,
        script=False,
    ),
)
