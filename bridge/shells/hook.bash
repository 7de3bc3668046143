__bridge_return() { \return "$1"; }
__bridge_mark() {
  [[ -f $__bridge_end ]] || \return 0
  \builtin trap '' XFSZ
  \builtin printf '%s\n' "$1" >>"$__bridge_end"
  \builtin trap - XFSZ
  \builtin printf '\033\134\033]OSC;%s;E;%s\007' "$__bridge_run" "$1" >/dev/tty
}
__bridge_finish() {
  [[ -z ${__bridge_run-} ]] || __bridge_mark "$1"
  \unset __bridge_run __bridge_end __bridge_code __bridge_word
  \return "$1"
}
__bridge_prompt() {
  { \local code=$?
  \builtin trap '' XFSZ
  [[ -z ${__bridge_run-} ]] || __bridge_finish "$code"
  __bridge_count=$((${__bridge_count-0} + 1))
  __bridge_line=${1-}
  \local number=$__bridge_count
  [[ -z ${__bridge_number-} ]] || number=${__bridge_number@P}
  [[ -e $__bridge_last || $$ != "${__bridge_shell-}" ]] || (\umask 077; : >|"$__bridge_last")
  [[ $$ != "${__bridge_shell-}" ]] ||
    \builtin printf '%s %s %s\n' "$__bridge_count" "$code" "$number" >|"$__bridge_last"
  \builtin trap - XFSZ
  [[ ${PS0-} == *'BEGINS'* ]] || PS0='BEGINS'${PS0-}
  } >/dev/null 2>&1
  \return "$code"
}
__bridge_ready() {
  { \local part lines=0 end='""' map
  for part in "${PROMPT_COMMAND[@]}"; do
    [[ $part == *__bridge_prompt* ]] || \continue
    part=${part%%__bridge_prompt*} part=${part//[!$'\n']}
    lines=${#part}
  done
  if [[ -e $__bridge_go && $1 == "$((__bridge_line + 1 - lines))" ]]; then
    READLINE_LINE='TYPED' READLINE_POINT=0 end=accept-line
  fi
  for map in emacs-standard vi-insert vi-command; do
    \builtin bind -m "$map" '"\e[OSC;3~": '"$end"
  done
  } >/dev/null 2>&1
}
__bridge_bind() {
  \local map
  for map in emacs-standard vi-insert vi-command; do
    \builtin bind -m "$map" '"\C-^": kill-whole-line'
    \builtin bind -m "$map" '"\e[OSC;1~": "\e[OSC;2~\e[OSC;3~"'
    \builtin bind -m "$map" -x '"\e[OSC;2~": __bridge_ready "${LINENO-}"'
    \builtin bind -m "$map" '"\e[OSC;3~": ""'
  done
}
if [[ -z ${__bridge_go-} ]]; then
  __bridge_shell=$$ __bridge_last='DIRECTORY/'pane-${TMUX_PANE#%}-$$.last
  __bridge_go=${__bridge_last%last}run
  [[ ! -o emacs && ! -o vi ]] || __bridge_bind 2>/dev/null
  ((BASH_VERSINFO[0] * 100 + BASH_VERSINFO[1] < 404)) || __bridge_number='\#'
fi
case " ${PROMPT_COMMAND[*]-} " in
*__bridge_prompt*) ;;
*)
  if [[ $(\declare -p PROMPT_COMMAND 2>/dev/null) == 'declare -a'* ]]; then
    PROMPT_COMMAND=('__bridge_prompt "${LINENO-}" && :' "${PROMPT_COMMAND[@]}")
  else
    PROMPT_COMMAND='__bridge_prompt "${LINENO-}" && :'${PROMPT_COMMAND:+$'\n'$PROMPT_COMMAND}
  fi ;;
esac
