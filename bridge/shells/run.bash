{ { __bridge_code=$? __bridge_word=$_
\. @hook@
if [[ -o history ]]; then
case $(HISTTIMEFORMAT= \builtin history 1) in *'/@id@.sh'* | *'"$__bridge_go"'*) \builtin history -d -1 ;; esac
fi
__bridge_run='@nonce@' __bridge_end=@end@
\builtin jobs -n >/dev/tty
\builtin printf '%s\n' @shown@ >/dev/tty
case $- in
*[vxT]*)
__bridge_text=$(<@text@)
\builtin printf '%s\n' '{ \builtin printf "\033]6973;%s;S\007" @nonce@ >/dev/tty; __bridge_return "$__bridge_code" "$__bridge_word" && __bridge_return 0 "$__bridge_word"; } >/dev/null 2>&1' "$__bridge_text" >|@text@
\unset __bridge_text ;;
*) \builtin printf "\033]6973;%s;S\007" @nonce@ >/dev/tty ;;
esac
__bridge_return "$__bridge_code" "$__bridge_word" && __bridge_return 0 "$__bridge_word"; } >/dev/null 2>&1
\. @text@ <@stdin@
{ __bridge_finish "$?" && :; } >/dev/null 2>&1
}
