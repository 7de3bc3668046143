#!/bin/sh
# The bash script's commands, answered by bridge: the built file near this one, else the installed one.
d=${0%/*}
for f in "$d/bridge.pyz" "$d/../dist/bridge.pyz" ""; do [ -f "$f" ] && break; done
if [ -n "$f" ]; then
  { read -r _; read -r _ b; } <"$f"
  c=${BRIDGE_CACHE_DIR:-${XDG_CACHE_HOME:-${HOME-/nonexistent}/.cache}/bridge}/$b
  if [ -z "${BRIDGE_PYTHON-}" ] && { read -r p && read -r d; } 2>/dev/null <"$c/python" && [ -x "$p" ]; then
    exec "$p" -I -S "$d/fast.pyc" "$f" --script "$@"
  fi
fi
exec "${f:-bridge}" --script "$@"
