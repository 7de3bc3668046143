"""Keys, signals and restarts: taking hold of what runs in a pane."""

from __future__ import annotations

import posix

from bridge import errors
from bridge.commands.words import NO_PANE, NOT_TYPED, PANE, PANE_FIELD, RAW, SESSION, WAITED, seconds
from bridge.context import Context
from bridge.core import typedtext
from bridge.features.panes import control, delivery, lookup
from bridge.model import Pane
from bridge.spec import Arg, Command, Field, Result, counted
from bridge.system import signalnames

_GRACE = 2.0


def _target(ctx: Context, params: dict[str, object]) -> Pane:
    return lookup.find(ctx, str(params["session"]), str(params["pane"]))[1]


def _words(value: object) -> tuple[str, ...]:
    assert isinstance(value, tuple)
    return value


def _send_keys(ctx: Context, params: dict[str, object]) -> Result:
    words = _words(params["keys"])
    pane = _target(ctx, params)
    control.press(ctx, pane, words, literal=bool(params["literal"]))
    return Result(f"Keys: {' '.join(words)}", pane_id=pane.address, fields={"pane": pane.id})


def _send_stdin(ctx: Context, params: dict[str, object]) -> Result:
    pane = _target(ctx, params)
    text = str(params["text"])
    data = _own_input() if text == "-" else text.encode("utf-8", "surrogateescape")
    reader = delivery.Reader(pane) if params["enter"] else None
    delivery.paste(ctx, pane, data, raw=bool(params["raw"]))
    entered = False if reader is None else delivery.enter(ctx, pane, data, reader)
    fields: dict[str, object] = {"pane": pane.id, "delivered": len(data), "entered": entered}
    if params["enter"] and not entered:
        raise delivery.not_entered(pane, fields)
    return Result(f"Delivered {counted(len(data), 'byte')}", pane_id=pane.address, fields=fields)


def _own_input() -> bytes:
    """What stands on our standard input; raises ERR_TOO_LARGE for more than may be sent."""
    chunks, size = [], 0
    while size <= typedtext.LARGEST and (chunk := posix.read(0, typedtext.LARGEST + 1 - size)):
        chunks.append(chunk)
        size += len(chunk)
    if size > typedtext.LARGEST:
        raise errors.BridgeError(
            "ERR_TOO_LARGE",
            f"the text on stdin has over {typedtext.LARGEST} bytes",
            hint="put it in a file and run that",
        )
    return b"".join(chunks)


def _signal(ctx: Context, params: dict[str, object]) -> Result:
    word = str(params["signal"])
    value = signalnames.number(word)
    if value is None:
        raise errors.usage(f"signal: no signal has this name or number: {word!r}", hint="TERM, SIGINT, 9, …")
    pane = _target(ctx, params)
    control.check_target(ctx, pane, bool(params["self"]))
    group = control.signal_foreground(pane, value, shell=bool(params["shell"]))
    name = signalnames.name(value)
    return Result(
        f"Sent {name} to process group {group}",
        pane_id=pane.address,
        fields={"pane": pane.id, "signal": name, "process_group": group},
    )


def _stop(ctx: Context, params: dict[str, object]) -> Result:
    pane = _target(ctx, params)
    control.check_target(ctx, pane, bool(params["self"]))
    from bridge.features.waits import stop  # noqa: PLC0415 - the other commands of this family wait for nothing

    step, waited = stop.by_steps(ctx, pane, _GRACE if params["grace"] is None else seconds(params["grace"]))
    return Result(
        "Nothing was running" if step == "none" else f"Ended by {step}",
        pane_id=pane.address,
        fields={"pane": pane.id, "ended_by": step, "waited_ms": waited},
    )


def _respawn(ctx: Context, params: dict[str, object]) -> Result:
    pane = _target(ctx, params)
    control.check_target(ctx, pane, bool(params["self"]))
    pid = control.respawn(ctx, pane, _words(params["command"]), kill=bool(params["kill"]))
    return Result("Pane restarted", pane_id=pane.address, fields={"pane": pane.id, "pid": pid})


_SELF = Arg("self", "allow it for the pane that the caller is in", "flag", positional=False)

COMMANDS = (
    Command(
        name="pane-send-keys",
        summary="Press keys in a pane by tmux's names for them.",
        run=_send_keys,
        effect="write",
        target="pane",
        output="a sentence with the keys",
        args=(
            SESSION,
            PANE,
            Arg(
                "keys",
                "names of keys: Enter, C-c, M-x, Up, F5, a, …; other words are typed as text",
                required=True,
                many=True,
            ),
            Arg("literal", "type the words as text, nothing between them", "flag", positional=False),
        ),
        returns=(PANE_FIELD,),
        errors=(*NOT_TYPED, "ERR_UNSUPPORTED"),
        examples=(
            "bridge pane-send-keys dev 0 C-c",
            "bridge pane-send-keys ed 0 Escape ':wq' Enter",
            "bridge pane-send-keys dev 0 --literal 'text' ' more'",
        ),
        script=False,
    ),
    Command(
        name="pane-send-stdin",
        summary="Give text to the program in a pane as one paste, byte for byte, without Enter.",
        run=_send_stdin,
        effect="write",
        target="pane",
        output="a sentence with the number of bytes",
        args=(
            SESSION,
            PANE,
            Arg("text", "the text; - takes standard input", required=True),
            RAW,
            Arg("enter", "press Enter once the text has been taken, and see to it", "flag", positional=False),
        ),
        returns=(
            PANE_FIELD,
            Field("delivered", "integer", "how many bytes the terminal was given"),
            Field("entered", "boolean", "whether an Enter was taken; null where nobody can tell"),
        ),
        errors=NOT_TYPED,
        examples=("bridge pane-send-stdin dev 0 'a question' --enter", "bridge pane-send-stdin dev 0 -- '--help'"),
        waits=True,
        script=False,
    ),
    Command(
        name="pane-signal",
        summary="Send a signal to the foreground process group of a pane.",
        run=_signal,
        effect="destroy",
        target="pane",
        output="a sentence with the signal and the group",
        args=(
            SESSION,
            PANE,
            Arg("signal", "name with or without SIG, or number", required=True),
            Arg("shell", "allow it where the foreground is a shell that prompts", "flag", positional=False),
            _SELF,
        ),
        returns=(
            PANE_FIELD,
            Field("signal", "string", "its name without SIG"),
            Field("process_group", "integer", "the group that got it"),
        ),
        errors=(*NO_PANE, "ERR_SELF", "ERR_IDLE", "ERR_PANE_GONE", "ERR_UNSUPPORTED"),
        examples=("bridge pane-signal dev 0 INT",),
        script=False,
    ),
    Command(
        name="pane-stop",
        summary="End what runs in a pane by C-c, then TERM, then KILL, until its shell prompts.",
        run=_stop,
        effect="destroy",
        target="pane",
        output="a sentence with the step that ended it",
        args=(SESSION, PANE, Arg("grace", "seconds for each step, 2 without it", "seconds", positional=False), _SELF),
        returns=(
            PANE_FIELD,
            Field("ended_by", "string", "none, interrupt, terminate or kill"),
            WAITED,
        ),
        errors=(*NO_PANE, "ERR_SELF", "ERR_PANE_GONE", "ERR_UNSUPPORTED"),
        examples=("bridge pane-stop dev 0 --grace 5",),
        waits=True,
        script=False,
    ),
    Command(
        name="pane-respawn",
        summary="Start a pane's program again in the same pane; label and metadata stay.",
        run=_respawn,
        effect="destroy",
        target="pane",
        output="fixed text",
        args=(
            SESSION,
            PANE,
            Arg("command", "one word: a shell command; several: a program and its arguments", many=True),
            Arg("kill", "end what still runs there first", "flag", positional=False),
            _SELF,
        ),
        returns=(PANE_FIELD, Field("pid", "integer", "the pane's new process")),
        errors=(*NO_PANE, "ERR_SELF", "ERR_BUSY", "ERR_PANE_GONE"),
        examples=("bridge pane-respawn dev 0", "bridge pane-respawn dev 0 --kill -- htop -d 10"),
        script=False,
    ),
)
