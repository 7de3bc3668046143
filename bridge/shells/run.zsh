{ { __bridge_code=$?
\. @hook@
__bridge_run='@nonce@' __bridge_end=@end@
\builtin printf '%s\n' @shown@ >/dev/tty
if [[ -o xtrace || -o verbose ]]; then
__bridge_text='{ __bridge_open "$__bridge_code" && :; } >/dev/null 2>&1
'$(<@text@)
else
\builtin printf "\033]6973;%s;S\007" @nonce@ >/dev/tty
fi
__bridge_return "$__bridge_code" && :; } >/dev/null 2>&1
case ${__bridge_text-} in
'') \. @text@ ;;
*) \builtin eval "$__bridge_text" ;;
esac <@stdin@
{ __bridge_finish "$?" && :; } >/dev/null 2>&1
}
