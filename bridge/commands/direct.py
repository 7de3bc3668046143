"""The rows of `batch` and `mcp`: fronts for programs that make many calls."""

from __future__ import annotations

from bridge.context import Context
from bridge.spec import Arg, Command, Result


def _batch(ctx: Context, params: dict[str, object]) -> Result:
    return ctx.front("batch")(ctx, params)


def _mcp(ctx: Context, params: dict[str, object]) -> Result:
    return ctx.front("mcp")(ctx, params)


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
                '{"id": 2, "command": "pane-run", "arguments": {"session": "dev", …}}, with "fields": ["exit_code"] '
                "for only these fields; - is stdin",
                "word",
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
    Command(
        name="mcp",
        summary="Serve the command table to an agent by the Model Context Protocol, until it leaves.",
        run=_mcp,
        effect="write",
        target="none",
        output="the protocol's messages; with http the address, a line",
        args=(
            Arg(
                "transport",
                "stdio, or http on 127.0.0.1 behind a token",
                "choice",
                default="stdio",
                positional=False,
                choices=("stdio", "http"),
            ),
            Arg(
                "tools",
                "ten tools, or one for each command as well",
                "choice",
                default="core",
                positional=False,
                choices=("core", "all"),
            ),
            Arg(
                "tier",
                "the most that is permitted",
                "choice",
                default="change",
                positional=False,
                choices=("read", "change", "destroy"),
            ),
            Arg("port", "of http; 0 takes a free one", "integer", default=0, positional=False),
        ),
        errors=("ERR_UNSUPPORTED", "ERR_FORBIDDEN"),
        examples=("bridge mcp", "bridge mcp --transport http --tier read"),
        stream=True,
        waits=True,
        script=False,
        libraries=True,
    ),
)
