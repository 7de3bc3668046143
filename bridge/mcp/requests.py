"""What the MCP library's own server does wrong with requests, put right before it sees them.

Of the protocol (2025-06-18): a request that was cancelled is not answered, and a cancellation that meets an answer
on its way is ignored (Cancellation); -32601 is an unknown method, -32700 a line that is no JSON (JSON-RPC 2.0).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, get_args

import anyio
from mcp import types
from mcp.server.lowlevel.server import Server
from mcp.shared.message import SessionMessage
from mcp.shared.session import RequestResponder

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

_METHODS = frozenset(
    get_args(kind.model_fields["method"].annotation)[0]
    for kind in get_args(types.ClientRequest.model_fields["root"].annotation)
)


class CheckedServer(Server):
    """The library's server, reached only by requests whose method there is."""

    async def run(self, read_stream: Any, write_stream: Any, *args: Any, **options: Any) -> None:
        """As the library's, until the client has gone."""
        forward, checked = anyio.create_memory_object_stream[Any](0)

        async def check() -> None:
            async with forward, read_stream:
                async for message in _known(read_stream, write_stream):
                    try:
                        await forward.send(message)
                    except anyio.BrokenResourceError:
                        return  # the server has ended

        async with anyio.create_task_group() as tasks:
            tasks.start_soon(check)
            await super().run(checked, write_stream, *args, **options)
            tasks.cancel_scope.cancel()


async def _known(reading: Any, writing: Any) -> AsyncIterator[Any]:
    """The messages of a client; what cannot be read, and requests of no known method, are answered here."""
    async for message in _until_left(reading):
        refusal: Any = None
        if isinstance(message, Exception):
            refusal = _Unreadable()
        elif isinstance(request := message.message.root, types.JSONRPCRequest) and request.method not in _METHODS:
            problem = types.ErrorData(code=types.METHOD_NOT_FOUND, message=f"unknown method: {request.method[:100]}")
            refusal = types.JSONRPCMessage(types.JSONRPCError(jsonrpc="2.0", id=request.id, error=problem))
        if refusal is None:
            yield message
            continue
        try:
            await writing.send(SessionMessage(refusal))
        except (anyio.BrokenResourceError, anyio.ClosedResourceError):
            return


async def _until_left(reading: Any) -> AsyncIterator[Any]:
    """The messages until the client has gone; where it ends its session, the library closes the stream below us."""
    try:
        async for message in reading:
            yield message
    except anyio.ClosedResourceError:
        return


class _Unreadable(types.JSONRPCMessage):
    """The answer to what is no JSON-RPC: it has no id to name, and the library leaves a null out."""

    def __init__(self) -> None:
        problem = types.ErrorData(code=types.PARSE_ERROR, message="not a JSON-RPC message")
        super().__init__(types.JSONRPCError(jsonrpc="2.0", id="", error=problem))

    def model_dump_json(self, **_: Any) -> str:
        """The line with its null."""
        return f'{{"jsonrpc":"2.0","id":null,"error":{self.root.error.model_dump_json(exclude_none=True)}}}'  # type: ignore[union-attr]


def mend() -> None:
    """Have the library bear a cancellation that meets its answer (the server ended), and answer no cancelled call."""
    RequestResponder.__enter__ = _enter  # type: ignore[method-assign]
    RequestResponder.respond = _respond  # type: ignore[method-assign]
    RequestResponder.cancel = _cancel  # type: ignore[method-assign]


def _enter(self: Any) -> Any:
    self._entered = True
    self._cancel_scope = anyio.CancelScope()
    self._cancel_scope.__enter__()
    if self._completed:  # cancelled before its turn came
        self._cancel_scope.cancel()
    return self


async def _respond(self: Any, response: Any) -> None:
    if self._completed or self.cancelled:
        return
    self._completed = True
    await self._session._send_response(request_id=self.request_id, response=response)


async def _cancel(self: Any) -> None:
    if self._completed:
        return  # its answer is on the way
    self._completed = True
    if self._entered:
        self._cancel_scope.cancel()
