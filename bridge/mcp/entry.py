"""Starts the server and ends it with its client."""

from __future__ import annotations

import io
import os
import sys
from typing import TYPE_CHECKING, Any

from bridge.core.toolset import LISTING, SHOWING
from bridge.errors import BridgeError, usage
from bridge.spec import Result
from bridge.system import outlet
from bridge.system.threads import await_rest
from bridge.tmux.connection import ConnectedTmux

if TYPE_CHECKING:
    from bridge.context import Context

_ENDS_WITHIN = 2.0


def run(ctx: Context, params: dict[str, object]) -> Result:
    """Serve until the client has gone (stdio) or a signal comes (http)."""
    port = params["port"]
    assert isinstance(port, int)
    if port > 65535:
        raise usage(f"port: no such port: {port}", hint="0 takes a free one")
    over_http = params["transport"] == "http"
    _skip_what_is_not_needed(over_http=over_http)
    try:
        import anyio  # noqa: PLC0415 - the library may be missing
        import mcp.types  # noqa: F401, PLC0415
    except ImportError as problem:
        raise BridgeError(
            "ERR_UNSUPPORTED",
            f"the MCP library cannot be loaded: {problem}",
            hint="use the built file (make install), or pip install '.[mcp]' in a clone of bridge",
        ) from None
    config = ctx.config
    with ConnectedTmux(ctx.environ, config.tmux, config.tmux_socket, config.tmux_timeout) as tmux:
        try:
            anyio.run(_serve, ctx, tmux, params, port if over_http else None)
        except OSError as problem:
            raise usage(f"port {port}: {problem.strerror}", hint="give another, or 0 for a free one") from None
        except KeyboardInterrupt:
            pass
        await_rest(_ENDS_WITHIN)
    return Result("Server ended", silent=True)


async def _serve(ctx: Context, tmux: ConnectedTmux, params: dict[str, object], port: int | None) -> None:
    from bridge.mcp.calls import Calls  # noqa: PLC0415 - after the library is known to be there
    from bridge.mcp.resources import Resources  # noqa: PLC0415
    from bridge.mcp.service import Service  # noqa: PLC0415

    calls = Calls(ctx, tmux, str(params["tier"]))
    service = Service(calls, every=params["tools"] == "all")
    resources = Resources(service, tmux, LISTING, SHOWING)
    calls.changed = resources.calls_changed
    options = service.server.create_initialization_options()
    assert options.capabilities.resources is not None
    options.capabilities.resources.subscribe = True
    try:
        if port is None:
            await _speak(service.server, options)
        else:
            from bridge.mcp.http import serve  # noqa: PLC0415

            await serve(ctx, service.server, options, port)
    finally:
        resources.close()


class _Patient(io.FileIO):
    """A pipe that the client may have made non-blocking, as event loops do with both ends."""

    def readinto(self, buffer: Any) -> int:
        data = outlet.read(self.fileno(), len(buffer))
        buffer[: len(data)] = data
        return len(data)

    def write(self, data: Any) -> int:
        outlet.write(self.fileno(), bytes(data))
        return len(data)


async def _speak(server: Any, options: Any) -> None:
    import anyio  # noqa: PLC0415
    from mcp.server.stdio import stdio_server  # noqa: PLC0415

    # The library closes what it is given; descriptors of our own leave Python's streams as they are.
    source = io.TextIOWrapper(io.BufferedReader(_Patient(os.dup(0))), encoding="utf-8", errors="replace")
    target = io.TextIOWrapper(io.BufferedWriter(_Patient(os.dup(1), "w")), encoding="utf-8")
    async with stdio_server(anyio.wrap_file(source), anyio.wrap_file(target)) as (reading, writing):
        await server.run(reading, writing, options)


def _skip_what_is_not_needed(*, over_http: bool) -> None:
    """Keep the library's packages from importing their clients and web servers, half of its start-up."""
    import importlib.util  # noqa: PLC0415
    import types  # noqa: PLC0415

    found = importlib.util.find_spec("mcp")
    if over_http or found is None or not found.submodule_search_locations or "mcp" in sys.modules:
        return
    place = found.submodule_search_locations[0]
    for name, path in (("mcp", place), ("mcp.server", f"{place}/server")):
        package = types.ModuleType(name)
        package.__path__ = [path]
        sys.modules[name] = package
    sys.modules["mcp"].server = sys.modules["mcp.server"]  # type: ignore[attr-defined]
    for name in ("httpx", "jsonschema"):
        spec = importlib.util.find_spec(name)
        if spec is not None and spec.loader is not None:
            spec.loader = importlib.util.LazyLoader(spec.loader)
            module = importlib.util.module_from_spec(spec)
            sys.modules[name] = module
            spec.loader.exec_module(module)
