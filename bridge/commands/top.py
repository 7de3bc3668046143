"""A view of everything for a person at a terminal."""

from __future__ import annotations

from bridge.context import Context
from bridge.spec import Arg, Command, Field, Result


def _top(ctx: Context, params: dict[str, object]) -> Result:
    return ctx.front("top")(ctx, params)


COMMANDS = (
    Command(
        name="top",
        summary="Watch all panes on a full screen, with state, CPU, memory and events, and act on them by keys.",
        run=_top,
        effect="write",
        target="none",
        output="fixed text, after the screen",
        args=(
            Arg("interval", "seconds between two looks, from 0.1 to 60", "seconds", default=1.0, positional=False),
            Arg("filter", "show only panes with this text in name, label, program or state", positional=False),
            Arg("session", "show only the session of this exact name or $id", "session", positional=False),
        ),
        returns=(Field("looks", "integer", "how often it has looked"),),
        errors=("ERR_NO_TERMINAL", "ERR_UNSUPPORTED"),
        examples=("bridge top", "bridge top --session dev --interval 0.5", "bridge top --filter failed"),
        waits=True,
        script=False,
        libraries=True,
    ),
)
