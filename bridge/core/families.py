"""The families of commands: those whose names begin with one noun, and bridge itself."""

from __future__ import annotations

ITSELF = "bridge"
# family: what its commands are about
TITLES: dict[str, str] = {
    "session": "a session: make, end, save, restore, its health",
    "pane": "a pane: type, run, read, wait, look, signal, end",
    "run": "commands that pane-run has begun",
    "group": "several sessions as one",
    "sessions": "all sessions at once",
    "event": "who is told what happens",
    "agent": "programs that converse, such as coding agents: which run and how they are, their profiles, their screens",
    "daemon": "the program in the background that tells it",
    "gc": "sessions that nobody needs any more",
    "metrics": "figures over time",
    "state": "the files about sessions",
    "config": "the settings",
    "logs": "what bridge itself has logged",
    ITSELF: "bridge itself, and its other fronts",
}


def of_command(name: str, names: tuple[str, ...]) -> str:
    """The family of a command: its first noun where another command has that too."""
    noun = name.partition("-")[0]
    return noun if sum(other.partition("-")[0] == noun for other in names) > 1 and noun in TITLES else ITSELF


def group(names: tuple[str, ...]) -> dict[str, list[str]]:
    """The names by family, both in their order; families without a command are left out."""
    found: dict[str, list[str]] = {family: [] for family in TITLES}
    for name in names:
        found[of_command(name, names)].append(name)
    return {family: members for family, members in found.items() if members}
