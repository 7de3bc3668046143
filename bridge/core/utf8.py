"""Where characters end among bytes that come in pieces (RFC 3629 section 3)."""

from __future__ import annotations


def unfinished(data: bytes) -> int:
    """How many bytes at the end are the beginning of a character whose rest is still to come."""
    return len(data) - whole_characters(data, 0, len(data))


def whole_characters(data: bytes, start: int, end: int) -> int:
    """The end of the last complete UTF-8 character before `end`."""
    for back in range(1, min(4, end - start + 1)):
        byte = data[end - back]
        if byte >= 0xC0:
            need = 2 if byte < 0xE0 else 3 if byte < 0xF0 else 4
            return end if back >= need else end - back
        if byte < 0x80:
            return end
    return end
