"""Everything that a pane shows at one moment, from one tmux process."""

from __future__ import annotations

from bridge import errors
from bridge.context import Context
from bridge.features.panes import lookup
from bridge.system import ids
from bridge.tmux import argv
from bridge.tmux.client import failed

TYPE_CHECKING = False
if TYPE_CHECKING:
    from bridge.model import Pane

_FIELDS = ("pane_title", "cursor_x", "cursor_y", "alternate_on", "pane_mode", "pane_width", "pane_height")


class Snapshot:
    """The pane, its visible text, and what tmux and the system say of it at the same time."""

    __slots__ = ("alternate", "cursor_x", "cursor_y", "foreground", "height", "mode", "pane", "text", "title", "width")

    def __init__(self, pane: Pane, values: list[str], text: str, foreground: dict[str, object] | None) -> None:
        self.pane = pane
        self.title = values[0]
        self.cursor_x, self.cursor_y = int(values[1] or 0), int(values[2] or 0)
        self.alternate = values[3] == "1"
        self.mode = values[4]
        self.width, self.height = int(values[5] or 0), int(values[6] or 0)
        self.text = text
        self.foreground = foreground


def take(ctx: Context, session: str, argument: str) -> Snapshot:
    """Find the pane and look at it; a pane given by label or by an odd name costs a second process.

    Raises ERR_SESSION_NOT_FOUND, ERR_PANE_NOT_FOUND, ERR_LABEL_AMBIGUOUS.
    """
    place = lookup.direct_target(session, argument)
    if place is None:
        _, found = lookup.find(ctx, session, argument)
        session, argument = found.session_id, found.id
        place = found.id
    nonce = ids.nonce()
    marker = ("display-message", "-p", nonce)
    answer = ctx.tmux.run(
        argv.list_panes(session),
        marker,
        ("display-message", "-p", "-t", place, argv.framed(_FIELDS)),
        marker,
        ("capture-pane", "-p", "-t", place),
    )
    from bridge.core import target  # noqa: PLC0415 - loaded while tmux works
    from bridge.model import Survey  # noqa: PLC0415
    from bridge.system import foreground as front  # noqa: PLC0415
    from bridge.tmux import rows  # noqa: PLC0415

    if answer.no_session:
        raise errors.session_not_found(session)
    listed, _, rest = answer.output.partition(f"{nonce}\n".encode())
    pane = target.pick_pane(Survey(target.pick_session(rows.panes(listed), session)), argument)
    if answer.status:
        raise failed(answer)
    values, _, screen = rest.partition(f"{nonce}\n".encode())
    text = screen.decode("utf-8", "replace").rstrip("\n")
    foreground: dict[str, object] | None = None
    if not pane.dead and (first := front.first(pane.pid, pane.tty)) is not None:
        told = front.read(pane.pid, pane.tty)
        reader = None if told.reader is None else {"pid": told.reader.pid, "name": told.reader.name}
        foreground = {"pid": first.pid, "name": first.name, "argv": list(first.argv)}
        foreground |= {"reader": reader, "waits": told.waits}
    return Snapshot(pane, rows.unframe(values, len(_FIELDS))[0], text, foreground)
