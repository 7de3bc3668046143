"""JSON by orjson where its wheel fits this Python, else by the standard library: equal byte for byte."""

from __future__ import annotations

from bridge.envelope import repair

try:
    import orjson
except ImportError:
    orjson = None  # type: ignore[assignment]


_CONTROLS = {code: f"\\u{code:04x}" for code in range(0x7F, 0xA0)}


def encode(value: object) -> str:
    """One value as compact JSON; DEL is escaped as jq does."""
    clean = _clean(value)
    try:
        text = orjson.dumps(clean).decode() if orjson is not None and _is_plain(clean) else _by_json(clean)
    except TypeError:  # deeper than the library goes
        text = _by_json(clean)
    return text.replace("\x7f", "\\u007f") if text.isascii() else text.translate(_CONTROLS)


def _by_json(value: object) -> str:
    import json  # noqa: PLC0415 - where orjson is not there, or writes it otherwise

    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _is_plain(value: object) -> bool:
    """Whether orjson writes the value as Python does: it has 64-bit integers, and exponents of its own."""
    if isinstance(value, dict):
        return all(_is_plain(item) for item in value.values())
    if isinstance(value, list):
        return all(_is_plain(item) for item in value)
    if isinstance(value, float):
        return "e" not in repr(value) and value == value and abs(value) != float("inf")
    return not isinstance(value, int) or abs(value) < 2**63


def _clean(value: object) -> object:
    if isinstance(value, str):
        return repair(value)
    if isinstance(value, dict):
        return {repair(str(key)): _clean(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_clean(item) for item in value]
    return value
