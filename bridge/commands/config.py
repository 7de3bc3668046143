"""Settings: shown with where they come from, changed, checked."""

from __future__ import annotations

from bridge.context import Context
from bridge.errors import BridgeError
from bridge.features.upkeep import configuration
from bridge.spec import Arg, Command, Field, Result


def _show(ctx: Context, params: dict[str, object]) -> Result:
    found = configuration.show(ctx)
    rows: list[dict[str, object]] = []
    for setting in found:
        row: dict[str, object] = {"key": setting.key, "value": setting.value}
        if params["origin"]:
            row |= {"origin": setting.origin, "source": setting.source}
        rows.append(row | {"default": setting.default, "meaning": setting.meaning})
    text = "\n".join(
        f"{setting.key}={setting.value}" + (f" ({setting.origin})" if params["origin"] else "") for setting in found
    )
    return Result(text, fields={"settings": rows})


def _get(ctx: Context, params: dict[str, object]) -> Result:
    setting = configuration.get(ctx, str(params["key"]))
    return Result(
        setting.value,
        fields={
            "key": setting.key,
            "value": setting.value,
            "origin": setting.origin,
            "source": setting.source,
            "default": setting.default,
        },
    )


def _set(ctx: Context, params: dict[str, object]) -> Result:
    key, value = str(params["key"]), str(params["value"] or "")
    path, changed = configuration.change(ctx, key, value, project=bool(params["project"]))
    text = f"{key}={value}" if value else f"{key} is not set"
    return Result(
        text,
        fields={"key": key, "value": value, "path": path, "changed": changed},
        logs=(("success", f"{text}: {path}"),),
    )


def _validate(ctx: Context, params: dict[str, object]) -> Result:
    found = configuration.problems(ctx)
    checked = [place.path for place in configuration.files(ctx) if place.exists]
    if not found:
        return Result("valid", fields={"problems": [], "paths": checked}, logs=(("success", "The settings are valid"),))
    lines = [f"{row['path']}:{row['line']}: {row['message']}" for row in found]
    raise BridgeError(
        "ERR_CONFIG",
        lines[0] + (f" (and {len(lines) - 1} more)" if len(lines) > 1 else ""),
        hint="docs/CONFIGURATION.md and bridge config-show list the settings",
        output="\n".join(lines),
        logs=tuple(("error", line) for line in lines),
        fields={"problems": found, "paths": checked},
    )


def _init(ctx: Context, params: dict[str, object]) -> Result:
    path = configuration.begin(ctx, project=bool(params["project"]))
    return Result(path, fields={"path": path}, logs=(("success", f"Written: {path}"),))


def _path(ctx: Context, params: dict[str, object]) -> Result:
    rows = [{"kind": place.kind, "path": place.path, "exists": place.exists} for place in configuration.files(ctx)]
    return Result("\n".join(str(row["path"]) for row in rows), fields={"files": rows})


_KEY = Arg("key", "the setting, as config-show tells it", required=True)
_PROJECT = Arg("project", "the project's file, not the user's", "flag", positional=False)
_KEY_FIELD = Field("key", "string", "the setting")
_PATH_FIELD = Field("path", "string", "the file")
_NOT_WRITTEN = ("ERR_LOCKED", "ERR_STATE")

COMMANDS = (
    Command(
        name="config-show",
        summary="Show every setting as it holds for this call.",
        run=_show,
        effect="read",
        target="none",
        output="the settings, key=value on a line each",
        args=(Arg("origin", "tell where each value comes from", "flag", positional=False),),
        returns=(
            Field(
                "settings",
                "array",
                "objects with key, value, default, meaning; with --origin also origin (flag, environment, project,"
                " user, default) and source (the option, the variable, or file and line)",
            ),
        ),
        examples=("bridge config-show --origin", "bridge config-show | jq '.settings[0]'"),
        script=False,
    ),
    Command(
        name="config-get",
        summary="Tell one setting and where it comes from.",
        run=_get,
        effect="read",
        target="none",
        output="the value",
        args=(_KEY,),
        returns=(
            _KEY_FIELD,
            Field("value", "string", "its value"),
            Field("origin", "string", "flag, environment, project, user or default"),
            Field("source", "string", "the option, the variable, or file and line; empty for the default"),
            Field("default", "string", "what it is where nothing sets it"),
        ),
        examples=("bridge config-get max_panes",),
        script=False,
    ),
    Command(
        name="config-set",
        summary="Set a value in the user's file or the project's; the other lines stay as they are.",
        run=_set,
        effect="destroy",
        target="none",
        output="key=value",
        args=(_KEY, Arg("value", "the value; without it the setting is taken out"), _PROJECT),
        returns=(
            _KEY_FIELD,
            Field("value", "string", "its value in the file, empty where it was taken out"),
            _PATH_FIELD,
            Field("changed", "boolean", "whether the file has changed"),
        ),
        errors=_NOT_WRITTEN,
        examples=("bridge config-set max_panes 6", "bridge config-set json compact --project"),
        script=False,
    ),
    Command(
        name="config-validate",
        summary="Check both files; tells everything that is wrong, with the line.",
        run=_validate,
        effect="read",
        target="none",
        output="valid, or a line for each problem",
        returns=(
            Field("problems", "array", "objects with kind, path, line (0: the whole file), key, message"),
            Field("paths", "array", "the files that are there"),
        ),
        examples=("bridge config-validate",),
        lenient=True,
        script=False,
    ),
    Command(
        name="config-init",
        summary="Write a file that sets nothing and shows every setting.",
        run=_init,
        effect="write",
        target="none",
        output="the file's path",
        args=(_PROJECT,),
        returns=(_PATH_FIELD,),
        errors=_NOT_WRITTEN,
        examples=("bridge config-init", "bridge config-init --project"),
        lenient=True,
        script=False,
    ),
    Command(
        name="config-path",
        summary="Tell which files are read, in the order of which a later one wins.",
        run=_path,
        effect="read",
        target="none",
        output="the paths, one a line",
        returns=(Field("files", "array", "objects with kind (user, project), path, exists"),),
        examples=("bridge config-path",),
        lenient=True,
        script=False,
    ),
)
