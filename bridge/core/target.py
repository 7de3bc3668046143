"""Which pane is meant. Everything is compared exactly: tmux itself takes prefixes and patterns."""

from __future__ import annotations

from bridge import errors
from bridge.errors import BridgeError
from bridge.model import Pane, Survey


def pick_session(panes: list[Pane], session: str) -> list[Pane]:
    """The panes of the session with this exact name or id (`$3`), in tmux's order.

    Raises ERR_SESSION_NOT_FOUND.
    """
    found = [pane for pane in panes if pane.session == session]
    if not found and session.startswith("$"):
        found = [pane for pane in panes if pane.session_id == session]
    if not found:
        raise errors.session_not_found(session)
    return found


def pick_pane(survey: Survey, pane: str) -> Pane:
    """The pane that an argument means: index in the current window, `%id`, `window.pane` or label.

    Raises ERR_PANE_NOT_FOUND, and ERR_LABEL_AMBIGUOUS with the candidates.
    """
    if pane.isascii() and pane.isdigit():
        found = [item for item in survey.current if str(item.index) == (pane.lstrip("0") or "0")]
    elif pane.startswith("%"):
        found = [item for item in survey.panes if item.id == pane]
    else:
        found = [item for item in survey.panes if f"{item.window_index}.{item.index}" == pane]
    if found:
        return found[0]
    labelled = with_label(survey, pane) if pane else []
    if len(labelled) > 1:
        raise ambiguous_label(pane, labelled)
    if not labelled:
        raise errors.pane_not_found(survey.session, pane)
    return labelled[0]


def with_label(survey: Survey, label: str) -> list[Pane]:
    """The panes of the session that carry exactly this label."""
    return [pane for pane in survey.panes if pane.label == label]


def ambiguous_label(label: str, panes: list[Pane]) -> BridgeError:
    """Several panes carry the label; the hint lists them."""
    candidates = ", ".join(f"{pane.address} ({pane.id})" for pane in panes)
    return BridgeError(
        "ERR_LABEL_AMBIGUOUS", f"label {label!r} is on {len(panes)} panes", hint=f"give an index or id: {candidates}"
    )
