"""A command for a shell that can't read our files, as the script that it evaluates (core.dialogue brings it there).

Functions for the begin and the end mark, a hook at the next prompt and at the shell's exit, the text itself;
at the end all of it is taken away again. The exit code is in the end mark alone.
"""

from __future__ import annotations

from bridge.core.dialogue import escape
from bridge.core.runscript import Run, display


def script(kind: str, run: Run, word: str, command: str, before: str = "", *, traps: bool = True) -> str:
    """What the shell evaluates; `before` is printed first, and behind it the command as a watcher sees it.

    `traps`: dash and ksh can't tell what they do on exit; whether nothing, so that the end mark may be set there.
    """
    shown = escape(before + display(command) + "\n").decode()
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


# The marks go to the terminal itself; where it has no name there (a bare chroot), to where the shell prompts.
_OPENING = """\
{ __bridge_far_return() { \\return "$1"; }
__bridge_far_put() { { PUT "$1" >/dev/tty; } 2>/dev/null || PUT "$1" >&2; }
__bridge_far_begin() {
  __bridge_far_put SHOWN'\\0033]6973;NONCE;S\\0007'
  \\return "$__bridge_code"
}
__bridge_far_mark() { __bridge_far_put "\\0033\\0134\\0033]6973;NONCE;E;$1\\0007"; }
"""
# Where commands are traced the begin mark is set by the text itself, behind what is told of its sourcing.
_BEGINNING = """\
case $- in
*x*) __bridge_far_text='{ __bridge_far_begin && :; } 2>/dev/null
'$__bridge_far_text ;;
*) __bridge_far_begin ;;
esac
"""
_BASH = (
    _OPENING
    + """\
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
"""
    + _BEGINNING
    + """\
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
)
_ZSH = (
    _OPENING
    + """\
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
"""
    + _BEGINNING
    + """\
[[ -d /dev/fd ]] && \\builtin exec {__bridge_far_file}<<<"${__bridge_far_text%?}"
} 2>/dev/null
case ${__bridge_far_file-} in
?*) { __bridge_far_return "$__bridge_code" && :; } 2>/dev/null
  \\builtin source /dev/fd/$__bridge_far_file ;;
*) { __bridge_far_return "$__bridge_code" && :; } 2>/dev/null
  \\builtin eval "$__bridge_far_text" ;;
esac
{ __bridge_far_finish "$?" && :; } 2>/dev/null
"""
)
# A prompt is the only hook that these have. It runs in a subshell, so after Ctrl-C it stays until the next run.
_PLAIN_SCRIPT = (
    _OPENING
    + """\
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
"""
    + _BEGINNING
    + """\
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
)
_FISH = """\
function __bridge_far_return; return $argv[1]; end
function __bridge_far_put
  begin; builtin printf %b $argv[1] >/dev/tty; end 2>/dev/null; or builtin printf %b $argv[1] >&2
end
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
    "bash": _BASH.replace("PUT", "\\builtin printf %b"),
    "zsh": _ZSH.replace("PUT", "\\builtin printf %b"),
    # dash would tell of a job that has ended in the middle of the output.
    "dash": _PLAIN_SCRIPT.replace("PUT", "\\command printf %b").replace("JOBS", "\\jobs >/dev/null"),
    "ksh": _PLAIN_SCRIPT.replace("PUT", "\\command print -n --").replace("JOBS", ":"),
    "fish": _FISH,
}
