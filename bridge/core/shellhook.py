"""The lines that a shell keeps: functions, and one entry in its prompt hook.

They tell the exit code of every command: the one that a run waits for by an end mark in the terminal's
own stream, and the last one of all in a file of the pane, as `PROMPTS CODE COMMANDS`: an empty line counts as
a prompt, and not as a command. A prompt costs 30 µs more.
Nothing but names that begin with `__bridge_` is set, and none is exported.
"""

from __future__ import annotations

_OSC = "6973"

# `>|` and `>>` are used so that noclobber does not stand in the way. A mark is set only while somebody waits
# for it: while the file is there. A backslash keeps a word from being taken for an alias.
BASH = """\
__bridge_return() { \\return "$1"; }
__bridge_mark() {
  [[ -f $__bridge_end ]] || \\return 0
  \\builtin printf '%s\\n' "$1" >>"$__bridge_end"
  \\builtin printf '\\033\\134\\033]OSC;%s;E;%s\\007' "$__bridge_run" "$1" >/dev/tty
}
__bridge_finish() {
  [[ -z ${__bridge_run-} ]] || __bridge_mark "$1"
  \\unset __bridge_run __bridge_end __bridge_code __bridge_word
  \\return "$1"
}
__bridge_prompt() {
  { \\local code=$?
  [[ -z ${__bridge_run-} ]] || __bridge_finish "$code"
  __bridge_count=$((${__bridge_count-0} + 1))
  \\local number=$__bridge_count
  [[ -z ${__bridge_number-} ]] || number=${__bridge_number@P}
  [[ $$ != "${__bridge_shell-}" ]] ||
    \\builtin printf '%s %s %s\\n' "$__bridge_count" "$code" "$number" >|"$__bridge_last"
  } 2>/dev/null
  \\return "$code"
}
if [[ -z ${__bridge_shell-} ]]; then
  __bridge_shell=$$ __bridge_last='DIRECTORY/'pane-${TMUX_PANE#%}-$$.last
  ((BASH_VERSINFO[0] * 100 + BASH_VERSINFO[1] < 404)) || __bridge_number='\\#'
fi
case " ${PROMPT_COMMAND[*]-} " in
*__bridge_prompt*) ;;
*)
  if [[ $(\\declare -p PROMPT_COMMAND 2>/dev/null) == 'declare -a'* ]]; then
    PROMPT_COMMAND=('__bridge_prompt && :' "${PROMPT_COMMAND[@]}")
  else
    PROMPT_COMMAND='__bridge_prompt && :'${PROMPT_COMMAND:+$'\\n'$PROMPT_COMMAND}
  fi ;;
esac
"""

ZSH = """\
__bridge_return() { \\return "$1"; }
__bridge_mark() {
  [[ -f $__bridge_end ]] || \\return 0
  \\builtin printf '%s\\n' "$1" >>"$__bridge_end"
  \\builtin printf '\\033\\134\\033]OSC;%s;E;%s\\007' "$__bridge_run" "$1" >/dev/tty
}
__bridge_finish() {
  [[ -z ${__bridge_run-} ]] || __bridge_mark "$1"
  \\unset __bridge_run __bridge_end __bridge_code
  \\return "$1"
}
__bridge_prompt() {
  { \\local code=$?
  [[ -z ${__bridge_run-} ]] || __bridge_finish "$code"
  __bridge_count=$((${__bridge_count-0} + 1))
  [[ $$ != "${__bridge_shell-}" ]] ||
    \\builtin printf '%s %s %s\\n' "$__bridge_count" "$code" "${__bridge_number-0}" >|"$__bridge_last"
  } 2>/dev/null
  \\return 0
}
if [[ -z ${__bridge_shell-} ]]; then
  __bridge_shell=$$ __bridge_last='DIRECTORY/'pane-${TMUX_PANE#%}-$$.last
fi
if (( ! ${+precmd_functions} )); then
  precmd_functions=(__bridge_prompt)
elif [[ " ${precmd_functions[*]} " != *' __bridge_prompt '* ]]; then
  precmd_functions=(__bridge_prompt "${precmd_functions[@]}")
fi
__bridge_begin() { __bridge_number=$((${__bridge_number-0} + 1)); }
if (( ! ${+preexec_functions} )); then
  preexec_functions=(__bridge_begin)
elif [[ " ${preexec_functions[*]} " != *' __bridge_begin '* ]]; then
  preexec_functions=(__bridge_begin "${preexec_functions[@]}")
fi
"""

FISH = """\
function __bridge_return; return $argv[1]; end
function __bridge_finish
  if set -q __bridge_run; and test -f $__bridge_end
    builtin printf '%s\\n' $argv[1] >>$__bridge_end
    builtin printf '\\033\\134\\033]OSC;%s;E;%s\\007' $__bridge_run $argv[1] >/dev/tty
  end
  set -e __bridge_run
  set -e __bridge_end
  set -e __bridge_code
  return $argv[1]
end
function __bridge_prompt --on-event fish_postexec
  set -l code $status
  set -q __bridge_run; and __bridge_finish $code
  set -g __bridge_count (math $__bridge_count + 1)
  test $fish_pid = $__bridge_shell
  and builtin printf '%s %s %s\\n' $__bridge_count $code $__bridge_count >$__bridge_last
  return $code
end
if not set -q __bridge_shell
  set -g __bridge_count 0
  set -g __bridge_shell $fish_pid
  set -g __bridge_last 'DIRECTORY/'pane-(string replace -- % '' $TMUX_PANE)-$fish_pid.last
end
"""

PLAIN = """\
__bridge_return() { \\return "$1"; }
__bridge_mark() {
  [ -f "$__bridge_end" ] || \\return 0
  \\command printf '%s\\n' "$1" >>"$__bridge_end"
  \\command printf '\\033\\134\\033]OSC;%s;E;%s\\007' "$__bridge_run" "$1" >/dev/tty
}
__bridge_ended() { { __bridge_mark "$?"; } 2>/dev/null; }
__bridge_finish() {
  __bridge_mark "$1"
  PS1=${PS1#'$(__bridge_ended)'}
  \\unset __bridge_run __bridge_end __bridge_code __bridge_text
  \\return "$1"
}
"""

_TEXTS = {"bash": BASH, "zsh": ZSH, "fish": FISH, "dash": PLAIN, "ksh": PLAIN}


def hook(shell: str, directory: str) -> str:
    """The lines for this shell; `directory` is where the panes' files of last codes are."""
    escape = directory.replace("\\", "\\\\").replace("'", "\\'") if shell == "fish" else directory.replace("'", "'\\''")
    return _TEXTS[shell].replace("OSC", _OSC).replace("DIRECTORY", escape)


_START_BASH = """\
__bridge_start() {
  \\local part at
  for at in "${!PROMPT_COMMAND[@]}"; do
    part=${PROMPT_COMMAND[at]//"$1"/:}
    PROMPT_COMMAND[at]=$part
  done
  [[ ${PROMPT_COMMAND[*]} != : ]] || \\unset PROMPT_COMMAND
  \\export -n PROMPT_COMMAND
  \\unset -f __bridge_start
}
__bridge_start "\\. 'PLACE/start.bash'"
\\. 'PLACE/hook.bash'
"""

_START_ZSH = """\
if [[ -n ${__bridge_zdotdir-} ]]; then
  export ZDOTDIR=$__bridge_zdotdir
else
  unset ZDOTDIR
fi
unset __bridge_zdotdir
if [[ -o interactive ]]; then
  . 'PLACE/hook.zsh'
  __bridge_history() { setopt local_options no_err_exit no_err_return; [[ $1 != " \\\\. '"*'/run/runs/'*".sh'"* ]]; }
  zshaddhistory_functions=(__bridge_history)
fi
if [[ -f ${ZDOTDIR:-$HOME}/.zshenv ]]; then
  . "${ZDOTDIR:-$HOME}/.zshenv"
fi
"""

_START_FISH = """\
if set -q __bridge_data_dirs
  if test -n "$__bridge_data_dirs"
    set -gx XDG_DATA_DIRS (string split : -- $__bridge_data_dirs)
    set -gx --path XDG_DATA_DIRS $XDG_DATA_DIRS
  else
    set -e XDG_DATA_DIRS
  end
  set -e __bridge_data_dirs
  status is-interactive; and source 'PLACE/hook.fish'
end
"""


def start_files(place: str, directory: str) -> dict[str, str]:
    """The files below `place` that lead a new shell to its hook, by name, and the hooks themselves."""
    quoted = place.replace("'", "'\\''")
    fish = place.replace("\\", "\\\\").replace("'", "\\'")
    return {
        "hook.bash": hook("bash", directory),
        "hook.zsh": hook("zsh", directory),
        "hook.fish": hook("fish", directory),
        "start.bash": _START_BASH.replace("PLACE", quoted),
        "zsh/.zshenv": _START_ZSH.replace("PLACE", quoted),
        "fish/vendor_conf.d/bridge.fish": _START_FISH.replace("PLACE", fish),
    }
