"""Programs that converse: what is known of each, and what a screen of one says."""

from __future__ import annotations

from bridge.context import Context
from bridge.errors import BridgeError, usage
from bridge.spec import Arg, Command, Field, Result, counted

TYPE_CHECKING = False
if TYPE_CHECKING:
    from bridge.core.agents.profile import Profile
    from bridge.store.agents import Fault

_LARGEST = 1 << 20  # bytes of a screen; a wall of terminals has a tenth of it
_WIDEST = 10_000
_PROGRESS = 4


def _profiles(ctx: Context, params: dict[str, object]) -> Result:
    from bridge.store import agents  # noqa: PLC0415 - nothing else here reads them

    environ = ctx.environ
    known = agents.sources(environ)
    name = str(params["profile"] or "")
    chosen = [source for source in known if not name or source.name == name]
    if not chosen:
        raise agents.unknown(name, [source.name for source in known])
    faults = {source.name: agents.check(environ, source.name) if source.path else [] for source in chosen}
    rows: list[dict[str, object]] = []
    for source in chosen:
        data = {} if faults[source.name] else agents.load(environ, source.name).data
        rows.append(
            {
                "profile": source.name,
                "title": str(data.get("title", "")),
                "path": source.path or None,
                "shipped": source.shipped,
                "tried": list(_texts(data.get("tried"))),
                "valid": not faults[source.name],
            }
        )
    fields: dict[str, object] = {
        "profiles": rows,
        "count": len(rows),
        "folder": agents.folder(environ),
        "data": None,
        "rules": None,
        "problems": None,
    }
    if params["check"]:
        return _checked([fault for found in faults.values() for fault in found], fields)
    if name:
        return _shown(agents.load(environ, name), fields)
    text = "\n".join(f"{row['profile']}: {_told(row)}" for row in rows)
    return Result(text, fields=fields, logs=(("info", counted(len(rows), "profile")),))


def _told(row: dict[str, object]) -> str:
    if not row["valid"]:
        return f"wrong: {row['path']}"
    tried = row["tried"]
    said = f"tried with {', '.join(tried)}" if isinstance(tried, list) and tried else "not run, known by its screens"
    return f"{row['title']} ({said})" + (f" + {row['path']}" if row["path"] else "")


def _texts(value: object) -> tuple[str, ...]:
    return tuple(str(one) for one in value) if isinstance(value, list) else ()


def _shown(profile: Profile, fields: dict[str, object]) -> Result:
    data = {key: value for key, value in profile.data.items() if key != "rules"}
    rules = [
        {"rule": rule.name, "priority": rule.priority, "state": rule.state, "kind": rule.kind, "reason": rule.reason}
        for rule in profile.rules
    ]
    text = "\n".join(f"{rule['priority']} {rule['rule']}: {rule['state']}: {rule['reason']}" for rule in rules)
    return Result(text, fields=fields | {"data": data, "rules": rules})


def _checked(found: list[Fault], fields: dict[str, object]) -> Result:
    fields |= {
        "problems": [
            {"profile": fault.profile, "path": fault.path, "line": fault.line, "message": fault.message}
            for fault in found
        ]
    }
    if not found:
        said = f"{counted(fields['count'], 'profile')}: valid"
        return Result("valid", fields=fields, logs=(("success", said),))
    lines = [f"{fault.path}:{fault.line}: {fault.message}" for fault in found]
    raise BridgeError(
        "ERR_CONFIG",
        lines[0] + (f" (and {len(lines) - 1} more)" if len(lines) > 1 else ""),
        hint="docs/AGENTS_GUIDE.md says what a profile holds",
        output="\n".join(lines),
        logs=tuple(("error", line) for line in lines),
        fields=fields,
    )


def _classify(ctx: Context, params: dict[str, object]) -> Result:
    cursor = _pair(params["cursor"], "cursor", ",", least=0)
    size = _pair(params["size"], "size", "x", least=1)
    progress = params["progress"]
    if isinstance(progress, int) and not 0 <= progress <= _PROGRESS:
        raise usage(
            f"progress: {progress} is no state of OSC 9;4",
            hint="0 none, 1 a share, 2 failed, 3 busy, 4 paused, as the program has told its terminal",
        )
    if cursor is not None and size is not None and (cursor[0] > size[0] or cursor[1] >= size[1]):
        raise usage(
            f"cursor: {cursor[0]},{cursor[1]} is outside of {size[0]}x{size[1]}", hint="columns and rows from 0"
        )
    for name in ("profile", "screen"):
        if not params[name]:
            raise usage(f"--{name} is missing", hint="bridge agent-classify --profile claude --screen FILE")
    from bridge.core.agents import frame, verdict  # noqa: PLC0415 - re costs 6 ms, and calls that fail need it not
    from bridge.store import agents  # noqa: PLC0415

    profile = agents.load(ctx.environ, str(params["profile"]))
    text = _text(ctx, str(params["screen"]))
    seen = frame.read(
        text,
        title=str(params["title"] or ""),
        cursor=cursor,
        size=size,
        progress=progress if isinstance(progress, int) else None,
    )
    found = verdict.classify(profile, seen)
    fields: dict[str, object] = {
        "profile": profile.name,
        "state": found.state,
        "kind": found.kind or None,
        "reason": found.reason,
        "rule": found.rule or None,
        "evidence": found.evidence,
        "composer": found.composer(),
        "menu": found.menu(),
        "untrusted": True,
    }
    return Result(f"{found.state}: {found.reason}", fields=fields)


def _pair(value: object, name: str, between: str, *, least: int) -> tuple[int, int] | None:
    if value is None:
        return None
    first, found, second = str(value).partition(between)
    if not found or not all(part.isascii() and part.isdigit() and len(part) <= 5 for part in (first, second)):
        example = "12,30" if between == "," else "120x40"
        raise usage(f"{name}: not two numbers: {str(value)!r}", hint=f"columns first: --{name} {example}")
    pair = int(first), int(second)
    if min(pair) < least or max(pair) > _WIDEST:
        raise usage(f"{name}: out of range: {str(value)!r}", hint=f"from {least} to {_WIDEST}")
    return pair


def _text(ctx: Context, path: str) -> str:
    """The text of a file; raises ERR_SCREEN or ERR_TOO_LARGE."""
    import os  # noqa: PLC0415
    import stat  # noqa: PLC0415

    hint = "a file as tmux capture-pane -e -p writes it"
    place = os.path.join(ctx.directory, path)
    try:
        descriptor = os.open(place, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    except (OSError, ValueError) as problem:
        reason = getattr(problem, "strerror", None) or str(problem)
        raise BridgeError("ERR_SCREEN", f"cannot read {path!r}: {reason}", hint=hint) from None
    try:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise BridgeError("ERR_SCREEN", f"cannot read {path!r}: it is no file", hint=hint)
        data = b""
        while len(data) <= _LARGEST and (more := os.read(descriptor, _LARGEST + 1 - len(data))):
            data += more
    except OSError as problem:
        raise BridgeError("ERR_SCREEN", f"cannot read {path!r}: {problem.strerror}", hint=hint) from None
    finally:
        os.close(descriptor)
    if len(data) > _LARGEST:
        raise BridgeError(
            "ERR_TOO_LARGE",
            f"{path!r} is larger than {_LARGEST} bytes: no screen is",
            hint=f"{hint}; the last rows suffice",
        )
    if b"\0" in data:
        raise BridgeError("ERR_SCREEN", f"{path!r} holds NUL bytes: it is no text", hint=hint)
    return data.decode("utf-8", "replace")


COMMANDS = (
    Command(
        name="agent-profiles",
        summary="List what is known of agents' programs, show one profile, or check them.",
        run=_profiles,
        effect="read",
        target="none",
        output="a line for each profile; for one its rules in their order; with --check valid, or what is wrong",
        args=(
            Arg("profile", "the profile; else all of them", "word"),
            Arg("check", "check the user's own profiles", "flag", positional=False),
        ),
        returns=(
            Field(
                "profiles",
                "array",
                "the profiles asked for: objects with profile, title, path (the user's file or null), shipped, tried"
                " (versions), valid",
            ),
            Field("count", "integer", "how many there are"),
            Field("folder", "string", "where the user's own profiles are, or would be"),
            Field("data", "object", "with a name: the profile as it holds, without its rules; else null"),
            Field(
                "rules", "array", "with a name: objects with rule, priority, state, kind, reason, in order; else null"
            ),
            Field("problems", "array", "with --check: objects with profile, path, line, message; else null"),
        ),
        errors=("ERR_PROFILE_NOT_FOUND", "ERR_CONFIG"),
        examples=("bridge agent-profiles", "bridge agent-profiles claude", "bridge agent-profiles --check"),
        script=False,
    ),
    Command(
        name="agent-classify",
        summary="Tell what a screen of an agent's program says of its state, and by which rule.",
        run=_classify,
        effect="read",
        target="none",
        output="the state and its reason",
        args=(
            Arg("profile", "the profile of the program", positional=False),
            Arg("screen", "file with the screen, as capture-pane -e writes it", positional=False, tells_file=True),
            Arg("title", "the title that the program has set (OSC 2)", positional=False),
            Arg("cursor", "where the cursor is, COLUMN,ROW from 0", positional=False),
            Arg("size", "COLUMNSxROWS of the pane", positional=False),
            Arg("progress", "what the program has told of its progress (OSC 9;4): 0 to 4", "integer", positional=False),
        ),
        returns=(
            Field("profile", "string", "the profile"),
            Field(
                "state",
                "string",
                "starting, idle, working, approval, question, rate-limited, error, exited, other or unknown",
            ),
            Field(
                "kind", "string", "what of that: permission, trust, login, plan, question, menu, limit, viewer; or null"
            ),
            Field("reason", "string", "why, in words"),
            Field("rule", "string", "the rule that decided; null where none did"),
            Field("evidence", "array", "what the rule saw: objects with region, row (from 0, or null), text"),
            Field("composer", "object", "the box for messages: row, text, kind (empty, ghost, paste, draft); or null"),
            Field("menu", "object", "the menu: form, title, options (label, key, marked); or null"),
            Field("untrusted", "boolean", "always true: the texts are the program's"),
        ),
        errors=("ERR_PROFILE_NOT_FOUND", "ERR_CONFIG", "ERR_SCREEN", "ERR_TOO_LARGE"),
        examples=(
            "bridge agent-classify --profile claude --screen screen.txt",
            "bridge agent-classify --profile codex --screen screen.txt --title '⠋ my-app' --size 120x40 --cursor 2,36",
        ),
        script=False,
    ),
)
