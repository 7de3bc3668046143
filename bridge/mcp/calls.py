"""Calls of an agent: permission, order within a pane, the envelope."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import anyio

from bridge import dispatch, inprocess, registry
from bridge.context import Context
from bridge.core.calls import unknown_command, words_for
from bridge.core.fields import check, names_of
from bridge.core.toolset import HIDDEN, allowed, forbidden
from bridge.errors import BridgeError, usage
from bridge.features.panes import lookup
from bridge.spec import Command
from bridge.system.threads import in_thread
from bridge.tmux.connection import ConnectedTmux

if TYPE_CHECKING:
    from collections.abc import Callable

_LANES = 4096


class Calls:
    """Makes calls for one tier, over one connection to tmux."""

    def __init__(self, ctx: Context, tmux: ConnectedTmux, tier: str) -> None:
        self._ctx = ctx
        self._tmux = tmux
        self.tier = tier
        self.rows = {row.name: row for row in registry.load_all() if allowed(row, tier)}
        self._lanes: dict[str, asyncio.Lock] = {}
        self.changed: Callable[[], None] = lambda: None

    def context(self) -> Context:
        """A context for one call."""
        return inprocess.context(self._ctx.config, self._ctx.environ, self._tmux)

    async def call(self, name: str, values: dict[str, object], fields: object = None) -> dict[str, object]:
        """The envelope of a call, refused where it has not these fields.

        Changes of a pane are made in the order in which they were asked for.
        """
        row = self.rows.get(name)
        if row is None:
            return _refused(name, values, self.unknown(name))
        try:
            hidden = [key for key in values if key in HIDDEN]
            if hidden:
                raise usage(f"{hidden[0]}: the caller's own pane is protected", hint="use another pane")
            program = forbidden(row, values, self.tier)
            if program is not None:
                raise self._forbidden(f"{program} of {name}")
            check(row, names_of(fields))
            words = words_for(row, values)
        except BridgeError as problem:
            return _refused(name, values, problem)
        try:
            return await self._in_order(row, words, values)
        finally:
            if row.effect != "read":
                self.changed()

    async def _in_order(self, row: Command, words: list[str], values: dict[str, object]) -> dict[str, object]:
        """Reads wait for no one's end; short changes for each other; what waits only for others that wait."""
        if row.target == "none":
            return await self._make(row, words, values)
        key = f"{values.get('session', values.get('name'))}\n{values.get('pane', '')}"
        short = self._lane(key)
        if row.effect != "read" and not row.waits:
            async with short:
                return await self._make(row, words, values)
        async with short:
            pass  # what was asked for before is done
        if row.effect == "read":
            return await self._make(row, words, values)
        async with self._lane(f"{key}\nlong"):
            return await self._make(row, words, values)

    def _lane(self, key: str) -> asyncio.Lock:
        if len(self._lanes) > _LANES:
            self._lanes = {name: lock for name, lock in self._lanes.items() if lock.locked()}
        return self._lanes.setdefault(key, asyncio.Lock())

    async def _make(self, row: Command, words: list[str], values: dict[str, object]) -> dict[str, object]:
        def work() -> dict[str, object]:
            try:
                self._protect(row, values)
            except BridgeError as problem:
                return _refused(row.name, values, problem)
            return dispatch.invoke(row, words, script=False, make_context=self.context).envelope

        making = asyncio.ensure_future(in_thread(work))
        try:
            found: dict[str, object] = await asyncio.shield(making)
        except asyncio.CancelledError:
            making.cancel()
            with anyio.CancelScope(shield=True):  # who comes next for this pane finds it at rest
                await asyncio.wait((making,))
            raise
        return found

    def _protect(self, row: Command, values: dict[str, object]) -> None:
        """Refuse what would type into or end the caller's own pane; that needs one more question."""
        ctx = self.context()
        if row.effect == "read" or row.target != "pane" or not ctx.own_pane:
            return
        try:
            _, pane = lookup.find(ctx, str(values.get("session")), str(values.get("pane")))
        except BridgeError:
            return  # the command itself tells what is wrong
        if pane.id == ctx.own_pane:
            raise BridgeError("ERR_SELF", f"pane {pane.id} is the caller's own", hint="use another pane")

    def unknown(self, name: str) -> BridgeError:
        """Why there is no such command here."""
        row = registry.load(name)
        if row is None:
            return unknown_command(name, tuple(self.rows))
        if row.stream:
            return usage(f"{name}: prints until it ends", hint="bridge_help tells what to use instead")
        return self._forbidden(name)

    def _forbidden(self, name: str) -> BridgeError:
        return BridgeError(
            "ERR_FORBIDDEN",
            f"{name}: not permitted in the tier {self.tier!r}",
            hint="who started this server chooses it, by --tier",
        )


def _refused(name: str, values: dict[str, object], problem: BridgeError) -> dict[str, object]:
    session = str(values.get("session") or values.get("name") or "")
    return dispatch.refuse(name, session, str(values.get("pane") or ""), problem).envelope
