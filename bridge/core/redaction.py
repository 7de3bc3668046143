"""Text without secrets, for reports that leave the machine."""

from __future__ import annotations

import re

HIDDEN = "[redacted]"
_SECRET_NAME = re.compile(
    r"token|secret|passw|passphrase|credential|api_?key|private_?key|auth|cookie|session_?id", re.I
)
_RULES = (
    (re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(-----END [A-Z ]*PRIVATE KEY-----|\Z)", re.S), HIDDEN),
    (re.compile(r"([a-z][a-z0-9+.-]*://)[^/\s:@]*:[^/\s@]+@", re.I), rf"\1{HIDDEN}@"),
    (re.compile(r"\b(bearer|basic)\s+[\w.~+/=-]{8,}", re.I), rf"\1 {HIDDEN}"),
    (
        re.compile(
            r"([\w.-]*(?:token|secret|passw(?:or)?d|passphrase|credential|api[_-]?key|private[_-]?key|cookie)[\w.-]*"
            r"[\"']?\s*[=:]\s*)(\"[^\"\n]*\"|'[^'\n]*'|[^\s,;&]+)",
            re.I,
        ),
        rf"\1{HIDDEN}",
    ),
    (re.compile(r"(--?(?:token|secret|password|passwd|api-key)[ =])\S+", re.I), rf"\1{HIDDEN}"),
    (re.compile(r"\b(?:gh[a-z]_\w{16,}|github_pat_\w{16,}|sk-[\w-]{16,}|xox[a-z]-[\w-]{10,})"), HIDDEN),
    (re.compile(r"\b(?:AKIA|ASIA)[A-Z0-9]{12,}\b"), HIDDEN),
    (re.compile(r"\beyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]*"), HIDDEN),
)


def text(value: str, home: str = "") -> str:
    """The text with what looks like a secret taken out, and the home directory as `~`."""
    for pattern, instead in _RULES:
        value = pattern.sub(instead, value)
    return value.replace(home, "~") if len(home) > 1 else value


def setting(name: str, value: str, home: str = "") -> str:
    """The value of a variable: nothing of it where its name speaks of a secret."""
    return HIDDEN if value and _SECRET_NAME.search(name) else text(value, home)
