"""Keys, text and signals to what runs in a pane."""

from __future__ import annotations

import os
import time

from bridge import errors
from bridge.commands.words import NO_PANE, NOT_TYPED, PANE, PANE_FIELD, RAW, SESSION, WAITED, seconds
from bridge.context import Context
from bridge.core import keys
from bridge.errors import BridgeError
from bridge.features import delivering, panes, stopping, typing
from bridge.model import Pane
from bridge.spec import Arg, Command, Field, Result
from bridge.system import signals

_MOST = 1_000_000


def _send_keys(ctx: Context, params: dict[str, object]) -> Result:
    words, literal = params["keys"], bool(params["literal"])
    assert isinstance(words, tuple)
    if not literal:
        keys.check_keys(words)
    _, pane = panes.find(ctx, str(params["session"]), str(params["pane"]))
    typing.check_usable(pane)
    stopping.send_keys(ctx, pane, words, literal=literal)
    return Result(
        "Keys: " + " ".join(words),
        pane_id=pane.address,
        fields={"pane": pane.id, "keys": list(words)},
        logs=(("success", f"{len(words)} keys sent to pane {pane.address}"),),
    )


def _send_stdin(ctx: Context, params: dict[str, object]) -> Result:
    text = _text(str(params["text"]))
    _, pane = panes.find(ctx, str(params["session"]), str(params["pane"]))
    delivered = delivering.deliver(ctx, pane, text, raw=bool(params["raw"]))
    entered = delivering.press_enter(ctx, pane) if params["enter"] else False
    return Result(
        f"Delivered {delivered} bytes",
        pane_id=pane.address,
        fields={"pane": pane.id, "delivered": delivered, "entered": entered},
        logs=(("success", f"{delivered} bytes sent to pane {pane.address}"),),
    )


def _text(text: str) -> str:
    """The text; `-` stands for our stdin, since no argument can be longer than 128 kB."""
    if text != "-":
        return text
    chunks, size = [], 0
    while size <= _MOST and (chunk := os.read(0, 1 << 16)):
        chunks.append(chunk)
        size += len(chunk)
    data = b"".join(chunks)
    if b"\0" in data:
        raise errors.usage("text: holds a NUL byte", hint="no terminal input can be given one by tmux")
    return data.decode("utf-8", "surrogateescape")


def _refuse_self(ctx: Context, pane: Pane, params: dict[str, object]) -> None:
    if pane.id == ctx.own_pane and not params["self"]:
        raise BridgeError("ERR_SELF", f"pane {pane.address} is the one you are in", hint="give --self if you mean it")


def _signal(ctx: Context, params: dict[str, object]) -> Result:
    number = keys.signal_number(str(params["signal"]), signals.NUMBERS)
    _, pane = panes.find(ctx, str(params["session"]), str(params["pane"]))
    _refuse_self(ctx, pane, params)
    leader = stopping.foreground(pane)
    if leader is None and not params["shell"]:
        raise BridgeError(
            "ERR_NOTHING_RUNS",
            f"nothing runs in pane {pane.address} but its shell",
            hint="give --shell to signal the shell itself",
            pane_id=pane.address,
            fields={"pane": pane.id},
        )
    group = leader or stopping.shell_of(pane)
    if not signals.signal_group(group.group, number, group.started):
        raise errors.pane_gone(pane.address, {"pane": pane.id})
    name = next(name for name, value in signals.NUMBERS.items() if value == number)
    return Result(
        f"Sent {name} to process group {group.group}",
        pane_id=pane.address,
        fields={"pane": pane.id, "signal": name, "process_group": group.group},
        logs=(("success", f"{name} sent to {group.name} ({group.group})"),),
    )


def _stop(ctx: Context, params: dict[str, object]) -> Result:
    _, pane = panes.find(ctx, str(params["session"]), str(params["pane"]))
    _refuse_self(ctx, pane, params)
    began = time.monotonic()
    ended_by = stopping.stop(ctx, pane, seconds(params["grace"]))
    waited = round((time.monotonic() - began) * 1000)
    return Result(
        "Nothing was running" if ended_by == "none" else f"Ended by {ended_by}",
        pane_id=pane.address,
        fields={"pane": pane.id, "ended_by": ended_by, "waited_ms": waited},
        logs=(("success", f"Pane {pane.address} is at its prompt"),),
    )


def _respawn(ctx: Context, params: dict[str, object]) -> Result:
    _, pane = panes.find(ctx, str(params["session"]), str(params["pane"]))
    _refuse_self(ctx, pane, params)
    stopping.respawn(ctx, pane, str(params["command"] or ""), kill=bool(params["kill"]))
    return Result(
        "Pane respawned",
        pane_id=pane.address,
        fields={"pane": pane.id},
        logs=(("success", f"Pane {pane.address} started again"),),
    )


_SELF = Arg("self", "allow it for the pane that the caller is in", "flag", positional=False)

COMMANDS = (
    Command(
        name="pane-send-keys",
        summary="Press keys in a pane, by tmux's names: Enter, C-c, Up, F5.",
        run=_send_keys,
        effect="write",
        target="pane",
        output="a sentence with the keys",
        args=(
            SESSION,
            PANE,
            Arg("keys", "names of keys, or text with --literal", required=True, many=True),
            Arg("literal", "type the words as text", "flag", positional=False),
        ),
        returns=(PANE_FIELD, Field("keys", "array", "what was pressed")),
        errors=(*NO_PANE, "ERR_BUSY", "ERR_PANE_GONE"),
        examples=("bridge pane-send-keys dev 0 C-c", "bridge pane-send-keys dev 0 Down Down Enter"),
        script=False,
    ),
    Command(
        name="pane-send-stdin",
        summary="Give text to what runs in a pane, byte for byte and without Enter.",
        run=_send_stdin,
        effect="write",
        target="pane",
        output="how many bytes were delivered",
        args=(
            SESSION,
            PANE,
            Arg("text", "the text; `-` reads it from stdin", required=True),
            Arg("enter", "press Enter afterwards, and see that it was taken", "flag", positional=False),
            RAW,
        ),
        returns=(
            PANE_FIELD,
            Field("delivered", "integer", "bytes given to the terminal"),
            Field("entered", "boolean", "whether Enter was seen to change something; null where nothing changed"),
        ),
        errors=NOT_TYPED,
        examples=("bridge pane-send-stdin dev 0 yes --enter",),
        waits=True,
        script=False,
    ),
    Command(
        name="pane-signal",
        summary="Send a signal to the foreground process group of a pane.",
        run=_signal,
        effect="destroy",
        target="pane",
        output="a sentence with signal and group",
        args=(
            SESSION,
            PANE,
            Arg("signal", "INT, SIGINT or 2", required=True),
            Arg("shell", "signal the pane's shell if nothing else runs", "flag", positional=False),
            _SELF,
        ),
        returns=(
            PANE_FIELD,
            Field("signal", "string", "the signal's name"),
            Field("process_group", "integer", "who got it"),
        ),
        errors=(*NO_PANE, "ERR_NOTHING_RUNS", "ERR_PANE_GONE", "ERR_SELF"),
        examples=("bridge pane-signal dev 0 INT",),
        script=False,
    ),
    Command(
        name="pane-stop",
        summary="End what runs in a pane: Ctrl-C, then TERM, then KILL; the shell stays.",
        run=_stop,
        effect="destroy",
        target="pane",
        output="which step ended it",
        args=(
            SESSION,
            PANE,
            Arg("grace", "seconds that each step gets", "seconds", default=2.0, positional=False),
            _SELF,
        ),
        returns=(
            PANE_FIELD,
            Field("ended_by", "string", "none, interrupt, terminate or kill"),
            WAITED,
        ),
        errors=(*NO_PANE, "ERR_PANE_GONE", "ERR_SELF", "ERR_UNSUPPORTED"),
        examples=("bridge pane-stop dev 0 --grace 5",),
        waits=True,
        script=False,
    ),
    Command(
        name="pane-respawn",
        summary="Start the program of a dead pane again; label and metadata stay.",
        run=_respawn,
        effect="destroy",
        target="pane",
        output="fixed text",
        args=(
            SESSION,
            PANE,
            Arg("command", "another program to start, as a shell command"),
            Arg("kill", "end the program that still runs", "flag", positional=False),
            _SELF,
        ),
        returns=(PANE_FIELD,),
        errors=(*NO_PANE, "ERR_BUSY", "ERR_PANE_GONE", "ERR_SELF"),
        examples=("bridge pane-respawn dev 0",),
        script=False,
    ),
)
