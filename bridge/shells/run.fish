set -g __bridge_code $status
builtin source @hook@
set -g __bridge_run @nonce@
set -g __bridge_end @end@
builtin printf '%s\n\033]6973;%s;S\007' @shown@ @nonce@ >/dev/tty
__bridge_return $__bridge_code
builtin source @text@ <@stdin@
__bridge_finish $status
