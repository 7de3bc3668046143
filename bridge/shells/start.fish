if set -q __bridge_data_dirs
  if test -n "$__bridge_data_dirs"
    set -gx XDG_DATA_DIRS (string split : -- $__bridge_data_dirs)
    set -gx --path XDG_DATA_DIRS $XDG_DATA_DIRS
  else
    set -e XDG_DATA_DIRS
  end
  set -e __bridge_data_dirs
  status is-interactive; and source 'PLACE/hook.fish'
end
