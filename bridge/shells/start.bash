__bridge_start() {
  \local part at
  for at in "${!PROMPT_COMMAND[@]}"; do
    part=${PROMPT_COMMAND[at]//"$1; $2"/:}
    PROMPT_COMMAND[at]=$part
  done
  [[ ${PROMPT_COMMAND[*]} != : ]] || \unset PROMPT_COMMAND
  \export -n PROMPT_COMMAND
  \unset -f __bridge_start
}
__bridge_start '__bridge_line=${LINENO-}' TEXT
\. 'PLACE/hook.bash'
__bridge_prompt "$__bridge_line"
