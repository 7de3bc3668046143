"""Small JSON texts read without the json package, whose import costs more than a tmux call."""

from __future__ import annotations

from _json import make_scanner


class _Settings:
    strict = True
    object_hook = None
    object_pairs_hook = None
    parse_float = float
    parse_int = int
    memo: dict[str, str] = {}  # noqa: RUF012 - the scanner clears it itself

    @staticmethod
    def parse_constant(name: str) -> object:
        """NaN and Infinity are not JSON (RFC 8259 section 6)."""
        raise ValueError(f"not JSON: {name}")


_scan = make_scanner(_Settings())


def loads(text: str) -> object:
    """The value of a JSON text. Raises ValueError, also for deep nesting and text behind the value."""
    try:
        value, end = _scan(text.strip(" \t\r\n"), 0)
    except (StopIteration, SystemError):
        # SystemError: without the json package the C scanner finds no exception class to raise (3.11).
        raise ValueError("not JSON") from None
    except RecursionError:
        raise ValueError("nested too deeply") from None
    if text.strip(" \t\r\n")[end:]:
        raise ValueError("text behind the JSON value")
    return value


def loads_object(text: str) -> dict[str, object]:
    """The object of a JSON text; raises ValueError for anything else."""
    value = loads(text)
    if not isinstance(value, dict):
        raise ValueError("not a JSON object")
    return value
