"""Doors for programs that make many calls."""

from __future__ import annotations

from bridge.context import Context
from bridge.spec import Arg, Command, Result


def _batch(ctx: Context, params: dict[str, object]) -> Result:
    return ctx.front("batch")(ctx, params)


COMMANDS = (
    Command(
        name="batch",
        summary="Make many calls in one process: a JSON object a line in, an envelope a line out.",
        run=_batch,
        effect="write",
        target="none",
        output="an envelope a line, with the line's id as its first key; a line that cannot be read is answered too",
        args=(
            Arg(
                "file",
                'lines like {"id": 1, "argv": ["pane-count", "dev"]} or '
                '{"id": 2, "command": "pane-run", "arguments": {"session": "dev", …}}; - is stdin',
                default="-",
            ),
            Arg(
                "parallel",
                "calls at a time, up to 64; those for one session and pane keep their order",
                "integer",
                default=1,
                positional=False,
            ),
            Arg("stop-on-error", "make no further call after one that is no success", "flag", positional=False),
        ),
        examples=("bridge batch calls.jsonl", "bridge batch - --parallel 8 --stop-on-error"),
        stream=True,
        waits=True,
        script=False,
    ),
)
