"""A context for calls that a front makes inside its own process, several of them at once."""

from __future__ import annotations

from bridge.config import Config
from bridge.context import Context
from bridge.store.wholelock import WholeLock

TYPE_CHECKING = False
if TYPE_CHECKING:
    from bridge.tmux.client import Tmux


def context(config: Config, environ: dict[str, str], tmux: Tmux) -> Context:
    """A context for one call over this connection to tmux; its locks hold between threads, too.

    Human lines and streamed bytes go nowhere: who asks gets the envelope alone.
    """
    ctx = Context(config, environ, script=False, write=_discard, note=_discard, lock_class=WholeLock)
    ctx.tmux = tmux
    return ctx


def _discard(*_: object) -> None:
    """Nobody reads it."""
