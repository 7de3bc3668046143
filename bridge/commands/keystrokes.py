"""Typing text into panes."""

from __future__ import annotations

from bridge.commands.words import COMMAND, NOT_TYPED, PANE, PANE_FIELD, RAW, SESSION, sentence
from bridge.context import Context
from bridge.features.panes import keystrokes, lookup
from bridge.spec import Command, Result


def _exec(ctx: Context, params: dict[str, object]) -> Result:
    session, argument, text = str(params["session"]), str(params["pane"]), str(params["command"])
    _, pane = lookup.find(ctx, session, argument)
    keystrokes.type_lines(ctx, pane, text, raw=bool(params["raw"]))
    return Result(
        sentence(ctx, f"Command: {text}"),
        exact=True,
        pane_id=pane.address,
        fields={"pane": pane.id},
        logs=(("success", f"Command sent to pane {argument} in session '{session}'"),),
    )


COMMANDS = (
    Command(
        name="pane-exec",
        summary="Type text into a pane, byte for byte, with Enter after each line; in editors and pagers it is keys.",
        run=_exec,
        effect="write",
        target="pane",
        output="a sentence with the text",
        args=(SESSION, PANE, COMMAND, RAW),
        returns=(PANE_FIELD,),
        errors=NOT_TYPED,
        examples=("bridge pane-exec dev 0 'make test'",),
    ),
)
