"""A command for a shell that can't read our files: all of it goes over the terminal, and so does its end.

One line is typed (`opening`). It turns echo and line editing of the terminal off, tells by a mark that a
shell reads there and of which kind it is, and waits ten seconds at most for a second line (`receiver`),
which takes the script (`script`) in `pieces`, counts them, and puts them together. The shell evaluates that
then: functions for the end mark, the text itself, and at its end all of it is taken away again.

Nothing but a shell is needed there. What is typed is printable ASCII without a tilde at the beginning of
a line (ssh's escape), so no terminal acts on it.
"""

from __future__ import annotations

from bridge.core.runscript import Run, display

KINDS = ("bash", "zsh", "ksh", "dash", "fish")
LARGEST = 1_000_000
WAITS_FOR = 9.9  # seconds that the shell there waits for what we type
_OSC = "6973"
_PIECE = 900  # a terminal in canonical mode holds 1,024 bytes of a line on some systems
_PLAIN = frozenset(range(0x20, 0x7F)) - frozenset(b"\\~")
_ESCAPED = tuple(bytes((code,)) if code in _PLAIN else b"\\0%03o" % code for code in range(256))


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
    """The line to type; without a kind it is one that every shell of KINDS understands.

    To fish the quotes of `'\\'` do not end where they do to the others, so each sees the other's part as a string.
    """
    plain = _OPENING.replace("WORD", word)
    fish = _OPENING_FISH.replace("WORD", word)
    traps = "" if kind in ("bash", "zsh") else _TRAPS.replace("WORD", word)
    if kind == "fish":
        return f" {fish}"
    if kind:
        told = "''" if kind == "dash" else kind
        return f" __bridge_code=$? __bridge_word=${{_-}};{traps}{plain}".replace(_TOLD, told)
    return f" __bridge='\\' __bridge=' {fish} #' __bridge_code=$? __bridge_word=${{_-}};{traps}{plain}"


_TRAPS = f"\\printf '\\033]{_OSC};WORD;T;';\\trap;\\printf '\\007';"
_TOLD = '"${BASH_VERSION+bash}${ZSH_VERSION+zsh}${KSH_VERSION+ksh}"'
_QUIET = "\\stty -echo -icanon min 0 time 99 2>&-"
# The trap belongs to the subshell, so the terminal is set right again however that ends.
_OPENING = (
    "\\eval \"$(s=$(\\stty -g 2>&-);\\trap '\\stty $s 2>&-' 0;\\trap \\exit 1 2 15;"
    + _QUIET
    + f";\\printf '\\033]{_OSC};WORD;R;%s;%s\\007' {_TOLD} ${{s:+1}}>&2;"
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
_TAKE_PIECES = (
    "PUT '\\0033[?1049h'>&2;z=;while IFS= \\read -r y&&[ \"$y\" != . ];do z=$z$y;done;PUT '\\0033[?1049l'>&2"
)
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
    text = b"".join([_ESCAPED[code] for code in script.encode("utf-8", "surrogateescape")])
    if kind == "fish":
        return text, len(text)
    if not echoing:
        return text + b"\n", len(text)
    rows = [text[at : at + _PIECE] for at in range(0, len(text), _PIECE)]
    return b"\n".join(rows) + b"\n.\n", len(text)


def script(kind: str, run: Run, word: str, command: str, before: str = "", *, traps: bool = True) -> str:
    """What the shell evaluates; `before` is printed first, and behind it the command as a watcher sees it.

    `traps`: dash and ksh can't tell what they do on exit; whether nothing, so that the end mark may be set there.
    """
    shown = _shown(before + display(command) + "\n")
    if kind == "fish":
        shown = shown.replace("\\", "\\\\").replace("'", "\\'")
        text = command.replace("\\", "\\\\").replace("'", "\\'")
    else:
        shown = shown.replace("'", "'\\''")
        text = command.replace("'", "'\\''")
    # No text holds a NUL, so nothing in one is taken for a place where another belongs.
    lines = _SCRIPTS[kind].replace("SHOWN", "\0S").replace("TEXT", "\0T")
    lines = lines.replace("ONTRAP", _TRAP if traps else ":").replace("UNTRAP", "\\trap - 0" if traps else ":")
    lines = lines.replace("NONCE", run.nonce).replace("WORD", word)
    end = "" if command.endswith("\n") else "\n"
    return lines.replace("\0S", f"'{shown}'").replace("\0T", f"'{text}{end}'")


def _shown(text: str) -> str:
    """The text as printf's %b takes it."""
    return b"".join([_ESCAPED[code] for code in text.encode("utf-8", "surrogateescape")]).decode()


# The marks go to the terminal itself; where it has no name there (a bare chroot), to where the shell prompts.
_BASH = """\
{ __bridge_far_return() { \\return "$1"; }
__bridge_far_put() { { \\builtin printf %b "$1" >/dev/tty; } 2>/dev/null || \\builtin printf %b "$1" >&2; }
__bridge_far_begin() {
  __bridge_far_put SHOWN'\\0033]6973;NONCE;S\\0007'
  \\return "$__bridge_code"
}
__bridge_far_mark() { __bridge_far_put "\\0033\\0134\\0033]6973;NONCE;E;$1\\0007"; }
__bridge_far_finish() {
  __bridge_far_mark "$1"
  PROMPT_COMMAND=${PROMPT_COMMAND#'__bridge_far_prompt 2>/dev/null && :;'}
  [[ -n $PROMPT_COMMAND ]] || \\unset PROMPT_COMMAND
  [[ $(\\trap -p EXIT) != *__bridge_far_* ]] || \\trap - EXIT
  \\unset __bridge __bridge_code __bridge_word __bridge_far_text __bridge_far_way __bridge_far_eval __bridge_far_code
  \\unset -f __bridge_far_return __bridge_far_put __bridge_far_begin __bridge_far_mark __bridge_far_prompt
  \\unset -f __bridge_far_finish
  \\return "$1"
}
__bridge_far_prompt() { __bridge_far_finish "$?"; }
if [[ -o history ]]; then
case $(HISTTIMEFORMAT= \\builtin history 1) in *WORD*) \\builtin history -d -1 ;; esac
fi
__bridge_far_text=TEXT
PROMPT_COMMAND='__bridge_far_prompt 2>/dev/null && :;'${PROMPT_COMMAND-}
[[ -n $(\\trap -p EXIT) ]] || \\trap '__bridge_far_mark "$?"' EXIT
__bridge_far_way=source
{ \\builtin : </dev/fd/62; } 62<<<: || __bridge_far_way=eval
\\builtin unset __bridge_far_code
\\builtin jobs -n >&2
case $- in
*x*) __bridge_far_text='{ __bridge_far_begin && :; } 2>/dev/null
'$__bridge_far_text ;;
*) __bridge_far_begin ;;
esac
} 2>/dev/null
__bridge_far_eval='{ \\builtin exec 62<&-
__bridge_far_return "$__bridge_code" "$__bridge_word" && __bridge_far_return 0 "$__bridge_word"; } 2>/dev/null
\\builtin eval "$__bridge_far_text"
{ __bridge_far_code=$?; } 2>/dev/null'
case $__bridge_far_way in
source) \\. /dev/fd/62 62<<<"$__bridge_far_eval" ;;
*) \\builtin eval "$__bridge_far_eval" ;;
esac
{ __bridge_far_finish "${__bridge_far_code-$?}" && :; } 2>/dev/null
"""
_ZSH = """\
{ __bridge_far_return() { \\return "$1"; }
__bridge_far_put() { { \\builtin printf %b "$1" >/dev/tty; } 2>/dev/null || \\builtin printf %b "$1" >&2; }
__bridge_far_begin() {
  __bridge_far_put SHOWN'\\0033]6973;NONCE;S\\0007'
  \\return "$__bridge_code"
}
__bridge_far_mark() { __bridge_far_put "\\0033\\0134\\0033]6973;NONCE;E;$1\\0007"; }
__bridge_far_finish() {
  \\builtin emulate -L zsh
  __bridge_far_mark "$1"
  precmd_functions=("${(@)precmd_functions:#__bridge_far_prompt}")
  zshexit_functions=("${(@)zshexit_functions:#__bridge_far_exit}")
  (( $#precmd_functions )) || \\builtin unset precmd_functions
  (( $#zshexit_functions )) || \\builtin unset zshexit_functions
  [[ -z ${__bridge_far_file-} ]] || \\builtin exec {__bridge_far_file}<&-
  \\builtin unset __bridge __bridge_code __bridge_word __bridge_far_text __bridge_far_file
  \\builtin unset -f -m '__bridge_far_*'
  \\return "$1"
}
__bridge_far_prompt() { __bridge_far_finish "$?" 2>/dev/null; \\return 0; }
__bridge_far_exit() { __bridge_far_mark "$?"; }
__bridge_far_hook() {
  \\builtin emulate -L zsh
  precmd_functions=(__bridge_far_prompt "${(@)precmd_functions:#__bridge_far_prompt}")
  zshexit_functions=(__bridge_far_exit "${(@)zshexit_functions:#__bridge_far_exit}")
}
__bridge_far_hook
__bridge_far_text=TEXT
\\builtin unset __bridge_far_file
case $- in
*x*) __bridge_far_text='{ __bridge_far_begin && :; } 2>/dev/null
'$__bridge_far_text ;;
*) __bridge_far_begin ;;
esac
[[ -r /dev/fd/0 ]] && \\builtin exec {__bridge_far_file}<<<"${__bridge_far_text%?}"
} 2>/dev/null
case ${__bridge_far_file-} in
?*) { __bridge_far_return "$__bridge_code" && :; } 2>/dev/null
  \\builtin source /dev/fd/$__bridge_far_file ;;
*) { __bridge_far_return "$__bridge_code" && :; } 2>/dev/null
  \\builtin eval "$__bridge_far_text" ;;
esac
{ __bridge_far_finish "$?" && :; } 2>/dev/null
"""
# A prompt is the only hook that these have. It runs in a subshell, so after Ctrl-C it stays until the next run.
_PLAIN_SCRIPT = """\
{ __bridge_far_return() { \\return "$1"; }
__bridge_far_put() { { PUT "$1" >/dev/tty; } 2>/dev/null || PUT "$1" >&2; }
__bridge_far_begin() {
  __bridge_far_put SHOWN'\\0033]6973;NONCE;S\\0007'
  \\return "$__bridge_code"
}
__bridge_far_mark() { __bridge_far_put "\\0033\\0134\\0033]6973;NONCE;E;$1\\0007"; }
__bridge_far_ended() { { __bridge_far_mark "$?"; } 2>/dev/null; }
__bridge_far_finish() {
  __bridge_far_mark "$1"
  PS1=${PS1#'$(__bridge_far_ended)'}
  UNTRAP
  \\unset __bridge __bridge_code __bridge_word __bridge_far_text __bridge_far_way __bridge_far_eval __bridge_far_code
  \\unset -f __bridge_far_return __bridge_far_put __bridge_far_begin __bridge_far_mark __bridge_far_ended
  \\unset -f __bridge_far_finish
  \\return "$1"
}
__bridge_far_text=TEXT
PS1=${PS1-}
PS1='$(__bridge_far_ended)'${PS1#'$(__bridge_far_ended)'}
ONTRAP
__bridge_far_way=source
{ \\command : </dev/fd/7; } 7<<X || __bridge_far_way=eval
X
\\unset __bridge_far_code
JOBS
case $- in
*x*) __bridge_far_text='{ __bridge_far_begin && :; } 2>/dev/null
'$__bridge_far_text ;;
*) __bridge_far_begin ;;
esac
__bridge_far_eval='{ \\exec 7<&-
__bridge_far_return "$__bridge_code" && :; } 2>/dev/null
\\eval "$__bridge_far_text"
{ __bridge_far_code=$?; } 2>/dev/null'
} 2>/dev/null
case $__bridge_far_way in
source) \\. /dev/fd/7 7<<X
$__bridge_far_eval
X
;;
*) \\eval "$__bridge_far_eval" ;;
esac
{ __bridge_far_finish "${__bridge_far_code-$?}" && :; } 2>/dev/null
"""
_FISH = """\
function __bridge_far_return; return $argv[1]; end
function __bridge_far_put; begin; builtin printf %b $argv[1] >/dev/tty; end 2>/dev/null; or builtin printf %b $argv[1] >&2; end
function __bridge_far_finish
  __bridge_far_put '\\0033\\0134\\0033]6973;NONCE;E;'$argv[1]'\\0007'
  set -e __bridge __bridge_in __bridge_code __bridge_far_text
  functions -e __bridge_far_return __bridge_far_put __bridge_far_prompt __bridge_far_exit __bridge_far_finish
  return $argv[1]
end
function __bridge_far_prompt --on-event fish_postexec; __bridge_far_finish $status; end
function __bridge_far_exit --on-event fish_exit; __bridge_far_finish $status; end
set -g __bridge_far_text TEXT
__bridge_far_put SHOWN'\\0033]6973;NONCE;S\\0007'
__bridge_far_return $__bridge_code
eval $__bridge_far_text
__bridge_far_finish $status
"""
_TRAP = """\\trap '__bridge_far_mark "$?"' 0"""
_SCRIPTS = {
    "bash": _BASH,
    "zsh": _ZSH,
    # dash would tell of a job that has ended in the middle of the output.
    "dash": _PLAIN_SCRIPT.replace("PUT", "\\command printf %b").replace("JOBS", "\\jobs >/dev/null"),
    "ksh": _PLAIN_SCRIPT.replace("PUT", "\\command print -n --").replace("JOBS", ":"),
    "fish": _FISH,
}
