"""Making panes: the active pane of a session's current window is split, under the session's lock."""

from __future__ import annotations

from bridge import errors
from bridge.context import Context
from bridge.errors import BridgeError
from bridge.features import integration
from bridge.system import ids
from bridge.tmux import argv
from bridge.tmux.client import failed

TYPE_CHECKING = False
if TYPE_CHECKING:
    from bridge.model import Pane

LABEL = "pane"
LAYOUTS = ("tiled", "main-horizontal", "main-vertical", "even-horizontal", "even-vertical")


def begin(ctx: Context, session: str, label: str = LABEL, layout: str = LAYOUTS[0]) -> None:
    """Let tmux split a window of a session with a plain name, which `split` then waits for. Raises as `split`."""
    ctx.hold(session)
    ctx.begun = _questions(ctx, session, f"={session}:", label, layout)
    ctx.tmux.begin(*ctx.begun)


def split(ctx: Context, session: str, label: str, layout: str) -> Pane:
    """One more pane in the session's current window, which is laid out anew; an unknown layout is tiled.

    Raises ERR_SESSION_NOT_FOUND, ERR_MAX_PANES, ERR_NO_SPACE, ERR_TOO_LARGE, ERR_STATE, ERR_LOCKED.
    """
    if len(label.encode("utf-8", "surrogateescape")) > argv.LARGEST_ARGUMENT // 4:
        raise BridgeError("ERR_TOO_LARGE", "the label has over 4,000 bytes", hint="keep long text in metadata")
    from bridge.features import panes  # noqa: PLC0415 - loaded while tmux works

    name, window = panes.exact_window(ctx, session)
    with ctx.lock(name):
        questions = ctx.begun or _questions(ctx, session, window, label, layout)
        answer = ctx.tmux.run(*questions)
        from bridge.core import target  # noqa: PLC0415
        from bridge.features import mirror  # noqa: PLC0415
        from bridge.tmux import rows  # noqa: PLC0415

        if answer.no_session:
            raise errors.session_not_found(session)
        before, _, rest = answer.output.partition(f"{questions[1][-1]}\n".encode())
        count = sum(pane.window_active for pane in target.pick_session(rows.panes(before), session))
        new_id, _, listed = rest.partition(b"\n")
        if new_id == b"REFUSED":
            raise _no_room(session, count, ctx.max_panes)
        if answer.status:
            raise _not_split(session, answer.error) if "no space" in answer.error else failed(answer)
        after = target.pick_session(rows.panes(listed), session)
        pane = next(pane for pane in after if pane.id == new_id.decode())
        done = f"pane {pane.index} was created"
        known: dict[str, object] = {"pane": pane.id, "label": label}
        mirror.follow(ctx, name, after, done, pane_id=str(pane.index), fields=known)
    return pane


def _questions(ctx: Context, session: str, window: str, label: str, layout: str) -> tuple[tuple[str, ...], ...]:
    """The panes before, a word that nobody can guess, the split, the panes after."""
    hook = integration.environment(ctx)[0]
    room = f"#{{e|<:#{{window_panes}},{ctx.max_panes}}}"
    made = _split_commands(window, label, layout if layout in LAYOUTS else LAYOUTS[0], hook)
    listed = argv.list_panes(session)
    return (listed, ("display-message", "-p", ids.nonce()), argv.only_if(window, room, *made), listed)


def _split_commands(window: str, label: str, layout: str, hook: tuple[str, ...]) -> tuple[tuple[str, ...], ...]:
    """What makes the pane, lays the window out and marks the pane, which is the window's active one by then.

    The window is tiled first, so that the pane to be split is never too small. An odd number of
    panes is split downwards, as the script did.
    """
    make = {
        way: argv.nested(("split-window", way, *hook, "-t", window, "-P", "-F", "#{pane_id}")) for way in ("-h", "-v")
    }
    return (
        ("select-layout", "-t", window, "tiled"),
        ("if-shell", "-F", "-t", window, "#{e|m:#{window_panes},2}", make["-v"], make["-h"]),
        ("set-option", "-p", "-t", window, argv.LABEL, argv.encode_label(label)),
        ("set-option", "-p", "-F", "-t", window, argv.PANE_OWNER, f"{ids.nonce()}:#{{pane_id}}"),
        ("select-layout", "-t", window, layout),
    )


def _no_room(session: str, count: int, most: int) -> BridgeError:
    return BridgeError(
        "ERR_MAX_PANES",
        f"session {session!r} has {count} panes, {most} are allowed",
        hint="kill one, or raise BRIDGE_MAX_PANES",
        output="Max panes reached",
        logs=(("error", f"Maximum panes ({most}) reached"),),
    )


def _not_split(session: str, reason: str) -> BridgeError:
    return BridgeError(
        "ERR_NO_SPACE",
        f"no room for one more pane in session {session!r}: {reason}",
        hint=f"tmux resize-window -t '={session}:' -x 200 -y 50, or kill a pane",
    )
