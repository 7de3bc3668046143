"""The document of a session: windows, panes, what runs in them; of tmux's answers, and of what the system knows."""

from __future__ import annotations

import os

from bridge import __version__
from bridge.context import Context
from bridge.core import layouts, limits, localoptions, promptstate, redaction, shellwords, snapshots, variables
from bridge.core.redaction import BLOT
from bridge.core.sgr import only_colours
from bridge.features.output import logfiles
from bridge.system import clock, foreground, process, startwords
from bridge.tmux import argv, rows
from bridge.tmux.sessions import Details, Row

_LARGEST_HISTORY = 1_000_000


def document(ctx: Context, found: list[Row], details: Details, *, consistent: bool) -> dict[str, object]:
    """What is stored of a session: its windows, panes and settings, and notes of what could not be kept."""
    first = found[0]
    more = kept_names(ctx)
    notes: list[dict[str, str]] = []
    if first["session_group"]:
        notes.append(_note("session", f"it is in tmux's session group {first['session_group']!r}, which is not saved"))
    found = _tiled(found, notes)
    windows = [_window(row, details, notes) for row in _firsts(found)]
    piped = {row["pane_id"] for row in found if row.is_on("pane_pipe") and not _is_our_log(ctx, row, details)}
    panes = [_pane(row, details, more, notes, piped=row["pane_id"] in piped) for row in found]
    current = next((window for window in windows if window["active"]), windows[0])
    return {
        "version": snapshots.VERSION,
        "session_name": first["session_name"],
        "saved_at": clock.timestamp(),
        "saved_by": f"bridge {__version__}",
        "consistent": consistent,
        "identity": {
            "server_pid": first.number("pid"),
            "server_started": first.number("start_time"),
            "tmux": first["version"],
            "session_id": first["session_id"],
            "session_created": first.number("session_created"),
        },
        "layout": {"window_layout": current["layout"]},
        "metadata": {},
        "session": {
            "path": first["session_path"],
            "group": first["session_group"] or None,
            "owned": first[argv.SESSION_OWNER].endswith(":" + first["session_id"]),
            "options": _options(details.options.get(first["session_id"], {}), "session", notes),
            "environment": _kept(details.environment, more),
            "removed_environment": sorted(details.removed),
        },
        "windows": windows,
        "panes": panes,
        "notes": notes,
    }


def kept_names(ctx: Context) -> tuple[str, ...]:
    """The names of variables that the settings add to those that snapshots may hold."""
    return tuple(word for word in (ctx.environ.get("BRIDGE_SNAPSHOT_ENV") or "").replace(",", " ").split() if word)


def _tiled(found: list[Row], notes: list[dict[str, str]]) -> list[Row]:
    """The rows without the panes that float over a window: tmux can bring none back to its place."""
    kept = {row["window_index"]: row for row in reversed(found)}  # where nothing is tiled, one pane stands for it
    kept.update((row["window_index"], row) for row in found if not row.is_on("pane_floating_flag"))
    for row in found:
        if row.is_on("pane_floating_flag") and row is not kept[row["window_index"]]:
            item = f"pane {row['window_index']}.{row['pane_index']}"
            notes.append(_note(item, "it floats over its window; it is not saved"))
    return [row for row in found if not row.is_on("pane_floating_flag") or row is kept[row["window_index"]]]


def _firsts(found: list[Row]) -> list[Row]:
    """One row for each window."""
    return list({row["window_index"]: row for row in reversed(found)}.values())[::-1]


def _window(row: Row, details: Details, notes: list[dict[str, str]]) -> dict[str, object]:
    found = dict(details.options.get(row["window_id"], {}))
    index = row.number("window_index")
    if row["window_linked"] not in ("", "0"):
        notes.append(_note(f"window {index}", "it is linked to other sessions too; the link is not saved"))
    return {
        "index": index,
        "name": _clipped(row["window_name"], f"window {index}", "name", notes),
        "automatic_rename": found.pop("automatic-rename", None),
        "named_by_tmux": row["automatic-rename"] in ("1", "on"),
        "layout": layouts.tiled(row["window_layout"]),
        "active": row.is_on("window_active"),
        "stack": row.number("window_stack_index"),
        "zoomed": row.is_on("window_zoomed_flag"),
        "options": _options(found, f"window {index}", notes),
    }


def _is_our_log(ctx: Context, row: Row, details: Details) -> bool:
    """Whether the pane's pipe is the byte log of this program, which is begun anew where it is wanted."""
    pid, generation = logfiles.writer(logfiles.base(ctx, row["pane_id"], row.number("pane_pid")))
    return pid > 0 and details.options.get(row["pane_id"], {}).get(argv.LOG) == generation


def _pane(
    row: Row, details: Details, more: tuple[str, ...], notes: list[dict[str, str]], *, piped: bool
) -> dict[str, object]:
    index = row.number("window_index")
    item = f"pane {index}.{row['pane_index']}"
    pid = row.number("pane_pid")
    running = _running(row, pid, item, notes)
    history = details.history.get(row["pane_id"])
    if piped:
        notes.append(_note(item, "what its output is piped to is not known to tmux and not saved"))
    if row.is_on("alternate_on"):
        notes.append(_note(item, "the screen that its program draws is not saved"))
    return {
        "window": index,
        "pane_id": row.number("pane_index"),
        "label": rows.decode_label(row[argv.LABEL]),
        **running,
        **_directory(row, pid, item, notes),
        "title": redaction.redact(_clipped(row["pane_title"], item, "title", notes)),
        "metadata": _metadata(row[argv.METADATA]),
        "environment": _environment(pid, more),
        "active": row.is_on("pane_active"),
        "last": row.is_on("pane_last"),
        "marked": row.is_on("pane_marked"),
        "input_off": row.is_on("pane_input_off"),
        "owned": row[argv.PANE_OWNER].endswith(":" + row["pane_id"]),
        "options": _options(_limits(details.options.get(row["pane_id"], {}), row["pane_id"]), item, notes),
        "history": None if history is None else _scrollback(history),
    }


def _running(row: Row, pid: int, item: str, notes: list[dict[str, str]]) -> dict[str, object]:
    """What runs in the pane: as text for people, and as exact words where it is more than a shell."""
    if row.is_on("pane_dead"):
        notes.append(_note(item, "its program has ended; a shell comes back in its place"))
        return {"command": "", "argv": None, "status": "dead"}
    shell = process.read_process(pid)
    leader = foreground.first(pid, row["pane_tty"])
    if shell is None or leader is None:
        return {"command": "", "argv": None, "status": "unknown"}
    if leader.pid == pid and promptstate.is_interactive_shell(leader.argv or (leader.name,), promptstate.PERSONAL):
        return {"command": leader.name, "argv": None, "status": "idle"}
    commands = [list(leader.argv)]
    parts = [leader.pid]
    if leader.pid != pid:
        found = process.job(pid, leader.group)
        if len(found) > 1 and all(words for _, words in found):
            commands = [list(words) for _, words in found]
            parts = [part for part, _ in found]
    reason = _unknown_words(parts)
    if reason:
        notes.append(_note(item, reason))
        return {"command": leader.name, "argv": None, "status": "running"}
    if leader.pid != pid:
        if leader.pid != leader.group:
            notes.append(_note(item, "its command is what still ran of a pipeline whose first part had ended"))
        elif len(commands) > 1:
            notes.append(_note(item, "its command is a pipeline; redirections in it are not known to the system"))
    if not all(commands) or any("\udc80" <= char <= "\udcff" for words in commands for word in words for char in word):
        notes.append(_note(item, "the words of its command are not text and are not saved"))
        return {"command": leader.name, "argv": None, "status": "running"}
    redacted = [redaction.redact_words(words) for words in commands]
    if redacted != commands:
        notes.append(_note(item, "a secret in the words of its command was left out"))
    return {"command": shellwords.line(redacted) or leader.name, "argv": redacted, "status": "running"}


def _unknown_words(parts: list[int]) -> str:
    """Why the words that these processes show are not those of a command; empty where they are."""
    if any(startwords.is_fork(part) for part in parts):
        return "a part of its shell runs, a loop, a function or a group; its words are not known and not saved"
    if any(startwords.has_title(part) for part in parts):
        return "its program has written a title over the words of its command; they are not known and not saved"
    return ""


def _directory(row: Row, pid: int, item: str, notes: list[dict[str, str]]) -> dict[str, object]:
    """Where the pane's own process is, by the name that it goes by itself."""
    raw = process.working_directory(pid)
    gone = raw.endswith(b" (deleted)") and not os.path.exists(raw)
    if gone:
        raw = raw.removesuffix(b" (deleted)")
        notes.append(_note(item, "its directory had been removed"))
    elif raw:
        raw = _logical(raw, row, pid)
    text = raw.decode("utf-8", "surrogateescape")
    if any("\udc80" <= char <= "\udcff" for char in text):
        notes.append(_note(item, "the name of its directory is not UTF-8 text"))
    return {"working_dir": text, "working_dir_gone": gone}


def _logical(physical: bytes, row: Row, pid: int) -> bytes:
    """The directory's name by way of links, where the shell or its job tells one that leads to the same place."""
    told = row["pane_path"]
    if told.startswith("file://"):
        told = "/" + told[7:].partition("/")[2]
    candidates = [told.encode("utf-8", "surrogateescape")]
    shell = process.read_process(pid)
    if shell is not None and shell.foreground not in (shell.group, -1):
        candidates.append(process.environment(shell.foreground).get(b"PWD", b""))
    candidates.append(process.environment(pid).get(b"PWD", b""))
    for name in candidates:
        try:
            if name.startswith(b"/") and os.path.samefile(name, physical):
                return name
        except (OSError, ValueError):
            continue
    return physical


def _environment(pid: int, more: tuple[str, ...]) -> dict[str, str]:
    found = process.environment(pid)
    text = {name.decode("utf-8", "replace"): value.decode("utf-8", "replace") for name, value in found.items()}
    return _kept(text, more)


def _kept(found: dict[str, str], more: tuple[str, ...]) -> dict[str, str]:
    kept = {name: value for name, value in found.items() if variables.is_kept(name, value, more)}
    return {name: value for name, value in sorted(kept.items()) if BLOT not in redaction.redact(value)}


def _options(found: dict[str, str], item: str, notes: list[dict[str, str]]) -> dict[str, str]:
    """The options that were set on the place itself, but for ours, and for those that hold a secret."""
    kept = {name: value for name, value in found.items() if not localoptions.is_state(name)}
    secret = [name for name, value in kept.items() if redaction.redact(value) != value]
    notes.extend(_note(item, f"option {name} holds a secret and was left out") for name in secret)
    return {name: value for name, value in kept.items() if name not in secret}


def _limits(found: dict[str, str], pane_id: str) -> dict[str, str]:
    """The options of a pane with its limits as those of any pane; those that name another one are not its own."""
    kept = {name: value for name, value in found.items() if name not in limits.OPTIONS}
    for name in found.keys() - kept.keys():
        if found[name].startswith(f"{pane_id} ") and limits.moved(name, found[name], pane_id):
            kept[name] = found[name].partition(" ")[2]
    return kept


def _metadata(text: str) -> dict[str, object]:
    if not text:
        return {}
    from bridge.core import jsontext  # noqa: PLC0415 - only where there is some

    try:
        return jsontext.loads_object(text)
    except ValueError:
        return {}


def _scrollback(text: str) -> str:
    kept = redaction.redact(only_colours(text.rstrip("\n")))
    if len(kept) > _LARGEST_HISTORY:
        kept = kept[-_LARGEST_HISTORY:].partition("\n")[2]
    return kept


def _clipped(text: str, item: str, what: str, notes: list[dict[str, str]]) -> str:
    """A text that a program may have made as long as it likes."""
    if len(text) > snapshots.LONGEST_NAME:
        notes.append(
            _note(item, f"its {what} has {len(text)} characters; the first {snapshots.LONGEST_NAME} were saved")
        )
    return text[: snapshots.LONGEST_NAME]


def _note(item: str, reason: str) -> dict[str, str]:
    return {"item": item, "reason": reason}
