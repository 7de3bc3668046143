__bridge_return() { \return "$1"; }
__bridge_open() {
  \builtin setopt local_options no_xtrace
  \builtin printf '\033]OSC;%s;S\007' "$__bridge_run" >/dev/tty
  \return "$1"
}
__bridge_mark() {
  [[ -f $__bridge_end ]] || \return 0
  \builtin trap '' XFSZ
  \builtin printf '%s\n' "$1" >>"$__bridge_end"
  \builtin trap - XFSZ
  \builtin printf '\033\134\033]OSC;%s;E;%s\007' "$__bridge_run" "$1" >/dev/tty
}
__bridge_finish() {
  [[ -z ${__bridge_run-} ]] || __bridge_mark "$1"
  \unset __bridge_run __bridge_end __bridge_code __bridge_text
  \return "$1"
}
__bridge_prompt() {
  { \local code=$?
  \builtin trap '' XFSZ
  [[ -z ${__bridge_run-} ]] || __bridge_finish "$code"
  __bridge_count=$((${__bridge_count-0} + 1))
  [[ -e $__bridge_last || $$ != "${__bridge_shell-}" ]] || (\umask 077; : >|"$__bridge_last")
  [[ $$ != "${__bridge_shell-}" ]] ||
    \builtin printf '%s %s %s\n' "$__bridge_count" "$code" "${__bridge_number-0}" >|"$__bridge_last"
  \builtin trap - XFSZ
  ((__bridge_count > 3)) || __bridge_bind
  } 2>/dev/null
  \return 0
}
__bridge_rest() { :; }
__bridge_ready() {
  { [[ -e $__bridge_go && -z ${PREBUFFER-} ]] || \return 0
  REGION_ACTIVE=0 MARK=0
  [[ -z $BUFFER ]] || \builtin zle .push-line
  BUFFER='TYPED'
  \builtin zle .accept-line
  } 2>/dev/null
}
__bridge_bind() {
  \local map
  \builtin zle -N __bridge_rest
  \builtin zle -N __bridge_ready
  for map in emacs viins vicmd; do
    \builtin bindkey -M "$map" '^^' __bridge_rest
    \builtin bindkey -M "$map" '^[[OSC;1~' __bridge_ready
  done
  \builtin bindkey -M command '^^' send-break
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
  \builtin printf 'BEGINS' >/dev/tty
} 2>/dev/null
if (( ! ${+preexec_functions} )); then
  preexec_functions=(__bridge_begin)
elif [[ " ${preexec_functions[*]} " != *' __bridge_begin '* ]]; then
  preexec_functions=(__bridge_begin "${preexec_functions[@]}")
fi
