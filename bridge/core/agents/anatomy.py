"""The parts of a screen: box, menu, what stands right above and below, the last thing that was said."""

from __future__ import annotations

from bridge.core.agents import composer, menu

TYPE_CHECKING = False
if TYPE_CHECKING:
    from bridge.core.agents.frame import Frame
    from bridge.core.agents.profile import Profile

# The parts that a rule may ask about; `docs/AGENTS_GUIDE.md` says what each holds.
REGIONS = (
    *("title", "screen", "last", "foot", "above", "near", "said", "turn", "composer", "aside", "below"),
    *("menu", "question", "options", "hints"),
)
FACTS = (
    *("composer", "menu", "numbered", "pointed", "inline", "picker", "pointer", "draft", "ghost", "paste", "empty"),
    *("single", "framed", "blank", "echo", "cursor", "title"),
)
_BLOCK = 40  # rows of one paragraph that are looked at
_SKIPPED = 80  # rows of lists and hints between a box and what was said


class Anatomy:
    """A screen taken apart by a profile. Every part is rows by their number in `rows`."""

    def __init__(self, frame: Frame, profile: Profile) -> None:
        self.frame = frame
        self._profile = profile
        self._is_annex, self._is_head = profile.matcher("annex"), profile.matcher("head")
        self._is_done = profile.matcher("done")
        self._has = {name: profile.matcher(name) for name in ("chrome", "hint", "way_out", "busy", "busy_below")}
        self.rows = [composer.inside(row) for row in frame.rows]
        shape = composer.Shape(
            profile.words("screen", "glyphs"),
            profile.words("screen", "forms"),
            profile.matcher("ghost"),
            profile.matcher("paste"),
            profile.matcher("no_composer"),
            profile.expression("prompt"),
        )
        signs = menu.Signs(
            profile.words("screen", "pointers"),
            self._is_hint,
            self._is_chrome,
            self._is_annex,
            profile.matcher("inline"),
            self._is_head,
        )
        self.composer = composer.find(frame, shape, self._is_chrome, self._is_head)
        self.menu = self._menu(signs)
        self._parts: dict[str, list[int]] = {}

    def _is_chrome(self, text: str) -> bool:
        has = self._has
        return has["chrome"](text) and not self._is_head(text) and not has["busy"](text)

    def _is_hint(self, text: str) -> bool:
        """Whether a row tells a menu's keys; a line of work tells a key as well, the one that stops it."""
        has = self._has
        return has["hint"](text) or (has["way_out"](text) and not has["busy"](text) and not has["busy_below"](text))

    def _menu(self, signs: menu.Signs) -> menu.Menu | None:
        box = self.composer
        if box is None:
            return menu.find(self.rows, signs, composer.is_rule)
        if box.form == "bare":
            found = menu.find(self.rows, signs, composer.is_rule)
            # What looks like a prompt is the option that is pointed at.
            inside = found is not None and found.form != "picker" and found.first <= box.top <= found.last
            if inside and found is not None and any(one.row >= box.top for one in found.options):
                self.composer = None
                return found
            return menu.above_prompt(self.rows[: box.top], signs, composer.is_rule)
        # A menu below the box: what was taken for one is something else.
        below = [""] * (box.bottom + 1) + self.rows[box.bottom + 1 :]
        found = menu.find(below, signs, composer.is_rule)
        if found is not None and found.hints and any(one.marked for one in found.options):
            self.composer = None
            return found
        # A menu that touches the frame of the box is live; with a blank between, it was answered or quoted.
        above = self.rows[: box.top]
        if not above or not above[-1].strip() or box.kind != "empty":
            return None
        found = menu.find(above, signs, composer.is_rule)
        if found is None or found.form != "numbered" or not any(one.marked for one in found.options):
            return None
        return found if all(len(one) - len(one.lstrip()) < 2 for one in (above[found.options[0].row],)) else None

    def facts(self) -> set[str]:
        """What is there, by the words of FACTS."""
        found = set()
        if self.composer is not None:
            found |= {"composer", self.composer.kind}
            if self.composer.form != "bare":
                found.add("framed")
        if self.menu is not None:
            found |= {"menu", self.menu.form}
            if any(option.marked for option in self.menu.options):
                found.add("pointer")
            if len(self.menu.options) == 1:
                found.add("single")
        turn = self.part("turn")
        if turn and self._is_echo(turn[0]):
            found.add("echo")
        if self.frame.title:
            found.add("title")
        if not any(row.strip() for row in self.rows):
            found.add("blank")
        if self.frame.cursor is not None and self.composer is not None:
            row = self.frame.cursor[1] - self.frame.first
            if self.composer.top <= row <= self.composer.bottom:
                found.add("cursor")
        return found

    def part(self, region: str) -> list[int]:
        """The rows of a region; none for `title`."""
        if region not in self._parts:
            self._parts[region] = self._find(region)
        return self._parts[region]

    def _find(self, region: str) -> list[int]:
        box, found = self.composer, self.menu
        filled = [row for row in range(len(self.rows)) if self.rows[row].strip()]
        if region == "screen":
            return filled
        if region == "last":
            return filled[-1:]
        if region == "foot":
            first = len(self.rows)
            while first > 0 and self.rows[first - 1].strip():
                first -= 1
            return list(range(first, len(self.rows)))[-_BLOCK:]
        if region == "below":
            return [row for row in filled if box is not None and row > box.bottom]
        if region in ("composer", "aside"):
            return [row for row in filled if box is not None and box.start <= row <= box.end]
        if region in ("menu", "question", "options", "hints"):
            if found is None:
                return []
            options = [option.row for option in found.options]
            return {
                "menu": [row for row in filled if found.first <= row <= found.last],
                "question": found.question,
                "options": options,
                "hints": found.hints,
            }[region]
        return self._message(region)

    def _message(self, region: str) -> list[int]:
        """`above`: the paragraph next to the box; `near`: its last row; `said`: of a message; `turn`: from a prompt."""
        end = self.composer.top if self.composer is not None else len(self.rows)
        block = self._block(end)
        if block and self.composer is not None and all(self._is_chrome(self.rows[row]) for row in block):
            # Status between the box and a line of work.
            further = self._block(block[0])
            if any(self._has["busy"](self.rows[row]) for row in further):
                block = further
        if region in ("above", "near") or not block:
            return block[-1:] if region == "near" else block
        if region == "said":
            row = block[-1]
            while row > 0 and (
                self._is_done(self.rows[row]) or self._is_annex(self.rows[row]) or not self.rows[row].strip()
            ):
                row -= 1
            return block if row == block[-1] else self._block(row + 1)
        first = block[-1]
        while first > 0 and not self._is_echo(first):
            first -= 1
        return [row for row in range(first, block[-1] + 1) if self.rows[row].strip()]

    def _is_echo(self, row: int) -> bool:
        """Whether a row is a prompt that was sent."""
        text = self.rows[row].strip()
        return any(sign and text.startswith(sign + " ") for sign in self._profile.words("screen", "glyphs"))

    def _block(self, end: int) -> list[int]:
        """The paragraph that ends nearest above a row; what hangs on it, and lists and hints, are passed over."""
        at = self._lintel(end) - 1
        skipped = 0
        chrome_too = self.composer is None
        while at >= 0:
            text = self.rows[at]
            is_aside = self._is_annex(text) or (chrome_too and self._is_chrome(text))
            if text.strip() and not is_aside and not composer.is_rule(self.frame.rows[at]):
                break
            if text.strip().startswith("↳"):  # messages that wait: their heading hangs with them
                while at > 0 and self.rows[at - 1].strip():
                    at -= 1
            skipped += bool(text.strip())
            if skipped > _SKIPPED:
                return []
            at -= 1
        last = at
        while (
            at > max(0, last - _BLOCK) and self.rows[at - 1].strip() and not composer.is_rule(self.frame.rows[at - 1])
        ):
            if self._is_head(self.rows[at]):
                break
            at -= 1
        return list(range(at, last + 1)) if last >= 0 else []

    def _lintel(self, end: int) -> int:
        """The line above a prompt without a frame, where nothing but its status stands between; else the prompt."""
        if self.composer is None or self.composer.form != "bare":
            return end
        for row in range(end - 1, max(-1, end - 6), -1):
            if composer.is_rule(self.frame.rows[row]):
                return row
            if self.rows[row].strip() and not self._is_chrome(self.rows[row]):
                return end
        return end

    def texts(self, region: str) -> list[str]:
        """What an expression is tried on: the region's rows, then its rows put together where they were wrapped."""
        if region == "title":
            return [self.frame.title] if self.frame.title else []
        if region == "aside":
            return [self.composer.aside] if self.composer is not None and self.composer.aside else []
        if region == "composer":
            return self.composer.text.split("\n") if self.composer is not None else []
        if region == "options" and self.menu is not None:
            return [option.label for option in self.menu.options]
        rows = self.part(region)
        found = [self.rows[row] for row in rows]
        if region in ("above", "said", "question", "hints", "options", "below", "foot") and len(rows) > 1:
            for start in range(len(rows) - 1):
                parts = [self.rows[row].strip() for row in rows[start : start + 6]]
                indent = " " * min(2, len(found[start]) - len(found[start].lstrip()))
                found += [indent + "".join(parts), indent + " ".join(parts)]
        return found
