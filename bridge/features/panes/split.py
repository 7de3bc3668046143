"""Making panes: the active pane of a session's current window is split, under the session's lock."""

from __future__ import annotations

from bridge import errors
from bridge.context import Context
from bridge.errors import BridgeError
from bridge.features.panes import integration
from bridge.spec import counted
from bridge.system import ids
from bridge.tmux import argv, versions
from bridge.tmux.client import failed

TYPE_CHECKING = False
if TYPE_CHECKING:
    from bridge.model import Pane
    from bridge.tmux.client import Answer

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
    from bridge.features.panes import lookup  # noqa: PLC0415 - loaded while tmux works

    name, window = lookup.exact_window(ctx, session)
    with ctx.lock(name):
        questions = ctx.begun or _questions(ctx, session, window, label, layout)
        answer = ctx.tmux.run(*questions)
        from bridge.core import target  # noqa: PLC0415
        from bridge.features.panes import mirror  # noqa: PLC0415
        from bridge.tmux import rows  # noqa: PLC0415

        if answer.no_session:
            raise errors.session_not_found(session)
        before, said, listed = _parts(answer, questions)
        known_before = target.pick_session(rows.panes(before), session)
        tiled = [pane for pane in known_before if pane.window_active and not pane.floating]
        if said.startswith(b"REFUSED\n") and len(tiled) < ctx.max_panes:
            questions = _beside_floating(ctx, session, window, label, tiled)
            answer = ctx.tmux.run(*questions)
            _, said, listed = _parts(answer, questions)
            ctx.note(
                "warn", "a floating pane lies over the window: tmux would dissolve it, so nothing was laid out anew"
            )
        if said.startswith(b"REFUSED\n"):
            raise _no_room(session, len(tiled), ctx.max_panes)
        if answer.status:
            raise _not_split(session, answer.error) if "no space" in answer.error else failed(answer)
        after = target.pick_session(rows.panes(listed), session)
        known_ids = {pane.id for pane in known_before}
        pane = next(pane for pane in after if pane.id.encode() in said.split(b"\n") and pane.id not in known_ids)
        done = f"pane {pane.index} was created"
        known: dict[str, object] = {"pane": pane.id, "label": label}
        mirror.follow(ctx, name, after, done, pane_id=str(pane.index), fields=known)
    return pane


def _questions(ctx: Context, session: str, window: str, label: str, layout: str) -> tuple[tuple[str, ...], ...]:
    """The panes before, a word that nobody can guess, the split, the word again, the panes after."""
    hook = integration.environment(ctx)[0]
    room = f"#{{&&:{versions.NOTHING_FLOATS},#{{e|<:#{{window_panes}},{ctx.max_panes}}}}}"
    made = _split_command(window, label, layout if layout in LAYOUTS else LAYOUTS[0], hook)
    return _framed(session, ("if-shell", "-F", "-t", window, room, argv.nested(made), argv.REFUSED))


def _beside_floating(
    ctx: Context, session: str, window: str, label: str, tiled: list[Pane]
) -> tuple[tuple[str, ...], ...]:
    """As `_questions`, where a floating pane lies over the window: the largest tiled pane is split, and no more."""
    largest = max(tiled, key=lambda pane: pane.width * pane.height)
    way = "-h" if largest.width > 2 * largest.height else "-v"
    room = f"#{{e|<:{versions.TILED_PANES},{ctx.max_panes}}}"
    made = _making(window, label, way, integration.environment(ctx)[0], largest.id)
    return _framed(session, argv.only_if(largest.id, room, *made))


def _framed(session: str, split: tuple[str, ...]) -> tuple[tuple[str, ...], ...]:
    mark, listed = ("display-message", "-p", ids.nonce()), argv.list_panes(session)
    return (listed, mark, split, mark, listed)


def _parts(answer: Answer, questions: tuple[tuple[str, ...], ...]) -> tuple[bytes, bytes, bytes]:
    """The panes before, what the split printed, the panes after."""
    before, said, after = (*answer.output.split(f"{questions[1][-1]}\n".encode()), b"", b"")[:3]
    return before, said, after


def _making(
    window: str, label: str, way: str, hook: tuple[str, ...], target: str
) -> tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]:
    """What splits a pane and marks the new one, which is the window's active one by then."""
    return (
        ("split-window", way, *hook, "-t", target, "-P", "-F", "#{pane_id}"),
        ("set-option", "-p", "-t", window, argv.LABEL, argv.encode_label(label)),
        ("set-option", "-p", "-F", "-t", window, argv.PANE_OWNER, f"{ids.nonce()}:#{{pane_id}}"),
    )


def _split_command(window: str, label: str, layout: str, hook: tuple[str, ...]) -> tuple[str, ...]:
    """What makes the pane, lays the window out and marks the pane, which is the window's active one by then.

    The window is tiled first, so that the pane to be split is never too small. An odd number of
    panes is split downwards, as the script did.
    """
    tiled, again = ("select-layout", "-t", window, "tiled"), ("select-layout", "-t", window, layout)
    down, right = (argv.witnessed(tiled, *_making(window, label, way, hook, window), again) for way in ("-v", "-h"))
    return ("if-shell", "-F", "-t", window, "#{e|m:#{window_panes},2}", down, right)


def _no_room(session: str, count: int, most: int) -> BridgeError:
    return BridgeError(
        "ERR_MAX_PANES",
        f"session {session!r} has {counted(count, 'pane')}, {most} are allowed",
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
