"""A profile: what bridge knows of one agent's program, as data that is already merged and checked."""

from __future__ import annotations

import re
from _blake2 import blake2b  # hashlib loads OpenSSL

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

BASE = "base"  # what all profiles begin with; no program of its own
_NO_BREAK = re.compile(r"(?!)")


class Rule:
    """One rule: `when` and `unless` are lists of conditions, of which one is enough. The highest `priority` decides."""

    __slots__ = ("kind", "name", "priority", "reason", "state", "unless", "when")

    def __init__(self, row: dict[str, object]) -> None:
        self.name = str(row["name"])
        self.state = str(row["state"])
        self.kind = str(row.get("kind", ""))
        self.reason = str(row["reason"])
        self.priority = int(str(row["priority"]))
        self.when = tables(row.get("when"))
        self.unless = tables(row.get("unless"))


class Profile:
    """One program. `data` is the whole of it; the rest is what reading a screen needs.

    `rules` stand in the order in which they are asked.
    """

    __slots__ = ("_expressions", "_print", "_shapes", "data", "name", "rules")

    def __init__(self, data: dict[str, object]) -> None:
        self.data = data
        self._print = ""
        self.name = str(data["name"])
        found = [Rule(row) for row in tables(data.get("rules")) if not row.get("off")]
        self.rules = tuple(sorted(found, key=lambda rule: -rule.priority))
        self._shapes = table(data, "shapes")
        self._expressions: dict[str, re.Pattern[str]] = {}

    @property
    def print(self) -> str:
        """What tells all that it says from every other profile; made once."""
        if not self._print:
            self._print = blake2b(repr(self.data).encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()
        return self._print

    def words(self, section: str, key: str) -> tuple[str, ...]:
        """A list of texts from one of the tables, empty where it has none."""
        found = table(self.data, section).get(key, [])
        return tuple(str(word) for word in found) if isinstance(found, list) else (str(found),)

    def matcher(self, name: str) -> Callable[[str], bool]:
        """Whether a text has a shape: by the shape's name, or by an expression that begins with `/`."""
        expression = self.expression(name)
        return lambda text: expression.search(text) is not None

    def expression(self, name: str) -> re.Pattern[str]:
        """The expression of a shape."""
        found = self._expressions.get(name)
        if found is None:
            rows = [name[1:]] if name.startswith("/") else strings(self._shapes.get(name))
            found = re.compile("|".join(f"(?:{row})" for row in rows), re.IGNORECASE) if rows else _NO_BREAK
            self._expressions[name] = found
        return found


def merged(below: dict[str, object], above: dict[str, object]) -> dict[str, object]:
    """A profile on top of the one that it extends.

    Tables are put together key by key, the upper one's win; shapes gain what the upper one adds, unless its key ends in
    `!`, which takes their place. A rule of the same name is changed key by key. All other lists are replaced.
    """
    found = below | above
    for key in ("shapes", "rules"):
        found.pop(key, None)
    for key, value in above.items():
        if isinstance(value, dict) and isinstance(below.get(key), dict):
            found[key] = table(below, key) | value
    shapes = {name: strings(rows) for name, rows in table(below, "shapes").items()}
    for name, rows in table(above, "shapes").items():
        shapes[name.rstrip("!")] = strings(rows) + ([] if name.endswith("!") else shapes.get(name, []))
    found["shapes"] = shapes
    rules = {_name(row): row for row in tables(below.get("rules"))}
    own = tables(above.get("rules"))
    # Of equal priority the profile's own rule is asked first.
    found["rules"] = [rules.get(_name(row), {}) | row for row in own] + [
        row for name, row in rules.items() if name not in {_name(one) for one in own}
    ]
    return found


def _name(rule: dict[str, object]) -> str:
    return str(rule.get("name", ""))


def table(data: dict[str, object], key: str) -> dict[str, object]:
    """A table of a profile, empty where it has none."""
    found = data.get(key)
    return found if isinstance(found, dict) else {}


def tables(value: object) -> list[dict[str, object]]:
    """A list of tables; one alone is a list of one."""
    if isinstance(value, dict):
        return [value]
    return [row for row in value if isinstance(row, dict)] if isinstance(value, list) else []


def strings(value: object) -> list[str]:
    """A list of texts; one alone is a list of one."""
    if isinstance(value, str):
        return [value]
    return [str(row) for row in value] if isinstance(value, list | tuple) else []


def joined(rows: Iterable[str]) -> str:
    """Rows that may be one text wrapped, as that text without its breaks."""
    return "".join(row.strip() for row in rows)
