"""The configuration files themselves: read, checked line by line, changed one line at a time."""

from __future__ import annotations

import difflib
import os
import re
import time

from bridge import config
from bridge.config import unusable
from bridge.core import tomltext
from bridge.errors import BridgeError
from bridge.store import atomic

# What cannot stand in a file: it is needed before one is found, or belongs to one call.
_NOT_IN_FILES = ("BRIDGE_CONFIG", "BRIDGE_CACHE_DIR", "BRIDGE_PYTHON", "BRIDGE_CORRELATION_ID")
_WITHOUT_DEFAULT = ("BRIDGE_METRICS_DAYS",)  # numbers that may be left open
_WORDS = ("BRIDGE_TMUX", "BRIDGE_SNAPSHOT_ENV", "BRIDGE_AGENT_PROFILE")  # texts that are no paths
_RACE = 0.1  # seconds in which a file may change twice without showing it
_LARGEST = 1 << 20

KEYS = {
    name.removeprefix("BRIDGE_").lower(): name
    for name in config.VARIABLES
    if name.startswith("BRIDGE_") and name not in _NOT_IN_FILES
}  # key: variable


class Problem:
    """What is wrong with a file, and where; line 0 is the whole file."""

    __slots__ = ("key", "line", "message")

    def __init__(self, line: int, key: str, message: str) -> None:
        self.line = line
        self.key = key
        self.message = message


def kind(variable: str) -> str:
    """`choice`, `number` or `text`."""
    if variable in config.CHOICES:
        return "choice"
    if variable in _WITHOUT_DEFAULT:
        return "number"
    return "number" if config.VARIABLES[variable][0].replace(".", "", 1).isdigit() else "text"


def in_project(variable: str) -> bool:
    """Whether a project's file may set it: nothing that names a program, a server or a place."""
    return kind(variable) != "text"


def check(variable: str, value: str) -> None:
    """Raise ERR_USAGE for a value that the setting cannot have."""
    found = kind(variable)
    if found == "choice":
        config.choice({variable: value}, variable)
    elif found == "number":
        config.number({variable: value}, variable)
    elif any(char in value for char in "\0\n\r"):
        raise BridgeError("ERR_USAGE", f"{variable}: holds a control character: {value!r}")
    elif variable not in _WORDS and not value.startswith("/"):
        raise BridgeError("ERR_USAGE", f"{variable}: not an absolute path: {value!r}", hint="begin it with /")


def text_of(path: str) -> str:
    """The content of a file; raises ERR_CONFIG."""
    try:
        with open(path, "rb") as file:
            data = file.read(_LARGEST + 1)
        if len(data) > _LARGEST:
            raise unusable(path, f"it is larger than {_LARGEST} bytes")
        return data.decode()
    except OSError as problem:
        raise unusable(path, problem.strerror or str(problem)) from None
    except UnicodeDecodeError as problem:
        raise unusable(path, f"byte {problem.start} is not UTF-8") from None


def examine(text: str, *, project: bool) -> tuple[dict[str, str], list[Problem]]:
    """The values of a file by variable, and everything that is wrong with it."""
    try:
        found = tomltext.parse(text)
    except tomltext.NotTomlError as problem:
        return {}, [Problem(problem.line, "", f"not TOML: {problem}")]
    values: dict[str, str] = {}
    problems: list[Problem] = []
    for key, value in found.items():
        try:
            values[KEYS.get(key, "")] = _value(key, value, project=project)
        except BridgeError as problem:
            message = problem.message + (f" ({problem.hint})" if problem.hint else "")
            problems.append(Problem(line_of(text, key), key, message))
    return values, sorted(problems, key=lambda problem: problem.line)


def load(path: str, *, project: bool) -> dict[str, str]:
    """The values of a file; raises ERR_CONFIG for the first thing that is wrong with it."""
    values, problems = examine(text_of(path), project=project)
    if problems:
        first = problems[0]
        raise unusable(f"{path}:{first.line}", first.message, "bridge config-validate shows everything that is wrong")
    return values


def remember(path: str, line: str, values: dict[str, str], changed: float) -> None:
    """Keep the values as plain lines, unless the file is so new that it may change unseen."""
    if not path or time.time() - changed < _RACE:
        return
    text = line + "\n" + "".join(f"{name}={value}\n" for name, value in values.items())
    try:
        os.makedirs(os.path.dirname(path), mode=0o700, exist_ok=True)
        atomic.replace(path, text.encode("utf-8", "surrogateescape"))
    except (OSError, BridgeError):
        return  # it is read again the next time


def edited(text: str, key: str, value: str) -> str:
    """The text with one setting changed, added or (with an empty value) taken out; the rest stays as it is."""
    literal = value if kind(KEYS[key]) == "number" else '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
    pattern = re.compile(rf"^([ \t]*\"?{key}\"?[ \t]*=[ \t]*)(\"(?:[^\"\\]|\\.)*\"|'[^']*'|[^#\s]*)([ \t]*#.*)?$", re.M)
    found = pattern.search(text)
    if not value:
        return text if found is None else text[: found.start()] + text[found.end() :].removeprefix("\n")
    if found is not None:
        return text[: found.start()] + found[1] + literal + (found[3] or "") + text[found.end() :]
    return text + ("\n" if text and not text.endswith("\n") else "") + f"{key} = {literal}\n"


def prepare(path: str) -> None:
    """See to it that a file can be written there, making its directory. Raises ERR_STATE and names the file."""
    folder = os.path.dirname(os.path.realpath(path))
    try:
        os.makedirs(folder, mode=0o700, exist_ok=True)
    except OSError as problem:
        raise _unwritten(path, problem.strerror or str(problem)) from None
    if not os.access(folder, os.W_OK | os.X_OK):
        raise _unwritten(path, f"{folder} is not writable")


def _unwritten(path: str, reason: str) -> BridgeError:
    return BridgeError("ERR_STATE", f"cannot write {path}: {reason}", hint="BRIDGE_CONFIG may name another file")


def write(path: str, text: str) -> None:
    """Replace a file in a place that is prepared; a link's target is replaced, the link stays. Raises ERR_STATE."""
    try:
        target = os.path.realpath(path)
        mode = os.stat(target).st_mode & 0o777 if os.path.exists(target) else 0o644
        atomic.replace(target, text.encode())
        os.chmod(target, mode)
    except OSError as problem:
        raise _unwritten(path, problem.strerror or str(problem)) from None


def template(*, project: bool) -> str:
    """A file that sets nothing and shows every setting with its default."""
    lines = ["# Settings of bridge; `bridge help environment` and docs/CONFIGURATION.md explain them.", ""]
    for key, variable in KEYS.items():
        if project and not in_project(variable):
            continue
        default, meaning = config.VARIABLES[variable]
        shown = default if kind(variable) == "number" else f'"{default}"'
        lines += [f"# {meaning}", f"# {key} = {shown}", ""]
    return "\n".join(lines).rstrip("\n") + "\n"


def line_of(text: str, key: str) -> int:
    """The line that sets a key or opens a table of its name, 0 where it is not found."""
    pattern = re.compile(rf"^[ \t]*\[*[ \t]*[\"']?{re.escape(key)}[\"']?[ \t]*[\].=]")
    for number, line in enumerate(text.splitlines(), 1):
        if pattern.match(line):
            return number
    return 0


def unknown(key: str) -> BridgeError:
    """The error for a key that no setting has."""
    close = difflib.get_close_matches(key, KEYS, n=3)
    hint = "did you mean " + " or ".join(close) + "?" if close else "bridge config-show shows the settings"
    return BridgeError("ERR_USAGE", f"unknown setting: {key!r}", hint=hint)


def _value(key: str, value: object, *, project: bool) -> str:
    """The value of a key as a variable has it; raises ERR_USAGE."""
    variable = KEYS.get(key)
    if variable is None:
        raise unknown(key)
    if project and not in_project(variable):
        raise BridgeError("ERR_USAGE", f"{key}: a project cannot set it", hint="it belongs into the user's file")
    if isinstance(value, bool) or not isinstance(value, (str, int, float)):
        raise BridgeError("ERR_USAGE", f"{key}: neither text nor a number: {value!r}")
    if isinstance(value, str) == (kind(variable) == "number"):
        raise BridgeError("ERR_USAGE", f"{key}: {'not a number' if isinstance(value, str) else 'not text'}: {value!r}")
    check(variable, str(value))
    if str(value) == "":
        raise BridgeError("ERR_USAGE", f"{key}: is empty", hint="leave it out for the default")
    return str(value)
