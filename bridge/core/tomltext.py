"""TOML text read, whatever it holds."""

from __future__ import annotations

import re
import tomllib


class NotTomlError(Exception):
    """Why a text is no TOML that can be read; `line` is where, 0 where that is not known."""

    def __init__(self, line: int, reason: str) -> None:
        super().__init__(reason)
        self.line = line


def parse(text: str) -> dict[str, object]:
    """What the text holds; raises NotTomlError for every text that can't be read."""
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as problem:
        place = re.search(r"at line (\d+)", str(problem))
        raise NotTomlError(int(place[1]) if place else len(text.splitlines()), str(problem)) from None
    except RecursionError:
        raise NotTomlError(0, "nested too deeply") from None
    except ValueError:  # Python reads no number of more digits than sys.get_int_max_str_digits
        raise NotTomlError(_line_of_digits(text), "a number of too many digits") from None


def _line_of_digits(text: str) -> int:
    found = re.search(r"[0-9](?:_?[0-9]){999}", text)
    return text.count("\n", 0, found.start()) + 1 if found is not None else 0
