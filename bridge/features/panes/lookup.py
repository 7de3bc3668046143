"""Looking at sessions and panes: one tmux process for one question."""

from __future__ import annotations

from bridge import errors
from bridge.context import Context
from bridge.system import ids
from bridge.tmux import argv
from bridge.tmux.client import failed

TYPE_CHECKING = False
if TYPE_CHECKING:
    from bridge.model import Pane, Survey

# What reads an answer is imported where it is read: it is loaded while tmux works on the answer.


def survey(ctx: Context, session: str) -> Survey:
    """The panes of a session, by its exact name or `$id`.

    Raises ERR_SESSION_NOT_FOUND, also where no server runs.
    """
    answer = ctx.tmux.run(argv.list_panes(session))
    if answer.status:
        raise errors.session_not_found(session) if answer.no_session else failed(answer)
    return _survey(answer.output, session)


def find(ctx: Context, session: str, pane: str) -> tuple[Survey, Pane]:
    """The session and the pane that two arguments mean.

    Raises ERR_SESSION_NOT_FOUND, ERR_PANE_NOT_FOUND, ERR_LABEL_AMBIGUOUS.
    """
    found = survey(ctx, session)
    from bridge.core import target  # noqa: PLC0415

    return found, target.pick_pane(found, pane)


def capture(ctx: Context, session: str, pane: str, lines: int, *, joined: bool = False) -> tuple[Survey, Pane, str]:
    """The screen of a pane with `lines` lines of history before it, trailing blank lines removed.

    With `joined`, lines that the terminal wrapped are one. Where the arguments can stand in a target
    as they are, one tmux process finds the pane and captures it; raises as `find`.
    """
    screen = ("capture-pane", "-p", *(("-J",) if joined else ()), "-S", f"-{lines}")
    direct = direct_target(session, pane)
    if direct is None:
        found, chosen = find(ctx, session, pane)
        return found, chosen, _screen_text(ctx.tmux.ask((*screen, "-t", chosen.id)))
    nonce = ids.nonce()
    answer = ctx.tmux.run(argv.list_panes(session), ("display-message", "-p", nonce), (*screen, "-t", direct))
    listed, _, text = answer.output.partition(f"{nonce}\n".encode())
    if answer.no_session:
        raise errors.session_not_found(session)
    found = _survey(listed, session)
    from bridge.core import target  # noqa: PLC0415

    chosen = target.pick_pane(found, pane)
    if answer.status:
        raise failed(answer)
    return found, chosen, _screen_text(text)


def is_running(pane: Pane) -> bool | None:
    """Whether something runs in the pane's foreground; None where the system does not say."""
    return activity(pane)[0]


def activity(pane: Pane) -> tuple[bool | None, str]:
    """As `is_running`, and the name of what is in front, from one look.

    The name is tmux's, but where the first process of a pipeline has ended, for then tmux names the shell.
    """
    from bridge.core import promptstate  # noqa: PLC0415
    from bridge.system import foreground  # noqa: PLC0415

    facts = foreground.look(pane.pid, pane.tty)
    stands_in = facts.leader is not None and facts.leader.pid != facts.foreground
    command = facts.leader.name if facts.leader is not None and stands_in else pane.command
    verdict = promptstate.GONE if pane.dead else promptstate.verdict(facts)
    if verdict == promptstate.IDLE and pane.typed_text:
        from bridge.features.panes import typed  # noqa: PLC0415 - only where something was typed

        judged = facts.leader or facts.shell
        return judged is not None and typed.is_waiting(pane, judged.pid), command
    return None if verdict == promptstate.UNKNOWN else verdict == promptstate.RUNNING, command


def metadata(pane: Pane) -> dict[str, object]:
    """The pane's metadata; an option that somebody wrote otherwise counts as none."""
    if not pane.metadata_text:
        return {}
    from bridge.core import jsontext  # noqa: PLC0415

    try:
        return jsontext.loads_object(pane.metadata_text)
    except ValueError:
        return {}


def _survey(listed: bytes, session: str) -> Survey:
    from bridge.core import target  # noqa: PLC0415
    from bridge.model import Survey  # noqa: PLC0415
    from bridge.tmux import rows  # noqa: PLC0415

    return Survey(target.pick_session(rows.panes(listed), session))


def exact_window(ctx: Context, session: str) -> tuple[str, str]:
    """The session's name and an exact target for its current window; looks where the name can't stand in one.

    Raises ERR_SESSION_NOT_FOUND where it looks.
    """
    if argv.is_plain_name(session):
        return session, f"={session}:"
    found = survey(ctx, session)
    return found.session, f"{found.session_id}:"


def direct_target(session: str, pane: str) -> str | None:
    """A target that means this pane exactly and needs no look, None where there is none."""
    if not argv.is_plain_name(session) or len(pane) > argv.LONGEST_TARGET:
        return None
    if pane.isascii() and pane.isdigit():
        return f"={session}:.{pane}"
    if pane[:1] == "%" and pane[1:].isascii() and pane[1:].isdigit():
        return pane
    return None


def _screen_text(data: bytes) -> str:
    return data.decode("utf-8", "replace").rstrip("\n")
