"""Text of a screen whose only control sequences are colours and the like (SGR, ECMA-48 8.3.117)."""

from __future__ import annotations

import re

_COLOUR = re.compile(r"\x1b\[[0-9;:]{0,64}m")
_STRING = re.compile(r"\x1b[\]PX^_][^\x07\x1b]{0,100000}(?:\x07|\x1b\\|\Z)")
_SEQUENCE = re.compile(r"\x1b(?:\[[0-?]{0,64}[ -/]{0,8}[@-~]|[ -/]{0,8}[0-~])")
_CONTROLS = {code: None for code in (*range(0x20), *range(0x7F, 0xA0)) if chr(code) not in "\t\n"}


def only_colours(text: str) -> str:
    """The text with newlines, tabs and colours; every other control character or sequence is gone."""
    out = []
    at = 0
    for match in _COLOUR.finditer(text):
        out.append(_bare(text[at : match.start()]))
        out.append(match[0])
        at = match.end()
    out.append(_bare(text[at:]))
    return "".join(out)


def plain(text: str) -> str:
    """The text without colours too."""
    return _COLOUR.sub("", only_colours(text))


def _bare(text: str) -> str:
    if text.isprintable():
        return text
    return _SEQUENCE.sub("", _STRING.sub("", text)).translate(_CONTROLS)
