function __bridge_far_return; return $argv[1]; end
function __bridge_far_put
  begin; builtin printf %b $argv[1] >/dev/tty; end 2>/dev/null; or builtin printf %b $argv[1] >&2
end
function __bridge_far_finish
  __bridge_far_put '\0033\0134\0033]6973;NONCE;E;'$argv[1]'\0007'
  set -e __bridge __bridge_in __bridge_code __bridge_far_text
  functions -e __bridge_far_return __bridge_far_put __bridge_far_prompt __bridge_far_exit __bridge_far_finish
  return $argv[1]
end
function __bridge_far_prompt --on-event fish_postexec; __bridge_far_finish $status; end
function __bridge_far_exit --on-event fish_exit; __bridge_far_finish $status; end
set -g __bridge_far_text TEXT
__bridge_far_put SHOWN'\0033]6973;NONCE;S\0007'
__bridge_far_return $__bridge_code
eval $__bridge_far_text
__bridge_far_finish $status
