{ FUNCTIONS
__bridge_far_finish() {
  __bridge_far_mark "$1"
  PROMPT_COMMAND=${PROMPT_COMMAND#'__bridge_far_prompt 2>/dev/null && :;'}
  [[ -n $PROMPT_COMMAND ]] || \unset PROMPT_COMMAND
  [[ $(\trap -p EXIT) != *__bridge_far_* ]] || \trap - EXIT
  \unset __bridge __bridge_code __bridge_word __bridge_far_text __bridge_far_way __bridge_far_eval __bridge_far_code
  \unset -f __bridge_far_return __bridge_far_put __bridge_far_begin __bridge_far_mark __bridge_far_prompt
  \unset -f __bridge_far_finish
  \return "$1"
}
__bridge_far_prompt() { __bridge_far_finish "$?"; }
if [[ -o history ]]; then
case $(HISTTIMEFORMAT= \builtin history 1) in *WORD*) \builtin history -d -1 ;; esac
fi
__bridge_far_text=TEXT
PROMPT_COMMAND='__bridge_far_prompt 2>/dev/null && :;'${PROMPT_COMMAND-}
[[ -n $(\trap -p EXIT) ]] || \trap '__bridge_far_mark "$?"' EXIT
__bridge_far_way=source
{ \builtin : </dev/fd/62; } 62<<<: || __bridge_far_way=eval
\builtin unset __bridge_far_code
\builtin jobs -n >&2
BEGIN
} 2>/dev/null
__bridge_far_eval='{ \builtin exec 62<&-
__bridge_far_return "$__bridge_code" "$__bridge_word" && __bridge_far_return 0 "$__bridge_word"; } 2>/dev/null
\builtin eval "$__bridge_far_text"
{ __bridge_far_code=$?; } 2>/dev/null'
case $__bridge_far_way in
source) \. /dev/fd/62 62<<<"$__bridge_far_eval" ;;
*) \builtin eval "$__bridge_far_eval" ;;
esac
{ __bridge_far_finish "${__bridge_far_code-$?}" && :; } 2>/dev/null
