"""A menu on a screen: options one below the other, one of them pointed at, with nothing but hints below them."""

from __future__ import annotations

import re

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

_NUMBERED = re.compile(r"^(\s*)([^\s\w\[(]?)(\s*)\[?(\d{1,2})([.)\]]?)(\s+)(\S.*)$")
_PLAIN = re.compile(r"^(\s*)([^\s\w\[(/\\\"'`]?)(\s*)(\S.*)$")
_KEY = re.compile(r"\((?:esc or )?([A-Za-z]|esc|shift\+tab|tab|enter)(?: or [A-Za-z]+)?\)\s*$|\s\[([A-Za-z])\]\s*$")
_BUTTON = re.compile(r"\(([●○•◉◯x*]?)\s*\)\s+(?=\S)")
_LEAD = " ·○◯◌"  # what stands before an option that is not pointed at
_GAP = 9  # rows between two options: a description, wrapped
_UP = 12  # rows above the first option that may be its question
_BELOW = 14  # rows below the last one, a task list among them
_LEAST = 2


class Option:
    """One option: the row on which it begins, its label, the digit or letter that chooses it where one is shown."""

    __slots__ = ("key", "label", "marked", "number", "row")

    def __init__(self, row: int, label: str, *, number: int | None, marked: bool) -> None:
        found = _KEY.search(label)
        self.row = row
        self.label = label.strip()
        self.number = number
        self.marked = marked
        letter = (found[1] or found[2] or "") if found is not None else ""
        self.key = str(number) if number is not None else letter


class Menu:
    """What stands on the screen and wants a choice: `question` and `hints` are numbers of rows.

    `form` is `numbered`, `pointed` (options without numbers), `inline` (letters or buttons on one row) or `picker` (a
    list that only its hints tell).
    """

    __slots__ = ("first", "form", "hints", "last", "options", "question")

    def __init__(self, form: str, options: list[Option], question: list[int], hints: list[int], last: int) -> None:
        self.form = form
        self.options = options
        self.question = question
        self.hints = hints
        self.first = min([*question, *(option.row for option in options), *hints])
        self.last = last


class Signs:
    """What a profile knows of menus: pointers, and how hints, chrome and what may stand below are told."""

    __slots__ = ("is_annex", "is_chrome", "is_head", "is_hint", "is_inline", "pointers")

    def __init__(
        self,
        pointers: tuple[str, ...],
        is_hint: Callable[[str], bool],
        is_chrome: Callable[[str], bool],
        is_annex: Callable[[str], bool],
        is_inline: Callable[[str], bool],
        is_head: Callable[[str], bool],
    ) -> None:
        self.pointers = pointers
        self.is_hint = is_hint
        self.is_chrome = is_chrome
        self.is_annex = is_annex
        self.is_inline = is_inline
        self.is_head = is_head


def find(rows: list[str], signs: Signs, is_rule: Callable[[str], bool]) -> Menu | None:
    """The live menu at the end of these rows, which have no sides of boxes any more; None where there is none."""
    return (
        _numbered(rows, signs, is_rule)
        or _pointed(rows, signs, is_rule)
        or _inline(rows, signs, is_rule)
        or _picker(rows, signs)
    )


def _numbered(rows: list[str], signs: Signs, is_rule: Callable[[str], bool]) -> Menu | None:
    at = len(rows) - 1
    bottom = max(0, len(rows) - 60)
    while at >= bottom:
        option = _option(rows[at], at, signs)
        if option is not None:
            break
        at -= 1
    else:
        return None
    found = [option]
    row = at - 1
    while found[0].number != 1 and row >= max(0, found[0].row - _GAP):
        above = _option(rows[row], row, signs)
        if above is not None and above.number == (found[0].number or 0) - 1:
            found.insert(0, above)
        row -= 1
    marked = any(one.marked for one in found)
    if found[0].number != 1:
        return None
    hints = _hints(rows, found[-1].row, signs)
    # One option that is pointed at, with its hints, is a menu as well: a narrow or cut screen shows no more of it.
    if len(found) < _LEAST and not (marked and hints):
        return None
    if not _is_end(rows, found[-1].row, signs, is_rule, inside=marked or bool(hints)):
        return None
    asked = _question(rows, found[0].row, is_rule, signs)
    bare = not marked and not hints
    if bare and not (
        asked
        and _is_short(found)
        and _is_last(rows, found[-1].row, is_rule)
        and "?" in "".join(rows[one] for one in asked)
    ):
        return None  # a numbered list in an answer
    return Menu("numbered", found, asked, hints, len(rows) - 1)


def _option(text: str, row: int, signs: Signs) -> Option | None:
    match = _NUMBERED.match(text)
    if match is None:
        return None
    pointer, number, dot = match[2], int(match[4]), match[5]
    known = pointer in signs.pointers
    if (pointer and not known and pointer not in "·◯○◌-*") or (not dot and number > 9):
        return None
    button = _BUTTON.match(match[7])
    label = match[7][button.end() :] if button is not None else match[7]
    marked = (bool(pointer) and known) or (button is not None and button[1] in "●•◉")
    return Option(row, label, number=number, marked=marked)


def _is_short(options: list[Option]) -> bool:
    """Options without pointer and hints: one row each, none of them a sentence."""
    rows = [option.row for option in options]
    return rows == list(range(rows[0], rows[0] + len(rows))) and all(len(one.label) < 60 for one in options)


def _is_last(rows: list[str], last: int, is_rule: Callable[[str], bool]) -> bool:
    """Whether nothing stands below, but for a line and a sign that waits for the answer."""
    return not any(len(row.strip()) > 1 and not is_rule(row) for row in rows[last + 1 :])


def _pointed(rows: list[str], signs: Signs, is_rule: Callable[[str], bool]) -> Menu | None:
    """Options without numbers: one pointed at, the others in the same column, hints or a question beside them."""
    for at in range(len(rows) - 1, max(-1, len(rows) - 45), -1):
        match = _PLAIN.match(rows[at])
        if match is None or match[2] not in signs.pointers or not match[3]:
            continue
        column = len(match[1]) + len(match[2]) + len(match[3])
        first = at
        while first > 0 and _is_beside(rows[first - 1], column):
            first -= 1
        last = at
        while last + 1 < len(rows) and _is_beside(rows[last + 1], column):
            last += 1
        if last == first:
            # Another pointed row below is what is live; one alone is a line of a transcript or a composer.
            continue
        hints = _hints(rows, last, signs)
        asked = _question(rows, first, is_rule, signs)
        labels = [rows[row].lstrip(_LEAD) if row != at else match[4] for row in range(first, last + 1)]
        keys = sum(_KEY.search(label) is not None for label in labels) >= _LEAST
        asks = any(rows[row].rstrip().endswith("?") for row in asked) or (asked and rows[asked[-1]].endswith(":"))
        if not (hints or keys or (asks and _is_last(rows, last, is_rule))):
            continue
        if not _is_end(rows, last, signs, is_rule, inside=True):
            continue
        options = [
            Option(row, label, number=None, marked=row == at)
            for row, label in zip(range(first, last + 1), labels, strict=True)
        ]
        return Menu("pointed", options, asked, hints, len(rows) - 1)
    return None


def _is_beside(row: str, column: int) -> bool:
    """Whether a row begins in that column, or right beside it."""
    start = len(row) - len(row.lstrip(_LEAD))
    return len(row) > start > 0 and abs(start - column) <= 1 and row[start] not in "└⎿"


def _inline(rows: list[str], signs: Signs, is_rule: Callable[[str], bool]) -> Menu | None:
    """Letters or buttons on one row, the last that is no chrome."""
    for at in range(len(rows) - 1, max(-1, len(rows) - 10), -1):
        joined = rows[at - 1].rstrip() + rows[at].strip() if at and rows[at].strip() else ""
        if signs.is_inline(rows[at]) or (joined and signs.is_inline(joined)):
            if not _is_end(rows, at, signs, is_rule, inside=rows[at].lstrip().startswith("▌")):
                return None
            asked = _question(rows, at, is_rule, signs)
            hints = [row for row in range(at, len(rows)) if signs.is_hint(rows[row])]
            return Menu("inline", [Option(at, rows[at], number=None, marked=True)], asked, hints, len(rows) - 1)
    return None


def above_prompt(rows: list[str], signs: Signs, is_rule: Callable[[str], bool]) -> Menu | None:
    """A question that waits for a letter and has the program's own prompt below it."""
    at = len(rows) - 1
    while at >= 0 and not rows[at].strip():
        at -= 1
    if at < 0 or rows[at].rstrip()[-1] not in ":?])":
        return None
    if not signs.is_inline(rows[at]) and not (at and signs.is_inline(rows[at - 1].rstrip() + rows[at].strip())):
        return None
    asked = _question(rows, at, is_rule, signs)
    return Menu("inline", [Option(at, rows[at], number=None, marked=True)], asked, [], at)


def _picker(rows: list[str], signs: Signs) -> Menu | None:
    """Nothing tells the options apart, but the last row says that something is to be chosen."""
    filled = [at for at in range(len(rows)) if rows[at].strip()]
    for at in filled[-2:]:
        joined = " ".join(rows[row].strip() for row in filled if at <= row)
        if signs.is_hint(joined) or signs.is_hint(rows[at]):
            below = [row for row in filled if row > at]
            if all(signs.is_chrome(rows[row]) or signs.is_hint(rows[row]) or signs.is_hint(joined) for row in below):
                return Menu("picker", [], [row for row in filled if at - _UP <= row < at], [at, *below], at)
    return None


def _hints(rows: list[str], last: int, signs: Signs) -> list[int]:
    """The rows below the options that say which key does what."""
    found = []
    for row in range(last, min(len(rows), last + _BELOW)):
        joined = rows[row].rstrip() + " " + (rows[row + 1].strip() if row + 1 < len(rows) else "")
        if row > last and (signs.is_hint(rows[row]) or (row + 1 < len(rows) and signs.is_hint(joined))):
            found.append(row)
    return found


def _is_end(rows: list[str], last: int, signs: Signs, is_rule: Callable[[str], bool], *, inside: bool) -> bool:
    """Whether nothing stands below but what belongs to a menu: its hints, the rest of its last option, chrome."""
    indent = len(rows[last]) - len(rows[last].lstrip())
    rest = 0  # rows that go on with the last option
    blank = False
    strange = 0
    for row in range(last + 1, len(rows)):
        text = rows[row]
        if not text.strip():
            blank = True
        elif is_rule(text) or signs.is_hint(text) or signs.is_annex(text):
            rest = _GAP
        elif not blank and inside and rest < 4 and not signs.is_head(text):
            rest += 1
        elif len(text) - len(text.lstrip()) > indent + 2 and inside and row - last <= _GAP and not signs.is_head(text):
            pass
        elif (signs.is_chrome(text) and not signs.is_head(text)) or text.strip() in signs.pointers:
            strange += 1
        elif row > last + 1 and signs.is_hint(rows[row - 1].rstrip() + " " + text.strip()):
            pass  # hints that were wrapped
        elif inside and strange < _LEAST and not signs.is_head(text):
            strange += 1  # a word that belongs to the frame around it, or what may be done later
        else:
            return False
    return strange <= 4


def _question(rows: list[str], first: int, is_rule: Callable[[str], bool], signs: Signs) -> list[int]:
    """The rows above the options that say what is asked: up to a rule, a head of a message, or two blank rows."""
    found: list[int] = []
    blanks = 0
    for row in range(first - 1, max(-1, first - _UP - 1), -1):
        text = rows[row]
        if not text.strip():
            blanks += 1
            if blanks > 1 and found and row < first - 4:
                break
            continue
        if is_rule(text):
            if found:
                break
            continue
        blanks = 0
        found.insert(0, row)
        if signs.is_head(text) and "?" not in text:
            break
    return found
