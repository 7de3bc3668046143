#!/bin/sh
# The bash script's commands, answered by bridge: the built file near this one, else the installed one.
# shellcheck disable=SC3013 # every sh has -nt
d=${0%/*}
for f in "$d/bridge.pyz" "$d/../dist/bridge.pyz" ""; do [ -f "$f" ] && break; done
if [ -n "$f" ]; then
  { read -r _; read -r _ b; } <"$f"
  c=${XDG_CACHE_HOME-}
  [ "${c#/}" != "$c" ] || c=${HOME-/nonexistent}/.cache
  c=${BRIDGE_CACHE_DIR:-$c/bridge}/$b
  if [ -z "${BRIDGE_PYTHON-}" ] && [ "${c#/}" != "$c" ] && [ -O "$c" ] &&
    { [ -O /dev/fd/0 ] && read -r p && read -r d; } 2>/dev/null <"$c/python" &&
    [ -x "$p" ] && [ "$c/python" -nt "$p" ] && [ "$c/python" -nt "${p%/*}" ] &&
    [ -f "$d/fast.pyc" ] && [ -r "$d/fast.pyc" ] && [ "$c/python" -nt "$d/fast.pyc" ]; then
    exec "$p" -I -S "$d/fast.pyc" "$f" --script "$@"
  fi
fi
exec "${f:-bridge}" --script "$@"
