"""Secrets do not go into snapshots and reports: what is blotted out of words and text.

What looks like a secret is replaced, what does not is kept; a secret without any mark of one can't be told.
"""

from __future__ import annotations

import re

from bridge.core import commandsecrets

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

BLOT = "[redacted]"
_SECRET_NAME = re.compile(
    r"TOKEN|SECRET|PASSW|PASSPHRASE|PASSCODE|(?<!COM)(?<!BY)(?<!SUR)(?<!TRES)PASS$|_PWD$"
    r"|(?:API|SSH|MASTER|ACCESS|CRYPT|SIGNING|AUTH|LICENSE|ACCOUNT)KEY|_KEY"
    r"|^KEYS?$|^AWS_S|CREDENTIAL|(?:^|_)AUTH$|COOKIE"
    r"|PRIVATE|_DSN$|SESSION_?ID|_PAT$|SIGNATURE|(?:^|_)(?:PIN|OTP|PSK)$",
    re.IGNORECASE,
)
# The letters before a form are those that it could have itself: other scripts write words without blanks.
_TOKENS = re.compile(
    r"(?a:\b)(?:gh[pousr]_[A-Za-z0-9]{20,}|github_pat_[A-Za-z0-9_]{20,}|gl(?:pat|dt|rt|ptt|cbt|soat|ft)-[\w-]{16,}"
    r"|xox[abeoprs]-[\w-]{10,}|xapp-[\w-]{16,}|(?:AKIA|ASIA)[A-Z0-9]{12,}|(?:sk|pk|rk)[-_][A-Za-z0-9_-]{16,}"
    r"|AIza[\w-]{30,}|ya29\.[\w-]{20,}|GOCSPX-[\w-]{16,}|1//0[\w-]{20,}|npm_[A-Za-z0-9]{20,}|hf_[A-Za-z0-9]{20,}"
    r"|hv[sbr]\.[\w-]{16,}|s\.[A-Za-z0-9]{22,}(?![\w.])|dop_v1_[0-9a-f]{20,}|dckr_pat_[\w-]{16,}|pypi-[\w-]{20,}"
    r"|shp(?:at|ss|ca|pa)_[0-9a-fA-F]{16,}|SG\.[\w-]{16,}\.[\w-]{16,}|sq0(?:atp|csp)-[\w-]{16,}|glsa_\w{20,}|glc_\w{20,}"
    r"|lin_api_\w{16,}|AGE-SECRET-KEY-1[A-Z0-9]{20,}|whsec_\w{16,}|ATATT3x[\w=-]{16,}|NRAK-\w{16,}|figd_[\w-]{16,}"
    r"|ntn_\w{20,}|sbp_[0-9a-f]{20,}|pul-[0-9a-f]{20,}|PMAK-[\w-]{20,}|rubygems_[0-9a-f]{20,}|CCIPAT_\w{16,}|gsk_\w{20,}"
    r"|r8_\w{20,}|xai-\w{20,}|key-[0-9a-f]{32}|SK[0-9a-f]{32}|EAA[A-Za-z0-9]{40,}|phc_\w{20,}|tskey-[\w-]{16,}"
    r"|fo1_[\w-]{20,}|dapi[0-9a-f]{32}|[0-9]{8,10}:AA[\w-]{30,})"
)
_HOOKS = re.compile(
    r"((?:hooks\.slack\.com/(?:services|workflows)/|discord(?:app)?\.com/api/webhooks/[0-9]{1,25}/"
    r"|webhook\.office\.com/webhookb2/))[\w/@-]{1,300}"
)
# Each run of characters is met once, whatever it holds: time grows with the text, not with its square.
_DOTTED = re.compile(r"(?<![\w-])[\w-]++(?:\.[\w-]*+)++")
_WEB_TOKEN = re.compile(r"(?a:\b)eyJ[\w-]{8}")
_PRIVATE_KEY = re.compile(
    r"-----BEGIN [A-Z ]{0,30}PRIVATE KEY(?: BLOCK)?-----.*?(?:-----END [A-Z ]{0,30}PRIVATE KEY(?: BLOCK)?-----|\Z)",
    re.DOTALL,
)
_BEARER = re.compile(r"(?a:\b)(bearer|basic)(\s{1,9})(?=[\w+/=.~-]{8})[\w+/=.~-]+", re.IGNORECASE)
_HEADER = re.compile(
    r"(?i)(?<!(?a:[\w-]))(?=[apcsxjd])((?:proxy-)?authorization\"?[ \t]{0,3}[:=][ \t]{0,3}\"?"
    r"(?:[a-z][\w-]{0,20}[ \t]{1,3}(?=[^\s\"']))?|(?:set-)?cookie:[ \t]{0,3}"
    r"|x-[\w-]{0,30}(?:auth|token|key|secret|password|signature)[\w-]{0,20}\"?[ \t]{0,3}:[ \t]{0,3}\"?"
    r"|(?:private|job|deploy|api|auth|access|session|csrf)-?(?:token|key)\"?:[ \t]{0,3})([^\s\"'][^\"'\r\n]{0,4000})"
)
_IN_ADDRESS = re.compile(r"((?a:\b)[a-zA-Z][\w+.-]{0,20}://)([^\s/:@\"']{0,200})(:[^\s/@\"']{0,200})?@")
_IN_QUERY = re.compile(
    r"(?i)([?&;](?:sig|signature|x-amz-signature|x-amz-credential|x-amz-security-token|x-goog-signature|key|auth|code|sid"
    r"|session|pass|pwd|client_secret|jwt|hmac|otp|pin)=)([^\s&#\"']{1,2000})"
)
_PASS = re.compile(r"(?<!(?a:[\w:/]))(pass:)([^\s\"']{1,400})")
_IDENTIFIED = re.compile(
    r"(?i)(?a:\b)((?:identified\s{1,3}by|with\s{1,3}password|set\s{1,3}password\s{0,3}=|password)\s{1,3}')([^'\n]{1,400})"
)
_CHPASSWD = re.compile(
    r"""((?a:\b)echo\s{1,3}(?:-e\s{1,3})?["']?[\w.-]{1,64}:)([^\s"']{1,200})(?=["']?\s{0,3}\|\s{0,3}(?:sudo\s{1,3})?chpasswd)"""
)
_NETRC = re.compile(
    r"(?<!(?a:[\w-]))(machine\s{1,3}\S{1,200}\s{1,3}login\s{1,3}\S{1,200}\s{1,3}password\s{1,3})(\S{1,400})"
)
_NAME = re.compile(
    r"(?i)(?:token|secret|passw(?:or)?d|passphrase|passcode|api[_-]?key|access[_-]?key|private[_-]?key|secret[_-]?key"
    r"|signing[_-]?key|encryption[_-]?key|master[_-]?key|credential|(?<![a-z])passwd|(?<!com)(?<!by)(?<!sur)(?<!tres)(?<=[a-z_])pass$|_pwd$)[\w-]*\Z"
)
# What is told about a secret, and is none.
_ABOUT = re.compile(
    r"(?i)(?:[_.-](?:file|path|dir|name|names|type|url|uri|ttl|len|length|size|count|limit|limits|policy|expir\w*|age|version"
    r"|source|store|manager|ref|arn|field|prefix|suffix|header|for|max|min|endpoint|env|stdin|prompt|algorithm|algo|format"
    r"|enabled|required|valid\w*|helper|provider|check|cache|class|mode|method|index|usage|budget|rate|id|ids|command|cmd"
    r"|encryption|rotation|strength|hint|reset|change|authentication|store|bytes|per|s|used|total|left|window)"
    r"|(?:File|Path|Name|Type|Url|Uri|Ttl|Length|Count|Size|Expiry|Policy|Id)|(?:izer|ize|ized|ization|less|s?ful|bucket))\Z"
)
_COUNTED = re.compile(r"(?i)(?:tokens|credentials|secrets|passwords|keys)\Z")
# A word that something is assigned to, or an option with a word behind it: no other has a value to look at.
_WORD = re.compile(r"""(?<![\w.-])(?:[\w.-]++(?=["']?[ \t]{0,3}[:=])|(?<!\S)-[\w.-]*+(?=\s))""")
_VALUE = re.compile(
    r"""(["']?[ \t]{0,3}(?::=|=>|[=:])[ \t]{0,3})(?:"([^"\n]{1,400})|'([^'\n]{1,400})|([^\s"']{1,400}))"""
)
_NEXT_WORD = re.compile(r"""(\s{1,9})(?:"([^"\n]{1,400})|'([^'\n]{1,400})|([^\s"'-]\S{0,400}))""")
# What stands for a secret, and is none: a variable, a place to be filled in, nothing.
_NO_SECRET = re.compile(
    r"(?:\$[A-Z_][A-Z0-9_]*|\$\{[^}]*\}?|\$\(.*|`.*|[a-z_]\w*(?:\.\w+)+[(\[].*|<[^>]*>?|\*+|x{3,}|\.{2,}|%[\w{(].*|\{\{.*|[^\w]+|(?:true|false|yes|no|none|null|nil"
    r"|undefined|str|string|int|bool|optional|required|missing|empty|unset|set|expired|invalid|valid|ok|failed|denied|os|env|self"
    r"|process|config|settings|request|args|getpass|input|secrets|options|data|the|a|is|not|for|and|or|of|in)[.,;)\]:}(]*(?:[.(\[].*)?)\Z",
    re.IGNORECASE,
)
_BEFORE = re.compile(
    r"(?i)\b(?:unexpected|expected|invalid|missing|bad|unknown|next|illegal|undefined|unrecognized)\s\Z"
)
_RANDOM = re.compile(r"(?=[^0-9]*[0-9])(?=[^A-Za-z]*[A-Za-z])[\w+/=.~-]{8,}\Z")
_SHORT_OPTIONS = frozenset(
    (
        *("auth", "pass", "pw", "pwd", "pin", "otp", "psk", "passin", "passout", "passwd", "storepass", "keypass"),
        *(
            "srcstorepass",
            "deststorepass",
            "srckeypass",
            "destkeypass",
            "bearer",
            "oauth2-bearer",
            "passcode",
            "with-password",
        ),
    )
)
_QUOTED = re.compile(r"""'[^']*+'|"[^"]*+"|['"][^\n]*+""")
_SHELL_WORD = re.compile(r"""(?:[^\s'"|;&]|'[^']*+'?+|"[^"]*+"?+)++|[|;&]++""")
_HAS_PROGRAM = re.compile(
    r"(?<![\w.-])(?=[0-9a-z])(?:" + "|".join(map(re.escape, sorted(commandsecrets.NAMES))) + r")(?![\w.-])"
)
_DEEPEST = 3  # command lines within one another: ssh host "sh -c '…'"
_LONGEST_NAME = 200
_LONG_VALUE = 16


def is_secret_name(name: str) -> bool:
    """Whether the name of a variable says that its value is a secret."""
    return _SECRET_NAME.search(name) is not None


def redact(text: str) -> str:
    """The text with what looks like a secret blotted out, in a time that grows with the text."""
    text = _PRIVATE_KEY.sub(BLOT, text) if "PRIVATE KEY" in text else text
    text = _TOKENS.sub(BLOT, text)
    # A look for the signs that a form can't do without costs a hundredth of the look for the form.
    if "eyJ" in text:
        text = _DOTTED.sub(_blot_web_token, text)
    if "hook" in text:
        text = _HOOKS.sub(_blot_rest, text)
    if ":" in text or "=" in text:
        text = _HEADER.sub(_blot_rest, text)
    low = text.lower()
    if "bearer" in low or "basic" in low or not text.isascii():
        text = _BEARER.sub(_blot_bearer, text)
    for signs, pattern, blot in _FORMS:
        if all(sign in text for sign in signs):
            text = pattern.sub(blot, text)
    return _blot_commands(_blot_named(text))


def redact_words(words: list[str]) -> list[str]:
    """The words of a command with secrets blotted out; also the word behind an option such as --password."""
    found: list[str] = []
    places = commandsecrets.places(words)
    for number, word in enumerate(words):
        if number in places:
            found.append(_blot_from(word, places[number]))
        elif number and _announces(words[number - 1]) and word[:1] != "-" and not _is_about(words[number - 1], word):
            found.append(BLOT)
        else:
            name, equals, value = word.partition("=")
            bare = name.lstrip("-")
            secret = equals and value and is_secret_name(bare) and not _is_about(bare, value)
            found.append(f"{name}={BLOT}" if secret else redact(word))
    return found


def _announces(word: str) -> bool:
    """Whether the next word is a secret: behind an option of such a name, or a name and a colon."""
    if word.endswith((":", "=")):
        return _is_secret(word.rstrip(":=").strip("\"'"))
    name = word.lstrip("-")
    return word.startswith("-") and bool(name) and (name.lower() in _SHORT_OPTIONS or _is_secret(name))


def _is_secret(name: str) -> bool:
    last = name.rsplit(".", 1)[-1]
    return _NAME.search(last) is not None and _ABOUT.search(last) is None


def _is_secret_variable(name: str) -> bool:
    """Whether it ends with the name of such a variable: words of other scripts may stand before it."""
    if not name.isascii():
        name = next((name[at + 1 :] for at in range(len(name) - 1, -1, -1) if not name[at].isascii()), name)
    return name.isupper() and is_secret_name(name)


def _is_about(name: str, value: str) -> bool:
    """Whether a value tells something of a secret, or stands for one."""
    name = name.lstrip("-")
    if _ABOUT.search(name) or _NO_SECRET.match(value):
        return True
    if _COUNTED.search(name) and value.strip(",;)").isdigit():
        return True
    return name.islower() and name in ("key", "keys") and not _RANDOM.match(value)


def _blot_named(text: str) -> str:
    """Blot out what is assigned to a secret's name, and the word behind an option of such a name."""
    parts: list[str] = []
    at = 0
    known: dict[str, bool] = {}
    for word in _WORD.finditer(text):
        start, end = word.span()
        if start < at:
            continue
        name = word[0]
        option = name.startswith("-") and (start == 0 or text[start - 1].isspace())
        if len(name) > _LONGEST_NAME:
            name = name[-_LONGEST_NAME:]
        short = name.lstrip("-").lower() in _SHORT_OPTIONS
        named = known.get(name)
        if named is None:
            named = known[name] = _is_secret(name)
        variable = not named and text[end : end + 1] == "=" and _is_secret_variable(name)
        if not (named or variable or (short and option)):
            continue
        found = _VALUE.match(text, end)
        if found is None and option:
            found = _NEXT_WORD.match(text, end)
        if found is None or _BEFORE.search(text, max(0, start - 20), start):
            continue
        group = next(number for number in (2, 3, 4) if found[number] is not None)
        value = found[group]
        if value.startswith(BLOT) or _is_about(name, value):
            continue
        parts += [text[at : found.start(group)], BLOT]
        at = found.end(group)
    return "".join((*parts, text[at:]))


def _blot_commands(text: str) -> str:
    """Blot out the secrets in the words of known programs, line by line."""
    if not _HAS_PROGRAM.search(text):
        return text
    if "\n" not in text:
        return _blot_line(text)
    return "\n".join(_blot_line(row) if _HAS_PROGRAM.search(row) else row for row in text.split("\n"))


def _blot_line(row: str, deep: int = _DEEPEST) -> str:
    if deep and ("'" in row or '"' in row):
        row = _QUOTED.sub(lambda match: _blot_quoted(match[0], deep), row)
    spans = [match.span() for match in _SHELL_WORD.finditer(row)]
    words = [row[start:end].replace("'", "").replace('"', "") for start, end in spans]
    parts: list[str] = []
    at = 0
    for number, offset in sorted(commandsecrets.places(words).items()):
        start, end = spans[number]
        raw, word = row[start:end], words[number]
        if BLOT not in word and not _NO_SECRET.match(word[offset:]):
            quote = raw[0] if raw[0] in "'\"" and raw[-1] == raw[0] else ""
            parts += (row[at:start], quote, word[:offset], BLOT, quote)
            at = end
    return "".join((*parts, row[at:]))


def _blot_quoted(text: str, deep: int) -> str:
    if text[-1:] != text[0] or len(text) < 2:
        return text
    inner = text[1:-1]
    return f"{text[0]}{_blot_line(inner, deep - 1)}{text[0]}" if _HAS_PROGRAM.search(inner) and " " in inner else text


def _blot_from(word: str, place: int) -> str:
    return word if BLOT in word or _NO_SECRET.match(word[place:]) else word[:place] + BLOT


def _blot_rest(match: re.Match[str]) -> str:
    return match[1] + BLOT


def _blot_bearer(match: re.Match[str]) -> str:
    return match[1] + match[2] + BLOT


def _blot_second(match: re.Match[str]) -> str:
    return match[0] if match[2].startswith(BLOT) or _NO_SECRET.match(match[2]) else match[1] + BLOT


def _blot_query(match: re.Match[str]) -> str:
    random = _RANDOM.match(match[2]) or len(match[2]) >= _LONG_VALUE
    return match[1] + BLOT if random or match[1][1:-1].lower() in _SHORT_OPTIONS else match[0]


def _blot_address(match: re.Match[str]) -> str:
    """A password in an address, or a name that is a token: of some length, letters and digits."""
    scheme, user, password = match[1], match[2], match[3]
    if user and user != BLOT and _RANDOM.match(user) and (not password or len(user) >= _LONG_VALUE):
        user = BLOT
    if password and len(password) > 1 and not _NO_SECRET.match(password[1:]):
        password = f":{BLOT}"
    return f"{scheme}{user}{password or ''}@"


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


# What is looked for in a text that has all of these signs.
_FORMS: tuple[tuple[tuple[str, ...], re.Pattern[str], Callable[[re.Match[str]], str]], ...] = (
    (("://", "@"), _IN_ADDRESS, _blot_address),
    (("=",), _IN_QUERY, _blot_query),
    (("pass:",), _PASS, _blot_second),
    (("'",), _IDENTIFIED, _blot_second),
    (("chpasswd", ":"), _CHPASSWD, _blot_second),
    (("machine",), _NETRC, _blot_second),
)


def report(value: str, home: str = "") -> str:
    """The text for a report that leaves the machine: secrets blotted out, and the home directory as `~`."""
    value = redact(value)
    return value.replace(home, "~") if len(home) > 1 else value


def report_setting(name: str, value: str, home: str = "") -> str:
    """The value of a variable for such a report: nothing of it where its name speaks of a secret."""
    return BLOT if value and is_secret_name(name) else report(value, home)
