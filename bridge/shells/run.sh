{ __bridge_code=$?
\. @hook@
__bridge_run='@nonce@' __bridge_end=@end@ __bridge_go=@go@ PS1=${PS1-}
PS1='$(__bridge_ended)'${PS1#'$(__bridge_ended)'}
\command printf '%s\n\033]6973;%s;S\007' @shown@ @nonce@ >/dev/tty
__bridge_return "$__bridge_code" && :; } 2>/dev/null
\. @text@ <@stdin@
{ __bridge_finish "$?" && :; } 2>/dev/null
