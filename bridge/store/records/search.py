"""Which record belongs to an agent. Where two could, none is taken."""

from __future__ import annotations

import glob
import hashlib
import json
import os
import re
import stat

from bridge.core.agents.records import formats
from bridge.store.records.transcript import Transcript

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from bridge.core.agents.profile import Profile

_MOST = 200  # records that are looked into
_HEAD = 1 << 20  # bytes in which a record says whose it is
_SHOWN = 20
_ID = re.compile(r"[A-Za-z0-9_-]{1,128}$")


class Candidate:
    """A record that could be the one: `directory` is what stands in it, `modified` seconds since 1970."""

    __slots__ = ("directory", "modified", "path", "session_id")

    def __init__(self, path: str, session_id: str, directory: str, modified: float) -> None:
        self.path = path
        self.session_id = session_id
        self.directory = directory
        self.modified = modified


class Found:
    """The record of an agent, or why there is none.

    `verdict` is `known`, `absent` (nothing is written yet: a record begins with the first prompt) or `unknown`. With
    `known` there is one candidate; with `unknown` those between which it can't be told. `how` is `session` where the
    conversation's id was asked for, `newest` where it is the only one of its directory that was written in time.
    """

    __slots__ = ("candidates", "form", "how", "reason", "verdict")

    def __init__(self, verdict: str, form: str, how: str, reason: str, candidates: list[Candidate]) -> None:
        self.verdict = verdict
        self.form = form
        self.how = how
        self.reason = reason
        self.candidates = candidates

    @property
    def known(self) -> bool:
        """Whether it is this one and no other."""
        return self.verdict == "known"

    def transcript(self, offset: int = 0) -> Transcript:
        """The record, to be read from an offset on. Only where it is `known`."""
        one = self.candidates[0]
        return Transcript(self.form, one.path, offset=offset, session_id=one.session_id)


def find(
    profile: Profile,
    environ: Mapping[str, str],
    directory: str,
    *,
    session_id: str = "",
    since: float = 0.0,
    foreign: Collection[str] = (),
) -> Found:
    """The record of an agent that works in `directory`.

    `environ` is the agent's environment: its home and the program's own directories. With `session_id` the record of
    that conversation is taken, if the id and the directory stand in it. Without, it is the only record of that
    directory that was written at or after `since`, the agent's start, and whose conversation is not in `foreign`, the
    ids that other agents are known to have. Two of them are `unknown`: the newest is no proof, and descriptors are
    none either, for no program of these holds a record open that is its own alone.
    """
    form = str(_section(profile).get("format", ""))
    if form not in formats.FORMATS:
        return Found("unknown", form, "", f"the record of {profile.name} can't be read", [])
    if session_id and not _ID.match(session_id):
        return Found("unknown", form, "", f"{session_id!r} is no conversation's id", [])
    place = _place(str(_section(profile).get("transcript", "")), environ, directory)
    if not place:
        return Found("unknown", form, "", "there is no home directory", [])
    if form == "opencode":
        return _database(place, directory, session_id, since, foreign)
    if form == "aider":
        return _shared(form, place, directory, since)
    if session_id:
        return _conversation(form, place, directory, session_id)
    candidates, reason = _candidates(form, place, directory, since, foreign)
    if reason:
        return Found("unknown", form, "newest", reason, candidates[:_SHOWN])
    if not candidates:
        return Found("absent", form, "newest", "no record of this directory was written since", [])
    if len(candidates) > 1:
        reason = f"{len(candidates)} records of this directory were written since"
        return Found("unknown", form, "newest", reason, candidates[:_SHOWN])
    return Found("known", form, "newest", "", candidates)


def _section(profile: Profile) -> dict[str, object]:
    found = profile.data.get("record")
    return found if isinstance(found, dict) else {}


def _place(template: str, environ: Mapping[str, str], directory: str) -> str:
    """The template of a record's path with its beginning put in; what is the conversation's stays open."""
    home = environ.get("HOME", "")
    own = {
        "$CODEX_HOME/": environ.get("CODEX_HOME") or (home and f"{home}/.codex"),
        "~/.claude/": environ.get("CLAUDE_CONFIG_DIR") or (home and f"{home}/.claude"),
        "~/.local/share/": environ.get("XDG_DATA_HOME") or (home and f"{home}/.local/share"),
        "~/": home,
        "{directory}/": directory,
    }
    for start, place in own.items():
        if template.startswith(start):
            return f"{place.rstrip('/')}/{template[len(start) :]}" if place else ""
    return template


def _pattern(place: str, session_id: str) -> str:
    """A template as a pattern; all that is not open in it is taken as it stands."""
    parts = re.split(r"(\*|\{\w+\})", place)
    found = [glob.escape(session_id) if part == "{session_id}" and session_id else part for part in parts]
    return "".join(
        "*" if part.startswith("{") else part if part == "*" or part != parts[at] else glob.escape(part)
        for at, part in enumerate(found)
    )


def _conversation(form: str, place: str, directory: str, session_id: str) -> Found:
    """The record of one conversation, its id and directory looked at."""
    paths = glob.glob(_pattern(place, session_id))
    wrong: list[Candidate] = []
    right: list[Candidate] = []
    for path in sorted(paths)[:_MOST]:
        candidate = _look(form, path)
        if candidate is None or candidate.session_id != session_id:
            continue
        fits = _same(candidate.directory, directory) if candidate.directory else True
        (right if fits else wrong).append(candidate)
    if len(right) == 1:
        return Found("known", form, "session", "", right)
    if right:
        return Found("unknown", form, "session", f"{len(right)} records have this conversation's id", right[:_SHOWN])
    if wrong:
        return Found("unknown", form, "session", f"the conversation is one of {wrong[0].directory}", wrong[:_SHOWN])
    return Found("absent", form, "session", "no record of this conversation is there", [])


def _candidates(
    form: str, place: str, directory: str, since: float, foreign: Collection[str]
) -> tuple[list[Candidate], str]:
    """The records of a directory that were written in time, the newest first, and why that can't be told."""
    rows: list[tuple[float, str]] = []
    for path in glob.glob(_pattern(place, "")):
        try:
            state = os.stat(path)
        except OSError:
            continue
        if stat.S_ISREG(state.st_mode) and state.st_mtime >= since:
            rows.append((state.st_mtime, path))
    rows.sort(reverse=True)
    if len(rows) > _MOST:
        return [], f"{len(rows)} records were written since"
    found: list[Candidate] = []
    for _, path in rows:
        candidate = _look(form, path)
        if candidate is None or candidate.session_id in foreign:
            continue
        if not candidate.directory:
            return [candidate], f"{path} does not say of which directory it is"
        if _same(candidate.directory, directory):
            found.append(candidate)
    return found, ""


def _look(form: str, path: str) -> Candidate | None:
    """What a record says of itself at its beginning; None where it is a subagent's or can't be read."""
    record = formats.reader(form)
    try:
        with open(os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK), "rb") as file:
            state = os.fstat(file.fileno())
            if not stat.S_ISREG(state.st_mode):
                return None
            left = _HEAD
            while left and not (record.session_id and (record.directory or form == "gemini")):
                data = file.read(min(1 << 16, left))
                if not data:
                    break
                left -= len(data)
                record.feed(data)
    except OSError:
        return None
    if getattr(record, "subagent", False) or not record.session_id:
        return None
    directory = record.directory or (_project(path) if form == "gemini" else "")
    return Candidate(path, record.session_id, directory, state.st_mtime)


def _project(path: str) -> str:
    """The directory of a project of Gemini's, from what lies beside its chats; empty where nothing tells it."""
    folder = os.path.dirname(os.path.dirname(path))
    try:
        with open(f"{folder}/.project_root", encoding="utf-8") as file:
            return file.read(4096).strip()
    except (OSError, ValueError):
        pass
    try:
        with open(f"{os.path.dirname(os.path.dirname(folder))}/projects.json", encoding="utf-8") as file:
            known = json.loads(file.read(_HEAD)).get("projects", {})
    except (OSError, ValueError, AttributeError, RecursionError):
        return ""
    name = os.path.basename(folder)
    for directory, short in known.items() if isinstance(known, dict) else ():
        if name in (short, hashlib.sha256(directory.encode()).hexdigest()):
            return str(directory)
    return ""


def _same(one: str, other: str) -> bool:
    return one == other or os.path.realpath(one) == os.path.realpath(other)


def _shared(form: str, place: str, directory: str, since: float) -> Found:
    """A record that all who work in a directory share."""
    try:
        state = os.stat(place)
    except OSError:
        return Found("absent", form, "newest", "nothing was written in this directory", [])
    if not stat.S_ISREG(state.st_mode):
        return Found("unknown", form, "newest", f"{place} is no file", [])
    if state.st_mtime < since:
        return Found("absent", form, "newest", "nothing was written in this directory since", [])
    return Found("known", form, "newest", "", [Candidate(place, "", directory, state.st_mtime)])


def _database(place: str, directory: str, session_id: str, since: float, foreign: Collection[str]) -> Found:
    """A conversation in OpenCode's database."""
    import sqlite3  # noqa: PLC0415 - for this program alone

    from bridge.store.records import opencode  # noqa: PLC0415

    how = "session" if session_id else "newest"
    if not os.path.exists(place):
        return Found("absent", "opencode", how, f"there is no {place}", [])
    try:
        if session_id:
            row = opencode.session(place, session_id)
            rows = [] if row is None else [row]
        else:
            places = dict.fromkeys((directory, os.path.realpath(directory)))
            rows = [row for one in places for row in opencode.sessions(place, one, int(since * 1000))]
            rows = [row for row in rows if row[0] not in foreign]
    except sqlite3.Error as problem:
        return Found("unknown", "opencode", how, f"{place}: {problem}", [])
    found = [Candidate(place, name, where, at / 1000) for name, where, at in rows]
    if not found:
        return Found("absent", "opencode", how, "the database has no such conversation", [])
    if session_id and not _same(found[0].directory, directory):
        return Found("unknown", "opencode", how, f"the conversation is one of {found[0].directory}", found)
    if len(found) > 1:
        reason = f"{len(found)} conversations of this directory were continued since"
        return Found("unknown", "opencode", how, reason, found[:_SHOWN])
    return Found("known", "opencode", how, "", found)
