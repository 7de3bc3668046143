"""What the parts of the daemon need of one another, written down once, so that each can be read alone.

Nothing of the daemon's parts is imported here, so there is no circle: they know the hub, and `Service`, which holds
them all, is one. What a part needs of a single other one it is given when it is made.
"""

from __future__ import annotations

from typing import Protocol

from bridge.core import events
from bridge.system import clock, ids

TYPE_CHECKING = False
if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable, Coroutine

    from bridge.context import Context
    from bridge.core.events import Place
    from bridge.daemon.known import Known
    from bridge.daemon.lanes import Lanes
    from bridge.store.rendezvous import Rendezvous
    from bridge.system.matcher import Matcher


class Kept(Protocol):
    """A part under watch."""

    def cancel(self) -> None:
        """End the part for good."""


class Supervision(Protocol):
    """Keeps parts alive, and knows what they cannot do at present."""

    def keep(
        self, kind: str, work: Callable[[], Coroutine[object, object, object]], about: str = "", *, ends: bool = False
    ) -> Kept:
        """Run a part until it is cancelled; with `ends` until it returns, too."""

    def tell(self, kind: str, about: str, problem: str) -> None:
        """What a part cannot do at present although it lives; an empty text when it can again."""

    def stray(self, text: str) -> None:
        """Something failed that belongs to no part."""

    def lacks(self, *kinds: str, about: str | None = None) -> str:
        """Why not all of these kinds do their work now; empty where they do."""


class Panes(Protocol):
    """What panes there are, as the last look has found them."""

    panes: dict[str, Known]

    def place(self, pane_id: str) -> Place | None:
        """The pane with this `%id`."""

    def covered(self, subscription: dict[str, object]) -> list[Place]:
        """The panes that a subscription is about, by what is known now."""


class Hub(Protocol):
    """What every part may use. `session` limits what the daemon looks at, `*` is all."""

    ctx: Context
    session: str
    meeting: Rendezvous
    loop: asyncio.AbstractEventLoop
    lanes: Lanes
    matcher: Matcher
    supervisor: Supervision
    structure: Panes

    @property
    def subscriptions(self) -> list[dict[str, object]]:
        """Those that are served now."""

    def note(self, level: str, text: str, correlation: str = "") -> None:
        """A line in the daemon's log."""

    def spawn(self, work: object) -> asyncio.Task[object]:
        """Run something once beside the rest; its defects are told, and never end the daemon."""

    def watches_session(self, session: str) -> bool:
        """Whether the daemon looks at this session at all."""

    def end_subscriptions(self) -> None:
        """Take out of their file those that have ended, soon."""

    def add(self, event: dict[str, object], place: Place | None) -> None:
        """Have an event stored and told."""

    def emit(
        self,
        event_type: str,
        session: str,
        message: str,
        *,
        place: Place | None = None,
        pane_id: str = "",
        data: dict[str, object] | None = None,
    ) -> None:
        """Make an event. It is stored with what else comes in this turn of the loop, in the order of the calls."""
        event = events.make(
            ids.nonce(),
            event_type,
            session,
            clock.timestamp(),
            message=message,
            pane_id=place.address if place else pane_id,
            pane=place.pane if place else "",
            data=data,
        )
        self.add(event, place)
