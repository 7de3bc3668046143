"""What the keys do: calls of the command table, in this process, over the view's connection to tmux."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bridge import dispatch, inprocess, registry
from bridge.context import Context
from bridge.core.calls import words_for
from bridge.errors import BridgeError
from bridge.system.threads import in_thread

if TYPE_CHECKING:
    from bridge.core.topkeys import Action
    from bridge.core.topview import Seen
    from bridge.tmux.connection import ConnectedTmux


class Actions:
    """Calls a command for a pane; the rules that hold for every caller hold here, and the own pane is protected."""

    def __init__(self, ctx: Context, tmux: ConnectedTmux) -> None:
        self._ctx = ctx
        self._tmux = tmux

    async def call(self, action: Action, pane: Seen, text: str | None) -> dict[str, Any]:
        """The envelope of the call; a failure is an envelope too."""
        found: dict[str, Any] = await in_thread(lambda: self._call(action, pane, text))
        return found

    def _call(self, action: Action, pane: Seen, text: str | None) -> dict[str, Any]:
        try:
            row = registry.load(action.command)
            if row is None:
                raise registry.unknown(action.command)
            if action.guarded and pane.id == self._ctx.own_pane:
                raise BridgeError("ERR_SELF", f"pane {pane.place} is the one that this view is in", hint="leave with q")
            values: dict[str, object] = {"session": pane.session_id}
            if not action.whole:
                values["pane"] = pane.id
            if action.asks:
                values[action.asks] = (text or "").split() if action.split else text or ""
            words = words_for(row, values)
        except BridgeError as problem:
            return dispatch.refuse(action.command, pane.session, pane.address, problem).envelope
        return dispatch.invoke(row, words, script=False, make_context=self._context).envelope

    def _context(self) -> Context:
        return inprocess.context(self._ctx.config, self._ctx.environ, self._tmux)


def told(envelope: dict[str, Any]) -> str:
    """An answer in a line: what was done, or code, message and hint."""
    if envelope["status"] == "success":
        output = envelope["output"]
        return f"{envelope['command']}: {output.strip() if isinstance(output, str) else 'done'}"
    error = envelope["error"]
    return _failure(error["code"], error["message"], error["hint"])


def problem_told(problem: BridgeError) -> str:
    """As `told`, for what no command has answered."""
    return _failure(problem.code, problem.message, problem.hint)


def _failure(code: str, message: str, hint: str | None) -> str:
    return f"{code} {message}" + (f" ({hint})" if hint else "")
