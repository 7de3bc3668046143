"""Metadata and label of a pane, and the state file."""

from __future__ import annotations

from bridge.commands.words import MIRROR, NO_PANE, NO_SESSION, PANE, PANE_FIELD, SESSION, sentence
from bridge.context import Context
from bridge.errors import BridgeError
from bridge.features.panes import lookup
from bridge.spec import Arg, Command, Field, Result
from bridge.tmux import argv


def _set(ctx: Context, params: dict[str, object]) -> Result:
    session, argument = str(params["session"]), str(params["pane"])
    if not argv.is_plain_name(session):
        session = lookup.survey(ctx, session).session
    with ctx.lock(session):
        found, pane = lookup.find(ctx, session, argument)
        from bridge.envelope import compact, repair  # noqa: PLC0415 - loaded while tmux works

        key, value = repair(str(params["key"])), repair(str(params["value"]))
        text = compact(lookup.metadata(pane) | {key: value})
        ctx.tmux.meanwhile = MIRROR
        _store(ctx, pane.id, text)
        from bridge.features.panes import mirror  # noqa: PLC0415

        pane.metadata_text = text
        known: dict[str, object] = {"pane": pane.id, "key": key, "value": value}
        mirror.follow(ctx, found.session, found.panes, "the value was set", pane_id=pane.address, fields=known)
    told = f"Metadata set: {key}={value} for pane {argument}"
    if ctx.script and "\\" in told:
        from bridge.core.shellwords import echoed  # noqa: PLC0415 - rare

        told = echoed(told)  # recorded for this line
    return Result(
        sentence(ctx, f"Set {key}={value}"),
        exact=True,
        pane_id=pane.address,
        fields=known,
        logs=(("success", told),),
    )


def _store(ctx: Context, pane_id: str, text: str) -> None:
    size = len(text.encode())
    if size > argv.LARGEST_VALUE:
        raise BridgeError(
            "ERR_TOO_LARGE",
            f"the pane's metadata would have {size} bytes, {argv.LARGEST_VALUE} are allowed",
            hint="store a file's path instead of its content",
        )
    if size < argv.LARGEST_ARGUMENT:
        ctx.tmux.ask(("set-option", "-p", "-t", pane_id, argv.METADATA, text))
    else:
        line = f"set-option -p -t {pane_id} {argv.METADATA} {argv.quoted(text)}\n"
        ctx.tmux.ask(("source-file", "-"), text=f"{line.rstrip()} ; display-message -p {argv.DONE}\n".encode())


def _get(ctx: Context, params: dict[str, object]) -> Result:
    _, pane = lookup.find(ctx, str(params["session"]), str(params["pane"]))
    from bridge.envelope import compact, repair  # noqa: PLC0415 - loaded while tmux works

    key = repair(str(params["key"]))
    stored = lookup.metadata(pane)
    if key not in stored:
        raise BridgeError(
            "ERR_KEY_NOT_FOUND",
            f"metadata key {key!r} was never set on pane {pane.address}",
            hint="keys: " + (", ".join(stored)[:400] or "none"),
            output=sentence(ctx, f"Key not found: {key}"),
            exact=True,
            logs=(("warn", f"Metadata key '{key}' not found for pane {params['pane']}"),),
            pane_id=pane.address,
            fields={"pane": pane.id, "key": key},
        )
    value = stored[key]
    text = value if isinstance(value, str) else compact(value)
    shown = text.rstrip("\n") if ctx.script else text  # the script's command substitution
    return Result(
        text,
        pane_id=pane.address,
        fields={"pane": pane.id, "key": key, "value": text},
        logs=(("info", f"Metadata: {key}={shown}"),),
    )


def _label(ctx: Context, params: dict[str, object]) -> Result:
    session, argument, label = str(params["session"]), str(params["pane"]), str(params["label"])
    if len(label.encode("utf-8", "surrogateescape")) > argv.LARGEST_ARGUMENT // 4:
        raise BridgeError("ERR_TOO_LARGE", "the label has over 4,000 bytes", hint="keep long text in metadata")
    if not argv.is_plain_name(session):
        session = lookup.survey(ctx, session).session
    with ctx.lock(session):
        found, pane = lookup.find(ctx, session, argument)
        from bridge.envelope import repair  # noqa: PLC0415 - loaded while tmux works

        label = repair(label)
        value = (argv.LABEL, argv.encode_label(label)) if label else ("-u", argv.LABEL)
        ctx.tmux.meanwhile = MIRROR
        ctx.tmux.ask(("set-option", "-p", "-t", pane.id, *value))
        from bridge.features.panes import mirror  # noqa: PLC0415

        pane.label = label or None
        known: dict[str, object] = {"pane": pane.id, "label": pane.name}
        mirror.follow(ctx, found.session, found.panes, "the label was set", pane_id=pane.address, fields=known)
    done = f"Label of pane {pane.address}: {label}" if label else f"Pane {pane.address} has no label"
    return Result(
        done,
        pane_id=pane.address,
        fields=known,
        logs=(("success", done),),
    )


def _sync(ctx: Context, params: dict[str, object]) -> Result:
    session = str(params["session"])
    if not argv.is_plain_name(session):
        session = lookup.survey(ctx, session).session
    with ctx.lock(session):
        found = lookup.survey(ctx, session)
        from bridge.features.panes import mirror  # noqa: PLC0415 - loaded while tmux works

        mirror.write(ctx, found.session, found.panes)
    return Result(
        "State updated",
        fields={"file": ctx.paths.state_file(found.session)},
        logs=(("success", f"State synchronized for session '{session}'"),),
    )


_KEY = Arg("key", "any text", required=True)
_WRITE_ERRORS = ("ERR_STATE", "ERR_LOCKED")

COMMANDS = (
    Command(
        name="pane-metadata-set",
        summary="Store a value under a key with a pane; it lives and dies with the pane.",
        run=_set,
        effect="write",
        target="pane",
        output="key=value",
        args=(SESSION, PANE, _KEY, Arg("value", "any text", required=True)),
        returns=(PANE_FIELD, Field("key", "string", "the key"), Field("value", "string", "the value")),
        errors=(*NO_PANE, "ERR_TOO_LARGE", *_WRITE_ERRORS),
        examples=("bridge pane-metadata-set dev 0 role primary",),
    ),
    Command(
        name="pane-metadata-get",
        summary="Tell the value that was stored under a key with a pane.",
        run=_get,
        effect="read",
        target="pane",
        output="the value",
        args=(SESSION, PANE, _KEY),
        returns=(PANE_FIELD, Field("key", "string", "the key"), Field("value", "string", "the value")),
        errors=(*NO_PANE, "ERR_KEY_NOT_FOUND"),
        examples=("bridge pane-metadata-get dev 0 role | jq -r .output",),
        later=("bridge.core.jsontext", "_json"),
    ),
    Command(
        name="pane-label",
        summary="Give a pane a label, another one, or none.",
        run=_label,
        effect="write",
        target="pane",
        output="a sentence with the label",
        args=(SESSION, PANE, Arg("label", "what to call it; empty takes the label away", required=True)),
        returns=(PANE_FIELD, Field("label", "string", "its label now, `pane-N` where it has none")),
        errors=(*NO_PANE, "ERR_TOO_LARGE", *_WRITE_ERRORS),
        examples=("bridge pane-label dev 0 server", "bridge pane-label dev server ''"),
        script=False,
    ),
    Command(
        name="state-sync",
        summary="Write the session's state file from what tmux holds.",
        run=_sync,
        effect="write",
        target="session",
        output="fixed text",
        args=(SESSION,),
        returns=(Field("file", "string", "path of the state file"),),
        errors=(*NO_SESSION, *_WRITE_ERRORS),
        examples=("bridge state-sync dev",),
        later=MIRROR,
    ),
)
