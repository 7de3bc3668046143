#!/bin/sh
# The daemon script's verbs, answered by bridge: the built file near this one, else the installed one.
d=${0%/*}
for f in "$d/bridge.pyz" "$d/../dist/bridge.pyz" bridge; do [ -f "$f" ] && break; done
case ${1-help} in
help | --help | -h) exec "$f" --script help ;;
esac
v=$1
shift
exec "$f" --script "daemon-$v" "$@"
