#!/bin/sh
# The daemon script's verbs, answered by bridge in the script's plain lines: the built file near this one, else the installed one.
d=${0%/*}
for f in "$d/bridge.pyz" "$d/../dist/bridge.pyz" bridge; do [ -f "$f" ] && break; done
exec "$f" --quiet daemon-script -- "$@"
