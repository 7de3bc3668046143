"""The fast answer behind completion: one tmux call, plain lines, never an error."""

from __future__ import annotations

from bridge.context import Context
from bridge.errors import BridgeError, session_not_found
from bridge.spec import Arg, Command, Result, counted
from bridge.system import clock
from bridge.tmux import argv

TYPE_CHECKING = False
if TYPE_CHECKING:
    from bridge.model import Pane


def _complete(ctx: Context, params: dict[str, object]) -> Result:
    kind, session = str(params["kind"]), str(params["session"] or "")
    try:
        pairs = _KEPT[kind](ctx) if kind in _KEPT else _of_tmux(ctx, kind, session)
        text = "".join(f"{word}\t{_shown(meaning)}\n" for word, meaning in pairs if _shown(word) == word)
        ctx.write(text.encode("utf-8", "replace"))
    except (BridgeError, BrokenPipeError):
        return Result("", silent=True, exit_status=1)
    return Result("", silent=True)


def _of_tmux(ctx: Context, kind: str, session: str) -> list[tuple[str, str]]:
    answer = ctx.tmux.run(argv.list_panes(None if kind == "session" else session))
    if answer.status:
        raise session_not_found(session)
    from bridge.core import target  # noqa: PLC0415 - loaded while tmux works
    from bridge.tmux import rows  # noqa: PLC0415

    found = rows.panes(answer.output)
    return _sessions(found) if kind == "session" else _panes(target.pick_session(found, session), kind)


def _runs(ctx: Context) -> list[tuple[str, str]]:
    from bridge.store import runs  # noqa: PLC0415 - each of these is asked for alone

    return [
        (str(record["run_id"]), f"{record['outcome']}: {str(record['command'])[:60]}")
        for record in runs.records(ctx.paths)
    ]


def _groups(ctx: Context) -> list[tuple[str, str]]:
    from bridge.features.sessions import health  # noqa: PLC0415

    fleet = health.load(ctx)
    return [
        (name, counted(len(members), "session"))
        for name in sorted(fleet.groups)
        if (members := fleet.groups[name].get("sessions")) is not None and isinstance(members, list)
    ]


def _subscriptions(ctx: Context) -> list[tuple[str, str]]:
    from bridge.features.events import subscribe  # noqa: PLC0415

    found = subscribe.file(ctx).load(clock.epoch())
    return [(str(item["subscription_id"]), f"{item['event_type']} of {item['session']}") for item in found]


_KEPT = {"run": _runs, "group": _groups, "subscription": _subscriptions}


def _sessions(found: list[Pane]) -> list[tuple[str, str]]:
    counts: dict[str, int] = {}
    for pane in found:
        counts[pane.session] = counts.get(pane.session, 0) + 1
    return [(name, counted(count, "pane")) for name, count in counts.items()]


def _panes(found: list[Pane], kind: str) -> list[tuple[str, str]]:
    labelled = {pane.label: f"pane {pane.address}, {pane.command}" for pane in found if pane.label}
    if kind == "label":
        return list(labelled.items())
    return [
        *((pane.address, f"{pane.name}, {pane.command}") for pane in found),
        *labelled.items(),
        *((pane.id, f"{pane.name}, {pane.command}") for pane in found),
    ]


def _shown(text: str) -> str:
    """The text without what would break a line or colour a terminal."""
    return "".join(char for char in text if char.isprintable())


COMMANDS = (
    Command(
        name="complete",
        summary="Print what may stand for an argument, for the shells' completion files.",
        run=_complete,
        effect="read",
        target="none",
        output="none: plain lines, each a word, a tab and what it means; nothing and exit status 1 where nobody knows",
        args=(
            Arg("kind", "what is asked for", "choice", choices=("session", "pane", "label", *_KEPT), required=True),
            Arg("session", "the session of the panes or labels", "word"),
        ),
        examples=("bridge complete session", "bridge complete pane dev"),
        script=False,
    ),
)
