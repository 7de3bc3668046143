"""JSON by orjson where its wheel fits this Python, else by the standard library: equal byte for byte."""

from __future__ import annotations

from bridge.envelope import repair

try:
    import orjson
except ImportError:
    orjson = None  # type: ignore[assignment]


def encode(value: object) -> str:
    """One value as compact JSON; DEL is escaped as jq does."""
    clean = _clean(value)
    if orjson is not None:
        text = orjson.dumps(clean).decode()
    else:
        import json  # noqa: PLC0415 - only without orjson

        text = json.dumps(clean, ensure_ascii=False, separators=(",", ":"))
    return text.replace("\x7f", "\\u007f")


def _clean(value: object) -> object:
    if isinstance(value, str):
        return repair(value)
    if isinstance(value, dict):
        return {repair(str(key)): _clean(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_clean(item) for item in value]
    return value
