"""The one shape of every answer, and the only place that writes JSON."""

from __future__ import annotations

from bridge.errors import BridgeError

KEYS = ("status", "command", "session", "pane_id", "output", "timestamp")

_SCRIPT = {code: f"\\u{code:04x}" for code in (*range(0x20), 0x7F)}
_SCRIPT.update({ord('"'): '\\"', ord("\\"): "\\\\", 8: "\\b", 9: "\\t", 10: "\\n", 12: "\\f", 13: "\\r"})
# A terminal that shows an answer takes these for sequences; the script gave them as they were.
_ESCAPES = _SCRIPT | {code: f"\\u{code:04x}" for code in range(0x80, 0xA0)}


def repair(text: str) -> str:
    """The text as valid Unicode: bytes that were not UTF-8, and lone surrogates, become U+FFFD."""
    try:
        text.encode()
    except UnicodeEncodeError:
        # U+DC80 to U+DCFF stand for bytes (PEP 383), other surrogates for nothing.
        kept = "".join(
            "\ufffd" if "\ud800" <= char < "\udc80" or "\udcff" < char <= "\udfff" else char for char in text
        )
        return kept.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    return text


def quote(text: str, escapes: dict[int, str] = _ESCAPES) -> str:
    """A JSON string as jq 1.6 writes it: non-ASCII stays, DEL is escaped (RFC 8259 section 7), and C1 controls too."""
    if text.isascii() and text.isprintable() and '"' not in text and "\\" not in text:
        return f'"{text}"'  # nearly all of a long list: a third of the cost
    return '"' + repair(text).translate(escapes) + '"'


def compact(value: object, escapes: dict[int, str] = _ESCAPES) -> str:
    """JSON on one line, without blanks. Takes None, bool, int, float, str, list, tuple and dict."""
    if isinstance(value, str):
        return quote(value, escapes)
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return _number(value)
    if isinstance(value, int):
        return repr(value)
    if isinstance(value, dict):
        rows = (f"{quote(str(key), escapes)}:{compact(item, escapes)}" for key, item in value.items())
        return "{" + ",".join(rows) + "}"
    if isinstance(value, (list, tuple)):
        return "[" + ",".join(compact(item, escapes) for item in value) + "]"
    raise TypeError(f"no JSON for {type(value).__name__}")


def _number(value: float) -> str:
    """JSON has no infinity: what was too large for a double stays so; what is no number is null."""
    if value != value:
        return "null"
    if value in (float("inf"), float("-inf")):
        return "1e999" if value > 0 else "-1e999"
    return repr(value)


def success(
    command: str, session: str, pane_id: str, output: object, timestamp: str, fields: dict[str, object] | None = None
) -> dict[str, object]:
    """The envelope of a success: the six keys in their order, then the command's own fields."""
    return _envelope("success", command, session, pane_id, output, timestamp) | (fields or {})


def failure(command: str, session: str, pane_id: str, error: BridgeError, timestamp: str) -> dict[str, object]:
    """The envelope of a failure: the six keys, what is known nevertheless, and `error`."""
    detail = {"code": error.code, "message": error.message, "hint": error.hint, "retryable": error.retryable}
    base = _envelope("error", command, session, pane_id, error.output if error.exact else line(error.output), timestamp)
    return base | error.fields | {"error": detail}


def line(text: str) -> str:
    """The text as the script's `output` had it: ending in exactly one newline."""
    return text.rstrip("\n") + "\n"


def dumps(envelope: dict[str, object], *, style: str = "pretty", write: object = compact) -> str:
    """The envelope as text with a final newline.

    `style`: `pretty` (two-space indent as the script printed it), `compact` (one line), `legacy`
    (pretty, the six keys alone). `write` turns one value into compact JSON; the fronts may pass a
    faster library's function. Entries of a list are indented, whatever is deeper is compact.
    """
    encode = write if callable(write) and style != "legacy" else compact if style != "legacy" else _as_the_script
    if style == "compact":
        return f"{encode(envelope)}\n"
    keys = KEYS if style == "legacy" else tuple(envelope)
    rows = (f"  {quote(key)}: {_indented(envelope[key], encode, '  ')}" for key in keys)
    return "{\n" + ",\n".join(rows) + "\n}\n"


def _envelope(
    status: str, command: str, session: str, pane_id: str, output: object, timestamp: str
) -> dict[str, object]:
    return dict(zip(KEYS, (status, command, session, pane_id, output, timestamp), strict=True))


def _as_the_script(value: object) -> str:
    return compact(value, _SCRIPT)


def _indented(value: object, encode: object, indent: str) -> str:
    assert callable(encode)
    if isinstance(value, list) and value and len(indent) < 4:
        inner = indent + "  "
        items = (f"{inner}{_indented(item, encode, inner)}" for item in value)
        return "[\n" + ",\n".join(items) + f"\n{indent}]"
    if isinstance(value, dict) and value and len(indent) < 6:
        inner = indent + "  "
        rows = (f"{inner}{encode(str(key))}: {encode(item)}" for key, item in value.items())
        return "{\n" + ",\n".join(rows) + f"\n{indent}" + "}"
    return str(encode(value))
