"""Making bridge known to agents."""

from __future__ import annotations

from bridge.context import Context
from bridge.errors import usage
from bridge.spec import Arg, Command, Field, Result

_PATH = Field("path", "string", "the file; null where none is meant")
_CHANGED = Field("changed", "boolean", "whether the file was written now")


def _install(ctx: Context, params: dict[str, object]) -> Result:
    from bridge.features.upkeep import introduction  # noqa: PLC0415 - nothing else here needs it

    if params["client"] is None:
        raise usage("whose settings? --client is missing", hint="--client claude, codex, gemini, cursor or vscode")
    client = str(params["client"])
    found = introduction.server(ctx, client, str(params["tier"]), show=bool(params["print"]))
    said = f"{client}: {'written' if found.changed else 'unchanged'}: {found.path}"
    return Result(
        found.text if params["print"] else said,
        fields={"client": client, "path": found.path, "changed": found.changed, "entry": found.text},
        logs=() if params["print"] else (("success", said),),
    )


def _skill(ctx: Context, params: dict[str, object]) -> Result:
    from bridge.core.skilltext import skill  # noqa: PLC0415
    from bridge.features.upkeep import introduction  # noqa: PLC0415

    client = params["install"]
    if client is None:
        return Result(skill(), fields={"path": None, "changed": False})
    found = introduction.teach(ctx, str(client), show=bool(params["print"]))
    if params["print"]:
        return Result(found.text, fields={"path": found.path, "changed": False})
    said = f"{client}: {'written' if found.changed else 'unchanged'}: {found.path}"
    return Result(said, fields={"path": found.path, "changed": found.changed}, logs=(("success", said),))


COMMANDS = (
    Command(
        name="mcp-install",
        summary="Enter bridge into the settings of an agent's program as an MCP server.",
        run=_install,
        effect="write",
        target="none",
        output="what was done; with --print the entry itself, and nothing is changed",
        args=(
            Arg(
                "client",
                "claude and vscode: the settings of this directory; the others: the user's",
                "choice",
                positional=False,
                choices=("claude", "codex", "gemini", "cursor", "vscode"),
            ),
            Arg(
                "tier",
                "the most that is permitted",
                "choice",
                default="change",
                positional=False,
                choices=("read", "change", "destroy"),
            ),
            Arg("print", "only show what belongs into the file", "flag", positional=False),
        ),
        returns=(
            Field("client", "string", "whose settings they are"),
            _PATH,
            _CHANGED,
            Field("entry", "string", "what belongs into the file"),
        ),
        errors=("ERR_STATE",),
        examples=("bridge mcp-install --client claude", "bridge mcp-install --client codex --print"),
        script=False,
    ),
    Command(
        name="skill",
        summary="Print a short text that teaches an agent to use bridge, or put it where it looks for skills.",
        run=_skill,
        effect="write",
        target="none",
        output="the text; with --install what was done, with --print as well the text again, and nothing is changed",
        args=(
            Arg(
                "install",
                "write it to the user's skills of that program",
                "choice",
                positional=False,
                choices=("claude", "codex"),
            ),
            Arg("print", "only show what belongs into the file, and where", "flag", positional=False),
        ),
        returns=(_PATH, _CHANGED),
        errors=("ERR_STATE",),
        examples=("bridge skill", "bridge skill --install claude", "bridge skill --install claude --print"),
        script=False,
    ),
)
