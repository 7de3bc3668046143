"""The table explains itself: schemas, completion files."""

from __future__ import annotations

from bridge.context import Context
from bridge.core import schema
from bridge.core.shellcompletion import SHELLS
from bridge.features.upkeep import completion
from bridge.spec import Arg, Command, Field, Result


def _schema(ctx: Context, params: dict[str, object]) -> Result:
    rows = ctx.rows(str(params["command"] or ""))
    return Result("\n".join(row.name for row in rows), fields={"schemas": [schema.of_command(row) for row in rows]})


def _completion(ctx: Context, params: dict[str, object]) -> Result:
    shell = str(params["shell"])
    text = completion.script(ctx, shell)
    if params["raw"] and not params["install"]:
        ctx.write(text.encode())
        return Result("", silent=True)
    path, todo = completion.install(ctx, shell, text) if params["install"] else (None, "")
    logs = (("success", f"Completion for {shell}: {path}"), ("info", todo)) if path else ()
    return Result(
        f"{path}" if path else text,
        fields={"shell": shell, "path": path, "todo": todo or None, "script": None if path else text},
        logs=tuple(log for log in logs if log[1]),
    )


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
    Command(
        name="completion",
        summary="Tell the completion file of a shell, or put it where the shell finds it.",
        run=_completion,
        effect="write",
        target="none",
        output="the file's text, with --install its path",
        args=(
            Arg("shell", "the shell", "choice", choices=SHELLS, required=True),
            Arg("install", "write it below the home directory, over an older one of ours", "flag", positional=False),
            Arg("raw", "print the text alone, for a shell to source", "flag", positional=False),
        ),
        returns=(
            Field("shell", "string", "the shell"),
            Field("path", "string", "where it was written; null without --install"),
            Field("todo", "string", "what the shell needs besides, null for nothing"),
            Field("script", "string", "the text; null with --install"),
        ),
        errors=("ERR_STATE",),
        examples=("bridge completion bash --install", "bridge completion zsh --raw"),
        script=False,
    ),
)
