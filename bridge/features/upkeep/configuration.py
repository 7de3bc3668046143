"""Every setting with its value and where that comes from; the files that may set it."""

from __future__ import annotations

from bridge.config import VARIABLES, unusable
from bridge.context import Context
from bridge.errors import BridgeError
from bridge.store import settings, settingsfile


class Setting:
    """One setting as it holds for this call; `source` names the option, variable, or file and line."""

    __slots__ = ("default", "key", "meaning", "origin", "source", "value")

    def __init__(self, key: str, value: str, origin: str, source: str, default: str, meaning: str) -> None:
        self.key = key
        self.value = value
        self.origin = origin
        self.source = source
        self.default = default
        self.meaning = meaning


class File:
    """A configuration file: whose it is (`user` or `project`), its path, whether it is there."""

    __slots__ = ("exists", "kind", "path")

    def __init__(self, kind: str, path: str) -> None:
        self.kind = kind
        self.path = path
        self.exists = settings.stat(path) is not None


def files(ctx: Context) -> list[File]:
    """The user's file and the project's, which is where it is or would be made."""
    project = settings.project_path() or f"{ctx.directory}/{settings.PROJECT}"
    return [File("user", settings.user_path(ctx.environ)), File("project", project)]


def file(ctx: Context, *, project: bool) -> File:
    """One of the two."""
    return files(ctx)[1 if project else 0]


def show(ctx: Context) -> list[Setting]:
    """All settings in the table's order."""
    lines = _lines(ctx)
    found = []
    for variable, (default, meaning) in VARIABLES.items():
        key = variable.removeprefix("BRIDGE_").lower()
        value, origin, source = ctx.environ.get(variable, "") or default, "default", ""
        if variable in ctx.config.flags:
            value, origin, source = _by_option(ctx, variable)
        elif ctx.tmux.environ.get(variable):
            origin, source = "environment", variable
        elif variable in ctx.config.files:
            origin, source = lines.get(variable, ("user", ""))
        found.append(Setting(key, value, origin, source, default, meaning))
    return found


def get(ctx: Context, key: str) -> Setting:
    """One setting; raises ERR_USAGE where there is none of that name."""
    for setting in show(ctx):
        if setting.key == key:
            return setting
    raise settingsfile.unknown(key)


def change(ctx: Context, key: str, value: str, *, project: bool) -> tuple[str, bool]:
    """Set a value in a file, take it out where the value is empty; the path, and whether the file has changed.

    Raises ERR_USAGE for a key or value that cannot be, ERR_CONFIG for a file that is wrong already, ERR_LOCKED,
    ERR_STATE. Nothing is written then.
    """
    variable = settingsfile.KEYS.get(key)
    if variable is None:
        raise settingsfile.unknown(key)
    if project and not settingsfile.in_project(variable):
        raise BridgeError("ERR_USAGE", f"{key}: a project cannot set it", hint="leave --project out")
    if value:
        settingsfile.check(variable, value)
    path = file(ctx, project=project).path
    if value:
        settingsfile.prepare(path)
    with ctx.lock(".settings"):
        state = settings.stat(path)
        if state is not None:
            settings.check_owner(path, state)
            settingsfile.load(path, project=project)
        before = settingsfile.text_of(path) if state is not None else ""
        after = settingsfile.edited(before, key, value)
        wanted, problems = settingsfile.examine(after, project=project)
        if problems or wanted.get(variable, "") != value:
            raise unusable(path, f"the line of {key} cannot be changed", "change it with an editor")
        if after != before:
            settingsfile.write(path, after)
    return path, after != before


def begin(ctx: Context, *, project: bool) -> str:
    """Write a file that shows every setting; its path. Raises ERR_CONFIG where there is one, ERR_LOCKED, ERR_STATE."""
    path = f"{ctx.directory}/{settings.PROJECT}" if project else settings.user_path(ctx.environ)
    settingsfile.prepare(path)
    with ctx.lock(".settings"):
        if settings.stat(path) is not None:
            raise unusable(path, "it is there already", "bridge config-set KEY VALUE changes it")
        settingsfile.write(path, settingsfile.template(project=project))
    return path


def problems(ctx: Context) -> list[dict[str, object]]:
    """Everything that is wrong with the files: kind, path, line, key, message."""
    found: list[dict[str, object]] = []
    for place in files(ctx):
        wrong: list[tuple[int, str, str]] = []
        state = settings.stat(place.path)
        if state is None or place.path == "/dev/null":
            if place.kind == "user" and ctx.environ.get("BRIDGE_CONFIG") and state is None:
                wrong.append((0, "", "BRIDGE_CONFIG names it, but it is not there"))
        else:
            try:
                settings.check_owner(place.path, state)
                _, told = settingsfile.examine(settingsfile.text_of(place.path), project=place.kind == "project")
                wrong += [(problem.line, problem.key, problem.message) for problem in told]
            except BridgeError as problem:
                wrong.append((0, "", problem.message))
        found += [
            {"kind": place.kind, "path": place.path, "line": line, "key": key, "message": message}
            for line, key, message in wrong
        ]
    return found


def _lines(ctx: Context) -> dict[str, tuple[str, str]]:
    """For each variable that a file sets: whose file, and its path and line; the project's comes last and wins."""
    found: dict[str, tuple[str, str]] = {}
    for place in files(ctx):
        if not place.exists or not ctx.config.files:
            continue
        try:
            text = settingsfile.text_of(place.path)
        except BridgeError:
            continue
        values, _ = settingsfile.examine(text, project=place.kind == "project")
        for key, variable in settingsfile.KEYS.items():
            if variable in values:
                found[variable] = (place.kind, f"{place.path}:{settingsfile.line_of(text, key)}")
    return found


def _by_option(ctx: Context, variable: str) -> tuple[str, str, str]:
    if variable == "BRIDGE_JSON":
        return ctx.config.json, "flag", "--compact"
    if variable == "BRIDGE_LOG":
        return ctx.config.log, "flag", "--quiet"
    option, value = ctx.config.tmux_socket
    return value, "flag", option
