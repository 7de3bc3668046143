"""The table explains itself: schemas, completion files."""

from __future__ import annotations

from bridge.context import Context
from bridge.core import schema
from bridge.spec import Arg, Command, Field, Result


def _schema(ctx: Context, params: dict[str, object]) -> Result:
    rows = ctx.rows(str(params["command"] or ""))
    return Result("\n".join(row.name for row in rows), fields={"schemas": [schema.of_command(row) for row in rows]})


COMMANDS = (
    Command(
        name="schema",
        summary="Tell the JSON Schema (2020-12) of a command's arguments and answers.",
        run=_schema,
        effect="read",
        target="none",
        output="the names of the commands, one a line",
        args=(Arg("command", "the command; without it every command"),),
        returns=(
            Field(
                "schemas",
                "array",
                "an object for each command: command, summary, effect, target, and the schemas arguments and result",
            ),
        ),
        errors=("ERR_UNKNOWN_COMMAND",),
        examples=("bridge schema pane-run | jq '.schemas[0].result'", "bridge schema | jq -r '.schemas[].command'"),
        script=False,
    ),
)
