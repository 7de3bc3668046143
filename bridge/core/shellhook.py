"""The lines that a shell keeps: functions, and one entry in its prompt hook.

They tell the exit code of every command: the one that a run waits for by an end mark in the terminal's
own stream, and the last one of all in a file of the pane, as `PROMPTS CODE COMMANDS`: an empty line counts as
a prompt, and not as a command. A prompt costs 30 µs more.
Nothing but names that begin with `__bridge_` is set, and none is exported.
"""

from __future__ import annotations

_OSC = "6973"
_BEGINS = "\\033]OSC;C\\007"  # as printf and PS0 take it; core.marks reads it
# What our keys do in a line editor, in any of its modes. The first three end whatever waits for a key (an operator,
# a search, a quoted key); each is one byte, so that nothing takes a part of it. The last gives the shell the line
# that it is to run. Enter is never pressed, so where a shell does not know these keys nothing is run.
KEYS = f"\x1e\x1e\x1e\x1b[{_OSC};1~"

# `>|` and `>>` are used so that noclobber does not stand in the way. A mark is set only while somebody waits
# for it: while the file is there. A backslash keeps a word from being taken for an alias.
# Where no file may grow (ulimit -f 0), the signal XFSZ would end the shell that tries it.
BASH = """\
__bridge_return() { \\return "$1"; }
__bridge_mark() {
  [[ -f $__bridge_end ]] || \\return 0
  \\builtin trap '' XFSZ
  \\builtin printf '%s\\n' "$1" >>"$__bridge_end"
  \\builtin trap - XFSZ
  \\builtin printf '\\033\\134\\033]OSC;%s;E;%s\\007' "$__bridge_run" "$1" >/dev/tty
}
__bridge_finish() {
  [[ -z ${__bridge_run-} ]] || __bridge_mark "$1"
  \\unset __bridge_run __bridge_end __bridge_code __bridge_word
  \\return "$1"
}
__bridge_prompt() {
  { \\local code=$?
  \\builtin trap '' XFSZ
  [[ -z ${__bridge_run-} ]] || __bridge_finish "$code"
  __bridge_count=$((${__bridge_count-0} + 1))
  __bridge_line=${1-}
  \\local number=$__bridge_count
  [[ -z ${__bridge_number-} ]] || number=${__bridge_number@P}
  [[ -e $__bridge_last || $$ != "${__bridge_shell-}" ]] || (\\umask 077; : >|"$__bridge_last")
  [[ $$ != "${__bridge_shell-}" ]] ||
    \\builtin printf '%s %s %s\\n' "$__bridge_count" "$code" "$number" >|"$__bridge_last"
  \\builtin trap - XFSZ
  [[ ${PS0-} == *'BEGINS'* ]] || PS0='BEGINS'${PS0-}
  } >/dev/null 2>&1
  \\return "$code"
}
__bridge_ready() {
  { \\local part lines=0 end='""' map
  for part in "${PROMPT_COMMAND[@]}"; do
    [[ $part == *__bridge_prompt* ]] || \\continue
    part=${part%%__bridge_prompt*} part=${part//[!$'\\n']}
    lines=${#part}
  done
  if [[ -e $__bridge_go && $1 == "$((__bridge_line + 1 - lines))" ]]; then
    READLINE_LINE='TYPED' READLINE_POINT=0 end=accept-line
  fi
  for map in emacs-standard vi-insert vi-command; do
    \\builtin bind -m "$map" '"\\e[OSC;3~": '"$end"
  done
  } >/dev/null 2>&1
}
__bridge_bind() {
  \\local map
  for map in emacs-standard vi-insert vi-command; do
    \\builtin bind -m "$map" '"\\C-^": kill-whole-line'
    \\builtin bind -m "$map" '"\\e[OSC;1~": "\\e[OSC;2~\\e[OSC;3~"'
    \\builtin bind -m "$map" -x '"\\e[OSC;2~": __bridge_ready "${LINENO-}"'
    \\builtin bind -m "$map" '"\\e[OSC;3~": ""'
  done
}
if [[ -z ${__bridge_go-} ]]; then
  __bridge_shell=$$ __bridge_last='DIRECTORY/'pane-${TMUX_PANE#%}-$$.last
  __bridge_go=${__bridge_last%last}run
  [[ ! -o emacs && ! -o vi ]] || __bridge_bind 2>/dev/null
  ((BASH_VERSINFO[0] * 100 + BASH_VERSINFO[1] < 404)) || __bridge_number='\\#'
fi
case " ${PROMPT_COMMAND[*]-} " in
*__bridge_prompt*) ;;
*)
  if [[ $(\\declare -p PROMPT_COMMAND 2>/dev/null) == 'declare -a'* ]]; then
    PROMPT_COMMAND=('__bridge_prompt "${LINENO-}" && :' "${PROMPT_COMMAND[@]}")
  else
    PROMPT_COMMAND='__bridge_prompt "${LINENO-}" && :'${PROMPT_COMMAND:+$'\\n'$PROMPT_COMMAND}
  fi ;;
esac
"""

ZSH = """\
__bridge_return() { \\return "$1"; }
__bridge_open() {
  \\builtin setopt local_options no_xtrace
  \\builtin printf '\\033]OSC;%s;S\\007' "$__bridge_run" >/dev/tty
  \\return "$1"
}
__bridge_mark() {
  [[ -f $__bridge_end ]] || \\return 0
  \\builtin trap '' XFSZ
  \\builtin printf '%s\\n' "$1" >>"$__bridge_end"
  \\builtin trap - XFSZ
  \\builtin printf '\\033\\134\\033]OSC;%s;E;%s\\007' "$__bridge_run" "$1" >/dev/tty
}
__bridge_finish() {
  [[ -z ${__bridge_run-} ]] || __bridge_mark "$1"
  \\unset __bridge_run __bridge_end __bridge_code __bridge_text
  \\return "$1"
}
__bridge_prompt() {
  { \\local code=$?
  \\builtin trap '' XFSZ
  [[ -z ${__bridge_run-} ]] || __bridge_finish "$code"
  __bridge_count=$((${__bridge_count-0} + 1))
  [[ -e $__bridge_last || $$ != "${__bridge_shell-}" ]] || (\\umask 077; : >|"$__bridge_last")
  [[ $$ != "${__bridge_shell-}" ]] ||
    \\builtin printf '%s %s %s\\n' "$__bridge_count" "$code" "${__bridge_number-0}" >|"$__bridge_last"
  \\builtin trap - XFSZ
  ((__bridge_count > 3)) || __bridge_bind
  } 2>/dev/null
  \\return 0
}
__bridge_rest() { :; }
__bridge_ready() {
  { [[ -e $__bridge_go && -z ${PREBUFFER-} ]] || \\return 0
  REGION_ACTIVE=0 MARK=0
  [[ -z $BUFFER ]] || \\builtin zle .push-line
  BUFFER='TYPED'
  \\builtin zle .accept-line
  } 2>/dev/null
}
__bridge_bind() {
  \\local map
  \\builtin zle -N __bridge_rest
  \\builtin zle -N __bridge_ready
  for map in emacs viins vicmd; do
    \\builtin bindkey -M "$map" '^^' __bridge_rest
    \\builtin bindkey -M "$map" '^[[OSC;1~' __bridge_ready
  done
  \\builtin bindkey -M command '^^' send-break
}
if [[ -z ${__bridge_go-} ]]; then
  __bridge_shell=$$ __bridge_last='DIRECTORY/'pane-${TMUX_PANE#%}-$$.last
  __bridge_go=${__bridge_last%last}run
fi
if (( ! ${+precmd_functions} )); then
  precmd_functions=(__bridge_prompt)
elif [[ " ${precmd_functions[*]} " != *' __bridge_prompt '* ]]; then
  precmd_functions=(__bridge_prompt "${precmd_functions[@]}")
fi
__bridge_begin() {
  __bridge_number=$((${__bridge_number-0} + 1))
  \\builtin printf 'BEGINS' >/dev/tty
} 2>/dev/null
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
    test (builtin ulimit -f) = 0; or builtin printf '%s\\n' $argv[1] >>$__bridge_end
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
  if not test -e $__bridge_last; and test $fish_pid = $__bridge_shell
    set -l mask (umask)
    umask 077
    builtin printf '' >$__bridge_last
    umask $mask
  end
  test $fish_pid = $__bridge_shell; and test (builtin ulimit -f) != 0
  and builtin printf '%s %s %s\\n' $__bridge_count $code $__bridge_count >$__bridge_last
  return $code
end
function __bridge_ready
  test -e $__bridge_go; or return
  commandline -r 'TYPED'
  test "$fish_key_bindings" = fish_vi_key_bindings; and set fish_bind_mode insert
  commandline -f execute
end
function __bridge_begin --on-event fish_preexec
  builtin printf 'BEGINS' >/dev/tty
end
function __bridge_bind --on-variable fish_key_bindings
  for mode in default insert visual replace replace_one
    bind -M $mode \\x1e cancel kill-whole-line
    bind -M $mode \\e\\[OSC\\;1~ __bridge_ready
  end
end
if not set -q __bridge_go
  set -g __bridge_count 0
  set -g __bridge_shell $fish_pid
  set -g __bridge_last 'DIRECTORY/'pane-(string replace -- % '' $TMUX_PANE)-$fish_pid.last
  set -g __bridge_go (string replace -r 'last$' run $__bridge_last)
  __bridge_bind
end
"""

PLAIN = """\
__bridge_return() { \\return "$1"; }
__bridge_mark() {
  [ -f "$__bridge_end" ] || \\return 0
  \\command trap '' XFSZ
  \\command printf '%s\\n' "$1" >>"$__bridge_end"
  \\command trap - XFSZ
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
    text = _TEXTS[shell].replace("TYPED", typed_line(shell)).replace("BEGINS", _BEGINS)
    text = text.replace("OSC", _OSC)
    return text.replace("DIRECTORY", escape)


def typed_line(shell: str) -> str:
    """The line that our keys have a shell run; it is what a watcher sees, and kept out of the history."""
    return f' {"builtin source" if shell == "fish" else chr(92) + "."} "$__bridge_go"'


_START_BASH = """\
__bridge_start() {
  \\local part at
  for at in "${!PROMPT_COMMAND[@]}"; do
    part=${PROMPT_COMMAND[at]//"$1; $2"/:}
    PROMPT_COMMAND[at]=$part
  done
  [[ ${PROMPT_COMMAND[*]} != : ]] || \\unset PROMPT_COMMAND
  \\export -n PROMPT_COMMAND
  \\unset -f __bridge_start
}
__bridge_start '__bridge_line=${LINENO-}' TEXT
\\. 'PLACE/hook.bash'
__bridge_prompt "$__bridge_line"
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
  __bridge_history() {
    setopt local_options no_err_exit no_err_return
    [[ $1 != " \\\\. '"*'/run/runs/'*".sh'"* && $1 != 'TYPED'* ]]
  }
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
        "start.bash": _START_BASH.replace("TEXT", _word(f"\\. '{quoted}/start.bash'")).replace("PLACE", quoted),
        "zsh/.zshenv": _START_ZSH.replace("PLACE", quoted).replace("TYPED", typed_line("zsh")),
        "fish/vendor_conf.d/bridge.fish": _START_FISH.replace("PLACE", fish),
    }


def _word(text: str) -> str:
    """A text as one word of a shell, in which nothing is expanded."""
    return "'" + text.replace("'", "'\\''") + "'"
