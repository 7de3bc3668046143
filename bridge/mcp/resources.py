"""Resources: the sessions, and what a pane shows; told to subscribers when tmux tells us of a change."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any

from mcp import types
from mcp.shared.exceptions import McpError
from pydantic import AnyUrl

from bridge import pause
from bridge.envelope import compact
from bridge.mcp.presentation import text_of
from bridge.system.threads import in_thread
from bridge.tmux.notices import Notices

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from mcp.server.lowlevel.helper_types import ReadResourceContents

    from bridge.mcp.calls import Calls
    from bridge.mcp.service import Service
    from bridge.tmux.client import Tmux

SESSIONS = "tmux://sessions"
_PANE = "tmux://pane/"
_RESOURCE_NOT_FOUND = -32002  # Model Context Protocol 2025-06-18, Resources, Error Handling
_TOGETHER = 0.1  # seconds: changes that come close together are one notification


class Resources:
    """Answers resources/list, read, subscribe and unsubscribe."""

    def __init__(self, service: Service, tmux: Tmux, listing: str, showing: str) -> None:
        """`listing` and `showing` are the commands that tell the sessions and what a pane shows."""
        self._calls: Calls = service.calls
        self._server = service.server
        self._tmux = tmux
        self._listing, self._showing = listing, showing
        self._told: dict[str, dict[object, Any]] = {}
        self._watching: dict[str, asyncio.Task[None]] = {}
        self._changed = asyncio.Event()
        server: Any = self._server
        server.list_resources()(self._list)
        server.list_resource_templates()(self._templates)
        server.read_resource()(self._read)
        server.subscribe_resource()(self._subscribe)
        server.unsubscribe_resource()(self._unsubscribe)

    def close(self) -> None:
        """End all watching."""
        for task in self._watching.values():
            task.cancel()

    async def _list(self) -> list[types.Resource]:
        return [types.Resource(uri=AnyUrl(SESSIONS), name="sessions", mimeType="application/json")]

    async def _templates(self) -> list[types.ResourceTemplate]:
        text = "what the pane with this %id shows; % is written %25"
        return [
            types.ResourceTemplate(uriTemplate=_PANE + "{id}", name="pane", description=text, mimeType="text/plain")
        ]

    async def _read(self, uri: AnyUrl) -> list[ReadResourceContents]:
        from mcp.server.lowlevel.helper_types import ReadResourceContents  # noqa: PLC0415

        name = _name(uri)
        try:
            if name == SESSIONS:
                envelope = await self._calls.call(self._listing, {})
                text, kind = compact(envelope), "application/json"
            else:
                envelope = await self._calls.call(self._showing, await self._place(_pane_of(name)))
                text, kind = text_of(envelope, tuple(envelope)), "text/plain"
            if envelope["status"] != "success":
                raise ValueError(json.loads(compact(envelope))["error"]["message"])
        except ValueError as problem:
            raise _not_found(problem) from None
        return [ReadResourceContents(content=text, mime_type=kind)]

    async def _subscribe(self, uri: AnyUrl) -> None:
        name = _name(uri)
        try:
            pane = "" if name == SESSIONS else _pane_of(name)
            place = await self._place(pane) if pane else {}
        except ValueError as problem:
            raise _not_found(problem) from None
        session = self._server.request_context.session
        self._told.setdefault(name, {})[id(session)] = session
        if name not in self._watching or self._watching[name].done():
            self._watching[name] = asyncio.create_task(self._watch(name, pane, place.get("session")))

    async def _unsubscribe(self, uri: AnyUrl) -> None:
        name = _name(uri)
        sessions = self._told.get(name, {})
        sessions.pop(id(self._server.request_context.session), None)
        if not sessions and name in self._watching:
            self._watching.pop(name).cancel()

    async def _place(self, pane: str) -> dict[str, Any]:
        """Session and pane of a `%id`; raises ValueError."""
        sessions = await self._calls.call(self._listing, {})
        for row in json.loads(compact(sessions.get("sessions", []))):
            place = {"session": row["session_id"], "pane": pane}
            if (await self._calls.call(self._showing, place))["status"] == "success":
                return place
        raise ValueError(f"no pane {pane}")

    def calls_changed(self) -> None:
        """A call has changed something: look whether there is a server to listen to now."""
        self._changed.set()

    async def _watch(self, name: str, pane: str, session_id: str | None) -> None:
        """Tell the subscribers of changes until nobody is left, or the pane has gone."""
        loop = asyncio.get_running_loop()
        made: list[Notices] = []

        def attach() -> None:
            notices = Notices(self._tmux, session_id)
            try:
                pause.look()
            except BaseException:
                notices.close()
                raise
            made.append(notices)

        while True:
            try:
                await in_thread(attach)
            except asyncio.CancelledError:
                for notices in made:  # it was ready when nobody wanted it any more
                    await asyncio.shield(asyncio.to_thread(notices.close))
                raise
            except OSError:
                if pane:
                    return
                self._changed.clear()
                await self._changed.wait()  # no server runs: a call of ours may start one
                await self._tell(name)
                continue
            notices = made.pop()
            readable = asyncio.Event()
            loop.add_reader(notices.descriptor, readable.set)
            try:
                notices.read()
                while not notices.ended:
                    await readable.wait()
                    readable.clear()
                    if pane in notices.read():
                        await self._tell(name)
                        await asyncio.sleep(_TOGETHER)
                    readable.clear()
                    if notices.descriptor >= 0 and pane in notices.read():
                        await self._tell(name)
            finally:
                loop.remove_reader(notices.descriptor)
                await asyncio.shield(asyncio.to_thread(notices.close))
            await self._tell(name)
            if pane:
                return

    async def _tell(self, name: str) -> None:
        for key, session in list(self._told.get(name, {}).items()):
            try:
                send: Callable[[AnyUrl], Awaitable[None]] = session.send_resource_updated
                await send(AnyUrl(name.replace("%", "%25")))
            except Exception:
                self._told[name].pop(key, None)  # its client has gone


def _not_found(problem: ValueError) -> McpError:
    return McpError(types.ErrorData(code=_RESOURCE_NOT_FOUND, message=str(problem)))


def _name(uri: AnyUrl) -> str:
    return str(uri).replace("%25", "%").rstrip("/")


def _pane_of(name: str) -> str:
    number = name.removeprefix(_PANE).removeprefix("%")
    if not name.startswith(_PANE) or not (number.isascii() and number.isdigit()):
        raise ValueError(f"no such resource: {name}; there are {SESSIONS} and {_PANE}%25ID")
    return f"%{number}"
