"""The profiles of agents' programs: those that are shipped, and the user's own, which win."""

from __future__ import annotations

import os
import stat
import sys

from bridge import profiles
from bridge.config import unusable
from bridge.core.agents import schema
from bridge.core.agents.profile import BASE, Profile, merged
from bridge.errors import BridgeError
from bridge.store import settings

_DEEPEST = 8  # profiles that extend one another
_kept: dict[str, dict[str, object]] = {}


class Source:
    """Where a profile comes from: `path` is the user's file, empty for one that is shipped."""

    __slots__ = ("name", "path", "shipped")

    def __init__(self, name: str, path: str, *, shipped: bool) -> None:
        self.name = name
        self.path = path
        self.shipped = shipped


class Fault:
    """What is wrong with a profile: the file and the line in it."""

    __slots__ = ("line", "message", "path", "profile")

    def __init__(self, profile: str, path: str, line: int, message: str) -> None:
        self.profile = profile
        self.path = path
        self.line = line
        self.message = message


def folder(environ: dict[str, str]) -> str:
    """Where the user's own profiles are, or would be; empty without a home."""
    path = settings.user_path(environ)
    return f"{os.path.dirname(path)}/profiles" if path else ""


def sources(environ: dict[str, str]) -> list[Source]:
    """Every profile: the shipped ones in their order, then the user's by name."""
    place = folder(environ)
    try:
        own = sorted(name[:-5] for name in os.listdir(place) if name.endswith(".toml")) if place else []
    except OSError:
        own = []
    found = [Source(name, f"{place}/{name}.toml" if name in own else "", shipped=True) for name in profiles.NAMES]
    return found + [Source(name, f"{place}/{name}.toml", shipped=False) for name in own if name not in profiles.NAMES]


def load(environ: dict[str, str], name: str) -> Profile:
    """The profile of this name, put together. Raises ERR_PROFILE_NOT_FOUND, or ERR_CONFIG with file and line."""
    known = {source.name: source for source in sources(environ)}
    if name not in known:
        raise unknown(name, list(known))
    faults: list[Fault] = []
    data = _whole(environ, name, faults)
    if faults:
        first = faults[0]
        raise unusable(
            f"{first.path}:{first.line}", first.message, f"bridge agent-profiles {name} --check shows everything"
        )
    return Profile(data)


def check(environ: dict[str, str], name: str) -> list[Fault]:
    """Everything that is wrong with one profile and those that it extends."""
    faults: list[Fault] = []
    _whole(environ, name, faults)
    return faults


def unknown(name: str, known: list[str]) -> BridgeError:
    """No profile has that name; the hint names those that are like it."""
    from bridge.core import suggestions  # noqa: PLC0415 - only for a mistake

    close = suggestions.options(name.lower(), known)
    hint = f"did you mean {' or '.join(close)}?" if close else "bridge agent-profiles lists them"
    return BridgeError("ERR_PROFILE_NOT_FOUND", f"no profile has the name {name!r}", hint=hint)


def _whole(environ: dict[str, str], name: str, faults: list[Fault]) -> dict[str, object]:
    """The merged data of a profile; what is wrong is added to `faults`."""
    place = folder(environ)
    path = f"{place}/{name}.toml" if place else ""
    below = _shipped_whole(name) if name in profiles.NAMES else {}
    if not path or not os.path.lexists(path):
        return below
    text = _text(name, path, faults)
    data = _parsed(name, path, text, faults) if text is not None else None
    if data is None:
        return below
    above = str(data.get("extends", BASE if name not in profiles.NAMES else ""))
    if above and not (above == name and name in profiles.NAMES):
        try:
            below = _extended(environ, above, [name])
        except BridgeError as problem:
            line = schema.line_of(text or "", ("extends",))
            faults.append(Fault(name, path, line, f"{problem.message} ({problem.hint})"))
            below = _shipped_whole(BASE)
    faults += [
        Fault(name, path, schema.line_of(text or "", wrong.path), wrong.message)
        for wrong in schema.problems(data, name, below)
    ]
    return below if faults else merged(below, data)


def _extended(environ: dict[str, str], name: str, way: list[str]) -> dict[str, object]:
    """The data of a profile that another one extends; raises ERR_CONFIG where there is none, or a circle."""
    if name in way or len(way) > _DEEPEST:
        raise unusable(" > ".join([*way, name]), "profiles that extend one another in a circle", "end it")
    place = folder(environ)
    path = f"{place}/{name}.toml"
    if name == BASE or (name in profiles.NAMES and not os.path.lexists(path)):
        return _shipped_whole(name)
    if not os.path.lexists(path):
        raise unknown(name, [BASE, *(source.name for source in sources(environ))])
    faults: list[Fault] = []
    text = _text(name, path, faults)
    data = _parsed(name, path, text, faults) if text is not None else None
    if data is None:
        raise unusable(path, faults[0].message)
    if name in profiles.NAMES and data.get("extends", name) == name:
        below = _shipped_whole(name)
    else:
        below = _extended(environ, str(data.get("extends", BASE)), [*way, name])
    wrong = schema.problems(data, name, below)
    if wrong:
        raise unusable(f"{path}:{schema.line_of(text or '', wrong[0].path)}", wrong[0].message)
    return merged(below, data)


def _text(name: str, path: str, faults: list[Fault]) -> str | None:
    from bridge.store import settingsfile  # noqa: PLC0415 - as `_parsed`

    try:
        state = os.stat(path)
        settings.check_owner(path, state)
        if not stat.S_ISREG(state.st_mode):
            raise unusable(path, "it is no file")
        return settingsfile.text_of(path)
    except OSError as problem:
        faults.append(Fault(name, path, 0, problem.strerror or str(problem)))
    except BridgeError as problem:
        faults.append(Fault(name, path, 0, problem.message.removeprefix(f"{path}: ")))
    return None


def _parsed(name: str, path: str, text: str, faults: list[Fault]) -> dict[str, object] | None:
    from bridge.core import tomltext  # noqa: PLC0415 - 10 ms, for the user's own profiles alone

    try:
        return tomltext.parse(text)
    except tomltext.NotTomlError as problem:
        faults.append(Fault(name, path, problem.line, f"not TOML: {problem}"))
    return None


def _shipped_whole(name: str) -> dict[str, object]:
    if name not in _kept:
        data = shipped(name)
        _kept[name] = data if name == BASE else merged(_shipped_whole(str(data.get("extends", BASE))), data)
    return _kept[name]


def shipped(name: str) -> dict[str, object]:
    """The data of a shipped profile as its file has it. In the built file it is code already."""
    path = f"bridge.profiles.{name}"
    try:
        __import__(path)
    except ImportError:
        import tomllib  # noqa: PLC0415

        place = f"{os.path.dirname(profiles.__file__)}/{name}.toml"
        loader = getattr(profiles, "__loader__", None)
        text = loader.get_data(place) if loader is not None else b""
        found: dict[str, object] = tomllib.loads(text.decode())
        return found
    data: dict[str, object] = sys.modules[path].DATA
    return data
