"""Secrets do not go into snapshots and reports: which variables may be kept, and what is blotted out of words and text.

What looks like a secret is replaced, what does not is kept; a secret without any mark of one can't be told.
"""

from __future__ import annotations

import re

BLOT = "[redacted]"
# Names of variables that a snapshot may hold; a `*` at the end stands for any rest.
KEPT = (
    *("PATH", "LANG", "LANGUAGE", "LC_*", "TZ", "EDITOR", "VISUAL", "PAGER", "LESS", "MANPATH", "COLORTERM"),
    *("VIRTUAL_ENV", "CONDA_DEFAULT_ENV", "CONDA_PREFIX", "PYTHONPATH", "NODE_ENV", "NODE_PATH", "NVM_DIR"),
    *("GOPATH", "GOROOT", "GOFLAGS", "CARGO_HOME", "RUSTUP_HOME", "RUST_LOG", "RUST_BACKTRACE", "JAVA_HOME"),
    *("MAKEFLAGS", "CC", "CXX", "CFLAGS", "CXXFLAGS", "LDFLAGS", "DEBUG", "ENVIRONMENT", "RAILS_ENV", "APP_ENV"),
    *("CUSTOM_VAR",),
)
_SECRET_NAME = re.compile(
    r"TOKEN|SECRET|PASSW|PASSPHRASE|PASSCODE|_PASS$|^PASS$|_PWD$|APIKEY|_KEY|^KEY|KEY$|^AWS_|CREDENTIAL|(?:^|_)AUTH$|COOKIE"
    r"|PRIVATE|_DSN$|SESSION_?ID|_PAT$|SIGNATURE",
    re.IGNORECASE,
)
_TOKENS = re.compile(
    r"\b(?:gh[pousr]_[A-Za-z0-9]{20,}|github_pat_[A-Za-z0-9_]{20,}|glpat-[\w-]{16,}|xox[abeoprs]-[\w-]{10,}"
    r"|(?:AKIA|ASIA)[A-Z0-9]{12,}|(?:sk|pk|rk)[-_][A-Za-z0-9_-]{16,}|AIza[\w-]{30,}|ya29\.[\w-]{20,}|npm_[A-Za-z0-9]{20,}"
    r"|hf_[A-Za-z0-9]{20,})"
)
# Each run of characters is met once, whatever it holds: time grows with the text, not with its square.
_DOTTED = re.compile(r"(?<![\w-])[\w-]++(?:\.[\w-]*+)++")
_WEB_TOKEN = re.compile(r"\beyJ[\w-]{8}")
_PRIVATE_KEY = re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*PRIVATE KEY-----|\Z)", re.DOTALL)
_BEARER = re.compile(r"\b(bearer|basic)(\s+)(?=[\w+/=.~-]{8})[\w+/=.~-]+", re.IGNORECASE)
_IN_ADDRESS = re.compile(r"(\b[a-zA-Z][\w+.-]{0,20}://[^\s/:@]{0,80}:)[^\s/@]{1,200}(?=@)")
_NAME = re.compile(
    r"(?i)(?:token|secret|passw(?:or)?d|passphrase|api[_-]?key|access[_-]?key|private[_-]?key|credential)[\w-]*\Z"
)
_WORD = re.compile(r"[\w.-]++")
_VALUE = re.compile(r"""(["']?\s{0,3}[=:]\s{0,3}["']?)([^\s"']{1,400})""")
_NEXT_WORD = re.compile(r"(\s++)([^\s-]\S{0,400})")
_SHORT_OPTIONS = ("auth", "pass", "pw")


def is_kept(name: str, more: tuple[str, ...] = ()) -> bool:
    """Whether the value of a variable of this name may go into a snapshot, and come out of one."""
    if _SECRET_NAME.search(name):
        return False
    return any(name.startswith(word[:-1]) if word.endswith("*") else name == word for word in (*KEPT, *more))


def redact(text: str) -> str:
    """The text with what looks like a secret blotted out."""
    text = _PRIVATE_KEY.sub(BLOT, text)
    text = _DOTTED.sub(_blot_web_token, _TOKENS.sub(BLOT, text))
    text = _BEARER.sub(rf"\1\2{BLOT}", text)
    text = _IN_ADDRESS.sub(rf"\1{BLOT}", text)
    return _blot_named(text)


def redact_words(words: list[str]) -> list[str]:
    """The words of a command with secrets blotted out; also the word behind an option such as --password."""
    found: list[str] = []
    for number, word in enumerate(words):
        if number and _is_option(words[number - 1]) and not word.startswith("-"):
            found.append(BLOT)
        else:
            name, equals, value = word.partition("=")
            secret = equals and value and _SECRET_NAME.search(name.lstrip("-")) is not None
            found.append(f"{name}={BLOT}" if secret else redact(word))
    return found


def _is_option(word: str) -> bool:
    """Whether the word is an option whose value is a secret."""
    name = word.removeprefix("-").removeprefix("-")
    return word.startswith("-") and (
        name.lower() in _SHORT_OPTIONS or (_WORD.fullmatch(name) and _is_secret(name)) is True
    )


def _is_secret(name: str) -> bool:
    return _NAME.search(name.rsplit(".", 1)[-1]) is not None


def _blot_named(text: str) -> str:
    """Blot out what is assigned to a secret's name, and the word behind an option of such a name."""
    parts: list[str] = []
    at = 0
    for word in _WORD.finditer(text):
        start, end = word.span()
        if start < at or not _is_secret(word[0]):
            continue
        found = _VALUE.match(text, end)
        if found is None and word[0].startswith("-") and (start == 0 or text[start - 1].isspace()):
            found = _NEXT_WORD.match(text, end)
        if found is not None and not found[2].startswith(BLOT):
            parts += [text[at : found.start(2)], BLOT]
            at = found.end()
    return "".join((*parts, text[at:]))


def _blot_web_token(match: re.Match[str]) -> str:
    """A run of words with dots, with a JSON web token in it blotted out: three parts, the first two of some length."""
    parts = match[0].split(".")
    kept: list[str] = []
    number = 0
    while number < len(parts):
        is_token = number + 2 < len(parts) and len(parts[number + 1]) >= 8
        found = _WEB_TOKEN.search(parts[number]) if is_token else None
        kept.append(parts[number] if found is None else parts[number][: found.start()] + BLOT)
        number += 1 if found is None else 3
    return ".".join(kept)


def report(value: str, home: str = "") -> str:
    """The text for a report that leaves the machine: secrets blotted out, and the home directory as `~`."""
    value = redact(value)
    return value.replace(home, "~") if len(home) > 1 else value


def report_setting(name: str, value: str, home: str = "") -> str:
    """The value of a variable for such a report: nothing of it where its name speaks of a secret."""
    return BLOT if value and _SECRET_NAME.search(name) else report(value, home)
