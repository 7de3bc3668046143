"""The server over HTTP on the loopback: behind a token, for programs and never for pages of other sites."""

from __future__ import annotations

import logging
import os
import secrets
from typing import TYPE_CHECKING, Any

from anyio import BrokenResourceError, ClosedResourceError

from bridge.core.webguard import refusal
from bridge.store.paths import ensure

if TYPE_CHECKING:
    from bridge.context import Context

_TOKEN = "mcp-token"  # noqa: S105 - the name of its file


def token_of(ctx: Context) -> tuple[str, str]:
    """The token and the file (0600) that holds it, made if need be."""
    ensure(ctx.paths.root)
    path = f"{ctx.paths.root}/{_TOKEN}"
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    except FileExistsError:
        with open(path, encoding="ascii") as file:
            found = file.read().strip()
        if len(found) >= 32 and os.stat(path).st_mode & 0o077 == 0:
            return found, path
        os.unlink(path)
        return token_of(ctx)
    with open(descriptor, "w", encoding="ascii") as file:
        token = secrets.token_hex(32)
        file.write(token + "\n")
    return token, path


class NoDefect(logging.Filter):
    """Leaves out what the library reports with a traceback although a client has only left."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether the record tells more than that."""
        problem = record.exc_info[1] if record.exc_info else None
        return not isinstance(problem, (BrokenResourceError, ClosedResourceError))


class Guard:
    """Refuses requests by the rules of `core.webguard` before anything of them is read."""

    def __init__(self, inner: Any, token: str, port: int) -> None:
        self._inner = inner
        self._token = token
        self._port = port

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        """One request."""
        if scope["type"] != "http":
            return
        pairs = [(name.decode("latin-1").lower(), value.decode("latin-1")) for name, value in scope["headers"]]
        doubled = any(sum(other == name for other, _ in pairs) > 1 for name in ("host", "origin", "authorization"))
        refused = (400, "a header is there twice") if doubled else None
        refused = refused or refusal(scope["method"], dict(pairs), self._token, self._port)
        if refused is None and scope["path"] != "/mcp":
            refused = (404, "there is only /mcp")
        if refused is None:
            await self._inner(scope, receive, send)
            return
        status, reason = refused
        headers = [(b"content-type", b"text/plain; charset=utf-8"), (b"x-content-type-options", b"nosniff")]
        headers += [(b"www-authenticate", b"Bearer")] if status == 401 else []
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": reason.encode() + b"\n"})


async def serve(ctx: Context, server: Any, options: Any, port: int) -> None:
    """Serve until a signal ends it. Prints the address on stdout once it listens."""
    import socket  # noqa: PLC0415 - only this way of speaking needs these
    from contextlib import asynccontextmanager  # noqa: PLC0415

    import uvicorn  # noqa: PLC0415
    from mcp.server.streamable_http_manager import StreamableHTTPSessionManager  # noqa: PLC0415

    token, path = token_of(ctx)
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind(("127.0.0.1", port))
    listener.listen(100)
    port = listener.getsockname()[1]
    server.create_initialization_options = lambda *_, **__: options
    manager = StreamableHTTPSessionManager(app=server)
    logging.getLogger("mcp.server.streamable_http").addFilter(NoDefect())

    async def handle(scope: Any, receive: Any, send: Any) -> None:
        await manager.handle_request(scope, receive, send)

    config = uvicorn.Config(Guard(handle, token, port), log_level="error", lifespan="off", access_log=False)

    @asynccontextmanager
    async def listening() -> Any:
        ctx.note("info", f"The token is in {path}")
        ctx.write(f"http://127.0.0.1:{port}/mcp\n".encode())
        yield

    async with manager.run(), listening():
        await uvicorn.Server(config).serve(sockets=[listener])
