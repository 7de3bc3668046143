"""The words that start an agent's program, and the variables that it must not inherit: from its profile."""

from __future__ import annotations

from fnmatch import fnmatchcase

from bridge.core.agents.profile import Profile
from bridge.errors import usage

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable


def words(
    profile: Profile, *, model: str = "", session_id: str = "", prompt: str = "", more: tuple[str, ...] = ()
) -> list[str]:
    """The program and its words. Raises ERR_USAGE for a model where the profile doesn't know how to name one."""
    found = list(profile.words("start", "command"))
    if model:
        template = profile.words("start", "model")
        if not template:
            raise usage(
                f"model: the profile {profile.name!r} does not know how its program takes one",
                hint="give the program's own words: --args '--model NAME'",
            )
        found += _filled(template, "model", model)
    if session_id:
        found += _filled(profile.words("start", "session"), "session_id", session_id)
    options = profile.words("start", "options")
    if not any("{" in word for word in options):  # others want a value that only who uses them has
        found += options
    found += more
    if prompt:
        found += _filled(profile.words("start", "prompt"), "prompt", prompt)
    return found


def dropped(profile: Profile, names: Iterable[str]) -> list[str]:
    """The variables that are to be taken away: those of `names` that the profile drops, and those it names in full."""
    drop, keep = profile.words("environment", "drop"), profile.words("environment", "keep")
    exact = {pattern for pattern in drop if not any(char in pattern for char in "*?[")}
    found = exact | {name for name in names if any(fnmatchcase(name, pattern) for pattern in drop)}
    return sorted(name for name in found if not any(fnmatchcase(name, pattern) for pattern in keep))


def _filled(template: tuple[str, ...], key: str, value: str) -> list[str]:
    return [word.replace(f"{{{key}}}", value) for word in template]
