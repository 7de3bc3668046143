"""The recorded screens, and the same ones as another release, another width or other words would have them."""

from __future__ import annotations

import csv
import random
import re
from pathlib import Path

SCREENS = Path(__file__).parent / "screens"
_COLOUR = re.compile(r"\x1b\[[0-9;:]*m|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)")
_MOVES = re.compile(r"\x1b\[[0-9;?]*[A-HJ-Z]|\r(?!\n)")


class Screen:
    """One screen: its text, what a caller knows besides, and the states that are right for it.

    `half` is 0 or 1: profiles were written on one half and measured on the other. `disputed` says why the recorded
    label is not what the screen shows; empty for all but a few.
    """

    def __init__(self, name: str, agent: str, state: str, also: str, half: int, known: dict, disputed: str) -> None:
        self.name = name
        self.agent = agent
        self.state = state
        self.right = {state, *also.split(",")} - {"-"}
        self.half = half
        self.known = known
        self.disputed = disputed

    @property
    def text(self) -> str:
        return (SCREENS / self.name).read_bytes().decode("utf-8", "replace")

    @property
    def is_stream(self) -> bool:
        return _MOVES.search(self.text) is not None


def _rows(name: str) -> list[dict[str, str]]:
    with (SCREENS / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))


def screens() -> list[Screen]:
    """Every screen of both sets."""
    disputed = {row["file"]: row["reason"] for row in _rows("disputed.tsv")}
    kinds = {row["file"]: row for row in _rows("kinds.tsv")}
    found = []
    for row in _rows("index.tsv"):
        number = int(re.search(r"(\d+)\.txt", row["file"])[1])
        also = kinds[row["file"]]["also"]
        found.append(
            Screen(row["file"], row["agent"], row["state"], also, number % 2, {}, disputed.get(row["file"], ""))
        )
    for number, row in enumerate(_rows("measured/index.tsv")):
        column, line = row["cursor"].split(",")
        width, height = re.search(r"-(\d+)x(\d+)\.txt$", row["file"]).groups()
        known = {"title": row["title"], "cursor": (int(column), int(line)), "size": (int(width), int(height))}
        name = f"measured/{row['file']}"
        half = (number + 1) % 2
        found.append(Screen(name, row["agent"], row["state"], row["also"], half, known, disputed.get(name, "")))
    return found


# --- changes: each gives the text of another screen of the same state, or None where it can't ---

_WORDS = ("harbour", "violet", "sandstone", "lantern", "copper", "meadow", "thistle", "granite", "willow", "orchard")
_WORD = re.compile(r"\b[a-z]{5,}\b")
_SENTENCE = re.compile(r"(\w+ ){6,}\w+")
_NO_SENTENCE = re.compile(r"\d|[❯›>●│┃·•|…]|\besc\b|\benter\b|[?:]\s*$", re.IGNORECASE)
_VERBS = ("Florbing", "Quibbling", "Marzipaning", "Zigzagging", "Brabbling")
_BOX_ROW = re.compile(r"^(\s*)([│┃])(.*?)\s*([│┃]?)\s*$")
_LINE = re.compile(r"^\s*[╭╰┌└├╹]?[─━╌▀▄▔═]{8,}")


def narrow(text: str, width: int = 60) -> str:
    """The screen as a pane of fewer columns would show it: boxes drawn anew, all else wrapped at the edge."""
    rows = []
    for row in map(str.rstrip, _COLOUR.sub("", text).split("\n")):
        box = _BOX_ROW.match(row)
        if len(row) <= width:
            rows.append(row)
        elif _LINE.match(row):
            last = row[-1] if row[-1] in "╮╯┐┘┤" else row[width - 1]
            rows.append(row[: width - 1] + last)
        elif box and box[4]:
            inner = box[3].rstrip()
            pieces = [inner[at : at + width - 4] for at in range(0, max(1, len(inner)), width - 4)]
            rows += [f"{box[2]}{piece:<{width - 2}}{box[4]}" for piece in pieces]
        elif re.search(r"\s{4,}\S", row):
            # A line of status, or something in the middle: gaps give way first.
            closed = re.sub(r"\s{4,}(?=\S)", "  ", row)
            rows += [closed[at : at + width].rstrip() for at in range(0, len(closed), width)]
        else:
            rows += [row[at : at + width].rstrip() for at in range(0, len(row), width)]
    return "\n".join(rows)


def other_prose(text: str) -> str:
    """Other words in sentences; whatever is no sentence stays."""
    chosen = random.Random(7)  # the same words each time
    rows = _COLOUR.sub("", text).split("\n")
    return "\n".join(
        _WORD.sub(lambda _: chosen.choice(_WORDS), row)
        if _SENTENCE.search(row) and not _NO_SENTENCE.search(row)
        else row
        for row in rows
    )


def other_versions(text: str) -> str:
    """Other models, other releases, other names."""
    text = _COLOUR.sub("", text)
    text = re.sub(r"\bv?\d+\.\d+\.\d+\b", "7.31.4", text)
    text = re.sub(r"(?i)\b(sonnet|opus|haiku) \d(\.\d)?", "Limerick 9", text)
    text = re.sub(r"(?i)\bgpt-[\w.]+( [\w-]+)?", "zeta-12 high", text)
    text = re.sub(r"(?i)\bgemini[- ]\d[\w.-]*( \w+)?( \(\w+\))?", "Topaz 8", text)
    return re.sub(r"(?i)\b(kimi|grok|qwen\d?)[- ]\d[\w.-]*", "Topaz 8", text)


_OTHER_WORDING = (
    (r"\b[A-Z][\w-]+ing…", lambda m: _VERBS[len(m[0]) % len(_VERBS)] + "…"),
    (r"• Working \(", "• Marzipaning ("),
    (r"\b(Brewed|Churned|Conjured|Sautéed|Worked|Baked|Cooked|Cogitated) for", "Florbed for"),
    (r"Do you want to proceed\?", "Shall this be done?"),
    (r"Would you like to run the following command\?", "May this be run now?"),
    (r"Do you want to make this edit to", "May this change be made to"),
    (r"(\d[.)]?\s+)Yes\s*$", r"\1Yes, once"),
    (r"(\d[.)]?\s+)No\s*$", r"\1No, thanks"),
    (r"Allow once", "Allow it now"),
    (r"Allow for this session", "Allow it until the end"),
    (r"Tab to amend", "Tab to change it"),
    (r"Thinking\.\.\.", "Pondering..."),
    (r"\? for shortcuts", "? for keys"),
)


def other_wording(text: str) -> str:
    """Other words in what the program itself says, as its next release has them."""
    text = _COLOUR.sub("", text)
    for pattern, words in _OTHER_WORDING:
        text = re.sub(pattern, words, text, flags=re.MULTILINE)
    return text


CHANGES = {
    "60 columns": narrow,
    "other prose": other_prose,
    "other versions": other_versions,
    "other wording": other_wording,
}

# --- traps: text in an answer that looks like something else ---

TRAPS = {
    "a menu": "  Do you want to proceed?\n  ❯ 1. Yes\n    2. No\n\n  Esc to cancel · Tab to amend",
    "an approval": "  Would you like to run the following command?\n\n  $ rm -rf build\n\n  › 1. Yes, proceed (y)\n"
    "    2. No (esc)\n\n  Press enter to confirm or esc to cancel",
    "a mark of work": "  • Working (4s • esc to interrupt)",
    "a spinner": "  ⠋ Thinking... (esc to cancel, 4s)",
    "a limit": "  You've hit your session limit · resets 7pm",
    "a shell": "  user@host:~/project$ make test",
    "a list": "  1. Run the tests\n  2. Commit the change\n  3. Push it",
    "yes or no": "  Overwrite the file? [y/N]",
    "a title": "  ✳ Claude Code\n  ⠂ Claude Code",
}


_DONE = re.compile(r"^\W*\w+ for <?\d|^\s+\d+ tokens$")


def with_trap(text: str, top: int, trap: str) -> str:
    """The screen with a trap in the answer above the row `top`, and a sentence behind it."""
    rows = _COLOUR.sub("", text).split("\n")
    while top > 0 and (not rows[top - 1].strip() or _DONE.search(rows[top - 1])):
        top -= 1
    return "\n".join([*rows[:top], "", *trap.split("\n"), "", "  That is what it looks like.", "", *rows[top:]])
