"""Small JSON texts read without the json package, whose import costs more than a tmux call."""

from __future__ import annotations

DEEPEST = 100  # what every writer of ours can write again


class _Settings:
    """What the C scanner of the standard library wants to know."""

    strict = True
    object_hook = None
    object_pairs_hook = None
    parse_float = float
    parse_int = int

    def __init__(self) -> None:
        self.memo: dict[str, str] = {}

    @staticmethod
    def parse_constant(name: str) -> object:
        """NaN and Infinity are not JSON (RFC 8259 section 6)."""
        raise ValueError(f"not JSON: {name}")


def loads(text: str) -> object:
    """The value of a JSON text. Raises ValueError, also for deep nesting and text behind the value."""
    from _json import make_scanner  # noqa: PLC0415 - 0.2 ms that a call without metadata need not pay

    bare = text.strip(" \t\r\n")
    if bare.count("[") + bare.count("{") > DEEPEST and _depth(bare) > DEEPEST:
        raise ValueError("nested too deeply")
    try:
        value, end = make_scanner(_Settings())(bare, 0)  # type: ignore[arg-type]
    except (StopIteration, SystemError):
        # SystemError: without the json package the C scanner finds no exception class to raise (3.11).
        raise ValueError("not JSON") from None
    except RecursionError:
        raise ValueError("nested too deeply") from None
    if bare[end:]:
        raise ValueError("text behind the JSON value")
    return value


def _depth(text: str) -> int:
    """How deep arrays and objects nest; brackets within strings do not count."""
    depth = deepest = 0
    quoted = escaped = False
    for char in text:
        if quoted:
            quoted, escaped = escaped or char != '"', char == "\\" and not escaped
        elif char == '"':
            quoted = True
        elif char in "[{":
            depth += 1
            deepest = max(deepest, depth)
        elif char in "]}":
            depth -= 1
    return deepest


def loads_object(text: str) -> dict[str, object]:
    """The object of a JSON text; raises ValueError for anything else."""
    value = loads(text)
    if not isinstance(value, dict):
        raise ValueError("not a JSON object")
    return value
