"""What the commands about agents have in common: their fields, their arguments, and how an agent is told."""

from __future__ import annotations

from bridge.spec import Arg, Field, Result

TYPE_CHECKING = False
if TYPE_CHECKING:
    from bridge.features.agents.sight import Agent

AGENT = Arg("id", "the agent's id", "word", required=True)
ROLE = Arg("role", "executive, manager, specialist, or a role of your own", default="agent", positional=False)

FIELDS = (
    Field("agent_id", "string", "the agent's id"),
    Field("profile", "string", "the profile of its program"),
    Field("role", "string", "its role"),
    Field("parent_id", "string", "the agent that it comes from, or null"),
    Field("depth", "integer", "how many agents stand above it"),
    Field("pane", "string", "the %id of its pane"),
    Field(
        "state",
        "string",
        "starting, idle, working, approval, question, rate-limited, error, other, unknown or exited",
    ),
    Field("since", "string", "when that state was first seen"),
    Field("reason", "string", "why, in words"),
    Field("generation", "string", "pane, process and its start: what tells this program from one that comes later"),
    Field("kind", "string", "what of that state: permission, trust, login, plan, question, menu, limit; or null"),
    Field("directory", "string", "where it was started, or null"),
    Field("created_at", "string", "since when it is an agent"),
    Field("conversation_id", "string", "its own name for the conversation, null where nobody knows it"),
    Field("adopted", "boolean", "whether it ran before it became an agent"),
    Field("exit_status", "integer", "of one that has exited: its status, null where nobody knows it"),
    Field("exit_signal", "string", "the signal that ended it, or null"),
    Field("kept", "string", "of one that was terminated: the directory with its last screen and transcript; or null"),
)
AGENTS = Field("agents", "array", "the agents: objects with the fields of agent-status, and session and pane_id")
COUNT = Field("count", "integer", "how many there are")


def answer(agent: Agent, text: str = "", **fields: object) -> Result:
    """The answer about one agent."""
    told = agent.fields()
    session, pane_id = str(told.pop("session")), told.pop("pane_id")
    return Result(
        text or f"{agent.id}: {agent.state}: {agent.found.reason}",
        session=session,
        pane_id=str(pane_id or ""),
        fields=told | fields,
    )


def table(found: list[Agent], indents: list[int]) -> str:
    """A line for each agent, the columns below one another."""
    rows = [
        ("  " * indent + agent.id, str(agent.row["role"]), str(agent.row["profile"]), agent.state, agent.found.reason)
        for agent, indent in zip(found, indents, strict=True)
    ]
    widths = [max((len(row[column]) for row in rows), default=0) for column in range(4)]
    return "\n".join(
        "  ".join([*(cell.ljust(width) for cell, width in zip(row, widths, strict=False)), row[4]]) for row in rows
    )
