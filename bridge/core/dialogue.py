"""The conversation that carries a script to a shell over the terminal (core.inlinescript makes the script).

One line is typed (`opening`). It turns echo and line editing of the terminal off, tells by a mark that a
shell reads there and of which kind it is, and waits ten seconds at most for a second line (`receiver`), which
takes the script (`carried`) and counts it. The shell evaluates that then.

Nothing but a shell is needed there. What is typed is printable ASCII without a tilde (ssh's escape), so no
terminal acts on it.
"""

from __future__ import annotations

KINDS = ("bash", "zsh", "ksh", "dash", "fish")
LARGEST = 1_000_000
WAITS_FOR = 9.9  # seconds that the shell there waits for what we type
_OSC = "6973"
_PIECE = 900  # a terminal in canonical mode holds 1,024 bytes of a line on some systems
_PLAIN = frozenset(range(0x20, 0x7F)) - frozenset(b"\\~")
_ESCAPED = tuple(bytes((code,)) if code in _PLAIN else b"\\0%03o" % code for code in range(256))


def escape(text: str) -> bytes:
    """The text as `printf %b` takes it."""
    return b"".join([_ESCAPED[code] for code in text.encode("utf-8", "surrogateescape")])


def answer_mark(word: str) -> bytes:
    """The bytes before `KIND;1`, or `KIND;` where the terminal's echo could not be turned off; a BEL follows."""
    return f"\x1b]{_OSC};{word};R;".encode()


def has_exit_trap(word: str, seen: bytes) -> bool:
    """Whether the shell has told that it does something when it exits (dash and ksh tell)."""
    traps = seen.partition(f"\x1b]{_OSC};{word};T;".encode())[2].partition(b"\x07")[0]
    return any(row.rstrip().endswith((b" EXIT", b" 0")) and b"__bridge_far_" not in row for row in traps.split(b"\n"))


def ready_mark(word: str) -> bytes:
    """The bytes that tell that the script may be sent now."""
    return f"\x1b]{_OSC};{word};G\x07".encode()


def failure_mark(word: str) -> bytes:
    """The bytes before how much has arrived, where that is not all: nothing was run then."""
    return f"\x1b]{_OSC};{word};L;".encode()


def opening(word: str, kind: str = "") -> str:
    """The line to type; without a kind it is one that every shell of KINDS understands."""
    # To fish a backslash hides a quote between quotes, to the others not: each sees the other's part as a string.
    plain = _OPENING.replace("WORD", word)
    fish = _OPENING_FISH.replace("WORD", word)
    traps = "" if kind in ("bash", "zsh") else _TRAPS.replace("WORD", word)
    if kind == "fish":
        return f" {fish}"
    if kind == "ksh":  # mksh has no printf of its own
        plain = plain.replace(_TELL.replace("WORD", word), _TELL_KSH.replace("WORD", word))
        traps = _TRAPS_KSH.replace("WORD", word)
    if kind:
        told = "''" if kind == "dash" else kind
        return f" __bridge_code=$? __bridge_word=${{_-}};{traps}{plain}".replace(_TOLD, told)
    return f" __bridge='\\' __bridge=' {fish} #' __bridge_code=$? __bridge_word=${{_-}};{traps}{plain}"


_TRAPS = f"\\printf '\\033]{_OSC};WORD;T;';\\trap;\\printf '\\007';"
_TOLD = '"${BASH_VERSION+bash}${ZSH_VERSION+zsh}${KSH_VERSION+ksh}"'
_TELL = f"\\printf '\\033]{_OSC};WORD;R;%s;%s\\007' {_TOLD} ${{s:+1}}"
_TELL_KSH = f'\\print -n "\\0033]{_OSC};WORD;R;ksh;${{s:+1}}\\0007"'
_TRAPS_KSH = f"\\print -n '\\0033]{_OSC};WORD;T;';\\trap;\\print -n '\\0007';"
_QUIET = "\\stty -echo -icanon min 0 time 99 2>&-"
# The trap belongs to the subshell, so the terminal is set right again however that ends.
_OPENING = (
    "\\eval \"$(s=$(\\stty -g 2>&-);\\trap '\\stty $s 2>&-' 0;\\trap \\exit 1 2 15;"
    + _QUIET
    + f";{_TELL}>&2;"
    + 'IFS=\\  \\read -r n x;[ "$n" = WORD ]&&\\eval "$x")"'
)
# `read -z` is the one that reads a terminal without editing it.
_OPENING_FISH = (
    "set -g __bridge_code $status;set -g __bridge (stty -g);stty -echo -icanon min 0 time 99;"
    f'printf "\\033]{_OSC};WORD;R;fish;1\\007">&2;read -z __bridge_in;'
    'if string match -q "WORD *" -- $__bridge_in;eval (string sub -s 10 -- $__bridge_in);else;stty $__bridge;end'
)


def receiver(word: str, kind: str, size: int, *, echoing: bool) -> bytes:
    """What the shell is given when it has answered, with its end.

    It sets `ready_mark` then, and takes `size` bytes (`carried`); whoever sends them before that loses some, since
    bash reads a terminal in blocks.
    """
    if kind == "fish":
        text, end = _RECEIVER_FISH, b"\0"
    else:
        # What a terminal echoes is drawn on its other screen.
        taking = _TAKE_PIECES if echoing else _TAKE_ALL
        put = "\\print -n --" if kind == "ksh" else "\\printf %b"
        text, end = _RECEIVER.replace("TAKE", taking).replace("PUT", put), b"\n"
    text = text.replace("WORD", word).replace("MORE", str(size + 1)).replace("SIZE", str(size))
    return text.encode() + end


# head takes 200 kB in an instant; a shell reads a terminal byte by byte.
_TAKE_ALL = 'z=$(\\head -c MORE 2>&-);[ "$z" ]||IFS= \\read -r z'
_TAKE_PIECES = "PUT '\\0033[?1049h'>&2;z=;while IFS= \\read -r y&&[ \"$y\" != . ];do z=$z$y;done;PUT '\\0033[?1049l'>&2"
_RECEIVER = (
    "WORD set +x;PUT '\\0033]6973;WORD;G\\0007'>&2;TAKE;"
    'if [ ${#z} = SIZE ];then PUT "$z";else PUT "\\0033]6973;WORD;L;${#z}\\0007">&2;'
    "\\echo '\\unset __bridge __bridge_code __bridge_word';fi"
)
_RECEIVER_FISH = (
    "WORD printf '\\033]6973;WORD;G\\007'>&2;"
    "if command -q head;set -g __bridge_in (head -c SIZE|string collect);else;read -z __bridge_in;end;stty $__bridge;"
    "set -g __bridge_in (string trim -r -c \\n -- $__bridge_in|string collect);"
    "if test (string length -- $__bridge_in) = SIZE;eval (printf %b $__bridge_in|string collect);"
    "else;printf '\\033]6973;WORD;L;%s\\007' (string length -- $__bridge_in)>&2;set -e __bridge_in;end"
)


def carried(script: str, kind: str, *, echoing: bool) -> tuple[bytes, int]:
    """What is typed to carry the script, with what ends it, and how many bytes of it count."""
    text = escape(script)
    if kind == "fish":
        return text, len(text)
    if not echoing:
        return text + b"\n", len(text)
    rows = [text[at : at + _PIECE] for at in range(0, len(text), _PIECE)]
    return b"\n".join(rows) + b"\n.\n", len(text)
