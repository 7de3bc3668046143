"""Blocks of more than LONGEST equal lines that stand in two places: written once, they are read once.

Blank lines, comments and imports do not count; white space at either end is folded. Usage: duplicates.py [DIRECTORY…]
"""

from __future__ import annotations

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LONGEST = 12
PLACES = ("bridge", "scripts", "compat", "tests")
GENERATED = ("bridge/client/__init__.pyi",)

Line = tuple[int, str]


def lines(path: Path) -> list[Line]:
    """The lines that count, each with its number."""
    numbered = enumerate((line.strip() for line in path.read_text(encoding="utf-8").splitlines()), 1)
    passed = ("#", "import ", "from ", ")", "]", "}")
    found, importing = [], False  # an import may go on over many lines, up to its bracket
    for number, text in numbered:
        importing = (importing or (text.startswith("from ") and text.endswith("import ("))) and text != ")"
        if text and not importing and not text.startswith(passed):
            found.append((number, text))
    return found


def repeated(files: dict[str, list[Line]], longest: int = LONGEST) -> list[str]:
    """Each block that is longer, as `A:FIRST-LAST = B:FIRST-LAST`, told once with its whole length."""
    size = longest + 1
    first: dict[tuple[str, ...], tuple[str, int]] = {}
    found = []
    for name, content in files.items():
        at = 0
        while at + size <= len(content):
            block = tuple(text for _, text in content[at : at + size])
            other, start = first.setdefault(block, (name, at))
            apart = at - start >= size if other == name else True
            if (other, start) == (name, at) or not apart:
                at += 1
                continue
            length = size
            earlier = files[other]
            while (
                at + length < len(content)
                and start + length < len(earlier)
                and content[at + length][1] == earlier[start + length][1]
            ):
                length += 1
            found.append(
                f"{other}:{earlier[start][0]}-{earlier[start + length - 1][0]}"
                f" = {name}:{content[at][0]}-{content[at + length - 1][0]}"
            )
            at += length
    return found


def main(words: list[str]) -> int:
    """Tell the blocks; 1 where there are any."""
    places = [Path(word).resolve() for word in words] or [ROOT / place for place in PLACES]
    paths = sorted(path for place in places for kind in ("*.py", "*.pyi", "*.sh") for path in place.rglob(kind))
    names = {path.relative_to(ROOT).as_posix() if path.is_relative_to(ROOT) else str(path): path for path in paths}
    found = repeated({name: lines(path) for name, path in names.items() if name not in GENERATED})
    print("\n".join(found) or f"no block of more than {LONGEST} equal lines in {len(names)} files")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
