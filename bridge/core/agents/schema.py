"""What may stand in a profile, and everything that is wrong with one."""

from __future__ import annotations

import re

from bridge.core.agents.anatomy import FACTS, REGIONS
from bridge.core.agents.profile import BASE, merged, strings, table, tables
from bridge.core.agents.verdict import STATES

NAME = re.compile(r"[a-z][a-z0-9-]{0,31}")
# section: key: kind, which is `text`, `texts`, `number` or the words that are possible
SECTIONS: dict[str, dict[str, str | tuple[str, ...]]] = {
    "": {"name": "text", "title": "text", "extends": "text", "tried": "texts", "notes": "texts"},
    "install": {"command": "text"},
    "start": dict.fromkeys(("command", "model", "prompt", "resume", "session", "settings", "options"), "texts"),
    "process": {"names": "texts", "wrappers": "texts"},
    "environment": {"drop": "texts", "keep": "texts"},
    "submit": {
        "paste": ("bracketed", "plain"),
        "keys": "texts",
        "delay_ms": "number",
        "typed": "texts",
        "newline": "text",
    },
    "interrupt": {"keys": "texts"},
    "leave": {"text": "text", "keys": "texts"},
    "approve": {"by": ("number", "letter", "keys"), "refuse_keys": "texts", "trust_option": "text"},
    "record": {
        "kind": ("none", "hooks", "rollout", "chats", "events", "history"),
        "format": ("none", "aider", "claude", "codex", "copilot", "gemini", "opencode"),
        "transcript": "text",
    },
    "screen": {"glyphs": "texts", "forms": "texts", "pointers": "texts"},
}
FORMS = ("rules", "box", "bar", "bare", "hollow")
RULE_KEYS = ("name", "priority", "state", "kind", "reason", "when", "unless", "off")
_MOST = 1000  # priority
_LONGEST = 1000  # characters of an expression


class Problem:
    """What is wrong, and where: `path` are the keys that lead there, a number for one of several tables."""

    __slots__ = ("message", "path")

    def __init__(self, path: tuple[str | int, ...], message: str) -> None:
        self.path = path
        self.message = message


def problems(data: dict[str, object], file_name: str, below: dict[str, object]) -> list[Problem]:
    """Everything that is wrong with the data of a file, in its order; `below` is the profile that it extends."""
    found: list[Problem] = []
    for key, value in data.items():
        if key in SECTIONS and key:
            found += _section(key, value)
        elif key == "shapes":
            found += _shapes(value)
        elif key == "rules":
            continue
        elif key in SECTIONS[""]:
            found += _value((key,), value, SECTIONS[""][key])
        else:
            found.append(
                Problem((key,), f"unknown key: {key!r}{_meant(key, [*SECTIONS, *SECTIONS[''], 'shapes', 'rules'])}")
            )
    name = data.get("name")
    if name is None:
        found.append(Problem((), "name is missing"))
    elif name != file_name:
        found.append(Problem(("name",), f"name is {name!r}, but the file is {file_name}.toml"))
    whole = merged(below, data) if not found else below
    if not found and not table(whole, "start").get("command") and name != BASE:
        found.append(Problem(("start",), "start.command is missing: how the program is started"))
    for form in strings(table(data, "screen").get("forms")):
        if form not in FORMS:
            found.append(Problem(("screen", "forms"), f"unknown form: {form!r}; there are {', '.join(FORMS)}"))
    return found + _rules(data, below, table(whole, "shapes") | table(data, "shapes"))


def _section(section: str, value: object) -> list[Problem]:
    if not isinstance(value, dict):
        return [Problem((section,), f"{section} is a table: [{section}]")]
    found = []
    known = SECTIONS[section]
    for key, inner in value.items():
        if key not in known:
            found.append(Problem((section, key), f"unknown key: {section}.{key}{_meant(key, list(known))}"))
        else:
            found += _value((section, key), inner, known[key])
    return found


def _value(path: tuple[str | int, ...], value: object, kind: str | tuple[str, ...]) -> list[Problem]:
    name = ".".join(map(str, path))
    if kind == "number":
        good = isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= 60_000
        return [] if good else [Problem(path, f"{name}: a number from 0 to 60000, not {value!r}")]
    if kind == "texts":
        good = isinstance(value, list) and all(isinstance(one, str) for one in value)
        return [] if good else [Problem(path, f"{name}: a list of texts, not {value!r}")]
    if not isinstance(value, str):
        return [Problem(path, f"{name}: a text, not {value!r}")]
    if isinstance(kind, tuple) and value not in kind:
        return [Problem(path, f"{name}: one of {', '.join(kind)}, not {value!r}")]
    return []


def _shapes(value: object) -> list[Problem]:
    if not isinstance(value, dict):
        return [Problem(("shapes",), "shapes is a table: [shapes]")]
    found = []
    for name, rows in value.items():
        if not isinstance(rows, list) or not all(isinstance(row, str) for row in rows):
            found.append(Problem(("shapes", name), f"shapes.{name}: a list of expressions, not {rows!r}"))
            continue
        found += [
            Problem(("shapes", name), f"shapes.{name}: {row!r}: {wrong}") for row in rows if (wrong := _wrong(row))
        ]
    return found


def _wrong(expression: str) -> str:
    """Why an expression can't be used; empty where it can."""
    if len(expression) > _LONGEST:
        return f"it has more than {_LONGEST} characters"
    try:
        re.compile(expression)
    except (re.error, OverflowError, RecursionError) as problem:
        return f"no regular expression: {problem}"
    return ""


def _rules(data: dict[str, object], below: dict[str, object], shapes: dict[str, object]) -> list[Problem]:
    rows = data.get("rules", [])
    if not isinstance(rows, list) or len(tables(rows)) != len(rows):
        return [Problem(("rules",), "rules are tables: [[rules]]")]
    inherited = {str(row.get("name")): row for row in tables(below.get("rules"))}
    known = {name.rstrip("!") for name in shapes}
    found = []
    seen: set[str] = set()
    for number, row in enumerate(tables(rows)):
        found += _rule(number, row, inherited, known)
        name = str(row.get("name", ""))
        if name in seen:
            found.append(Problem(("rules", number, "name"), f"rule {name!r} stands here twice"))
        seen.add(name)
    return found


def _rule(
    number: int, row: dict[str, object], inherited: dict[str, dict[str, object]], shapes: set[str]
) -> list[Problem]:
    name = row.get("name")
    if not isinstance(name, str) or not name:
        return [Problem(("rules", number), "a rule needs a name")]
    at = ("rules", number)
    found = [
        Problem((*at, key), f"rule {name!r}: unknown key {key!r}{_meant(key, list(RULE_KEYS))}")
        for key in row
        if key not in RULE_KEYS
    ]
    whole = inherited.get(name, {}) | row
    missing = [key for key in ("state", "reason", "priority") if key not in whole]
    if missing:
        found.append(Problem(at, f"rule {name!r}: {', '.join(missing)} is missing"))
    state, priority = whole.get("state", STATES[0]), whole.get("priority", 0)
    if state not in STATES or state == "unknown":
        words = ", ".join(STATES[:-1])
        found.append(Problem((*at, "state"), f"rule {name!r}: no state is called {state!r}; there are {words}"))
    if not isinstance(priority, int) or isinstance(priority, bool) or not 0 <= priority <= _MOST:
        found.append(
            Problem((*at, "priority"), f"rule {name!r}: priority is a number from 0 to {_MOST}, not {priority!r}")
        )
    if "when" not in whole and not whole.get("off"):
        found.append(Problem(at, f"rule {name!r}: when is missing: without it the rule would always fit"))
    for key in ("when", "unless"):
        if key in row:
            found += _conditions((*at, key), f"rule {name!r}: {key}", row[key], shapes)
    return found


def _conditions(path: tuple[str | int, ...], label: str, value: object, shapes: set[str]) -> list[Problem]:
    rows = tables(value)
    if not rows or (isinstance(value, list) and len(rows) != len(value)):
        return [Problem(path, f"{label} is a table of conditions, or a list of such tables")]
    found = []
    for row in rows:
        if not row:
            found.append(Problem(path, f"{label} is empty: it would always hold"))
        for key, inner in row.items():
            found += _condition(path, label, key, inner, shapes)
    return found


def _condition(path: tuple[str | int, ...], label: str, key: str, value: object, shapes: set[str]) -> list[Problem]:
    if key == "progress":
        good = isinstance(value, list) and all(isinstance(one, int) and 0 <= one <= 4 for one in value)
        return [] if good else [Problem(path, f"{label}: progress is a list of numbers from 0 to 4, not {value!r}")]
    words = strings(value)
    if not words:
        return [Problem(path, f"{label}: {key} is a text or a list of texts, not {value!r}")]
    if key in ("has", "lacks"):
        return [
            Problem(path, f"{label}: nothing is called {word!r}{_meant(word, list(FACTS))}")
            for word in words
            if word not in FACTS
        ]
    if key not in REGIONS:
        return [Problem(path, f"{label}: no part of a screen is called {key!r}{_meant(key, list(REGIONS))}")]
    found = []
    for word in words:
        if word.startswith("/"):
            wrong = _wrong(word[1:])
            if wrong:
                found.append(Problem(path, f"{label}: {word!r}: {wrong}"))
        elif word not in shapes:
            found.append(Problem(path, f"{label}: no shape is called {word!r}{_meant(word, sorted(shapes))}"))
    return found


def _meant(word: str, known: list[str]) -> str:
    """What was meant, as the end of a sentence."""
    from bridge.core import suggestions  # noqa: PLC0415 - only for a mistake

    close = suggestions.options(word, [one for one in known if one])
    return f"; did you mean {' or '.join(close)}?" if close else ""


def line_of(text: str, path: tuple[str | int, ...]) -> int:
    """The line of a TOML text on which a path begins; 1 where it can't be found."""
    lines = text.split("\n")
    first, last = 0, len(lines)
    keys = [str(key) for key in path]
    if path and path[0] == "rules" and len(path) > 1:
        heads = [at for at, line in enumerate(lines) if re.match(r"\s*\[\[\s*rules\s*\]\]", line)]
        number = int(str(path[1]))
        if number >= len(heads):
            return 1
        first, last = heads[number], heads[number + 1] if number + 1 < len(heads) else last
        keys = [str(key) for key in path[2:3]]
    elif len(path) > 1:
        head = re.compile(rf"\s*\[\s*{re.escape(str(path[0]))}\s*\]")
        first = next((at for at, line in enumerate(lines) if head.match(line)), 0)
        keys = keys[1:2]
    if not keys:
        return first + 1
    for quoted in (rf"\s*[\"']?{re.escape(keys[0])}[\"']?\s*=", rf"\s*\[+\s*{re.escape(keys[0])}\s*\]+"):
        found = re.compile(quoted)
        at = next((at for at in range(first, last) if found.match(lines[at])), None)
        if at is not None:
            return at + 1
    return first + 1
