"""Which reader a profile's record wants."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from bridge.core.agents.records.record import Record

# The format of a profile's `[record]`: the module and the class that read it, and how many blanks its program takes
# for a tab.
FORMATS = {
    "aider": ("aider", "Aider", 0),
    "claude": ("claude", "Claude", 4),
    "codex": ("codex", "Codex", 0),
    "copilot": ("copilot", "Copilot", 4),
    "gemini": ("gemini", "Gemini", 0),
    "opencode": ("opencode", "OpenCode", 0),
}


def reader(form: str, offset: int = 0) -> Record:
    """A reader that begins at an offset, which is 0 or one that a reader of the same record has shown.

    The format is one of FORMATS; only its module is loaded.
    """
    module, name, _ = FORMATS[form]
    path = f"bridge.core.agents.records.{module}"
    found: Record = getattr(__import__(path, fromlist=[name]), name)(offset)
    return found


def tab(form: str) -> int:
    """How many blanks the program takes for a tab in what it is given; 0 keeps it."""
    return FORMATS[form][2]
