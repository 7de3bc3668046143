function __bridge_return; return $argv[1]; end
function __bridge_finish
  if set -q __bridge_run; and test -f $__bridge_end
    test (builtin ulimit -f) = 0; or builtin printf '%s\n' $argv[1] >>$__bridge_end
    builtin printf '\033\134\033]OSC;%s;E;%s\007' $__bridge_run $argv[1] >/dev/tty
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
  and builtin printf '%s %s %s\n' $__bridge_count $code $__bridge_count >$__bridge_last
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
    bind -M $mode \x1e cancel kill-whole-line
    bind -M $mode \e\[OSC\;1~ __bridge_ready
  end
end
if not set -q __bridge_go
  set -g __bridge_count 0
  set -g __bridge_shell $fish_pid
  set -g __bridge_last 'DIRECTORY/'pane-(string replace -- % '' $TMUX_PANE)-$fish_pid.last
  set -g __bridge_go (string replace -r 'last$' run $__bridge_last)
  __bridge_bind
end
