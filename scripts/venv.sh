#!/bin/sh
# Make a virtual environment: venv.sh PYTHON DIRECTORY [PACKAGE…]; without packages the one that developers work in.
set -eu
python=$1
directory=$2
shift 2
if ! "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
  for python in python3.14 python3.13 python3.12 python3.11 ""; do
    [ -n "$python" ] && "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && break
  done
fi
[ -n "$python" ] || { echo "bridge needs CPython 3.11 or newer; name one: make PYTHON=/path/to/python3 …" >&2; exit 1; }
# A plain path and no import hook: the hook alone would cost each Python that a test starts 30 ms.
[ "$#" -gt 0 ] || set -- --config-settings editable_mode=compat --editable ".[dev]"
"$python" -m venv "$directory" || { echo "no venv module: apt install python3-venv" >&2; exit 1; }
"$directory/bin/python" -m pip install --quiet --disable-pip-version-check "$@"
touch "$directory/.ready"
