"""The flow that the bash script was first written for, through its shim, as a caller with jq runs it."""

from __future__ import annotations

import shutil

import pytest
from conftest import ROOT

SHIM = ROOT / "compat" / "claude-tmux-bridge.sh"

# Every answer is taken apart by jq alone; the first step that is not as it should be ends the script.
FLOW = r"""
set -euo pipefail

step() { current=$1; echo "step: $1"; }
fail() { echo "step '$current': $1" >&2; exit 1; }
call() { answer=$("$SHIM" "$@" 2>>human.log) || fail "$* ended with $?: $answer"; }
field() { jq -r "$1" <<<"$answer"; }
is() { local got; got=$(field "$1"); [ "$got" = "$2" ] || fail "$1 is '$got' instead of '$2' in $answer"; }
text() { is '.output | rtrimstr("\n")' "$1"; is '.output | endswith("\n")' true; }
succeeded() { is .status success; is 'keys_unsorted | join(" ")' 'status command session pane_id output timestamp'; }

step 'a session'
call session-create poc
succeeded
is .command session-create
is .session poc
is .pane_id 0
is '.timestamp | test("^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:]{8}Z$")' true
grep -q '\[SUCCESS\].*created' human.log || fail 'no human line'

step 'three more panes'
number=1
for label in server tests monitor; do
  call pane-create poc "$label"
  succeeded
  is .pane_id "$number"
  text "Pane created with label: $label"
  number=$((number + 1))
done
call pane-count poc
[ "$(field .output | tr -d '\n')" = 4 ] || fail "not 4 panes: $answer"
call pane-find poc tests
is .pane_id 2
jq -e '[.panes[].label] == ["main", "server", "tests", "monitor"]' "$BRIDGE_STATES_DIR/poc.state" >/dev/null \
  || fail 'the state file has other labels'

step 'a server loop'
call pane-exec poc 1 'while sleep 0.1; do echo "request $((n += 1)) served" | tee -a server.log; done'
succeeded
call pane-watch-timeout poc 1 'request [0-9]+ served$' 20
succeeded
"$SHIM" pane-is-running poc 1 >running.json 2>>human.log || fail 'the server loop is not running'
[ "$(jq -r '.output | rtrimstr("\n")' running.json)" = true ] || fail 'a running loop is called idle'

step 'a monitor'
call pane-exec poc 3 'tail -f server.log'
call pane-watch-timeout poc 3 'request [0-9]+ served$' 20
succeeded

step 'tests that fail'
cat >tests.sh <<'TESTS'
echo "parse ok"
sleep 0.3
read -r total <total
if [ "$total" = 6 ]; then echo "total ok, $total"; else echo "total FAILED: expected 6, got $total"; fi
TESTS
echo 5 >total
call pane-exec poc 2 'sh tests.sh'
succeeded
text 'Command: sh tests.sh'
call pane-wait poc 2 20
succeeded
is '.output | test("^Pane completed after [0-9]+s\n$")' true
status=0
"$SHIM" pane-is-running poc 2 >running.json 2>>human.log || status=$?
[ "$status" = 1 ] || fail "an idle pane ends pane-is-running with $status"
[ "$(jq -r .status running.json)" = success ] || fail 'idle is no failure'

step 'capture'
call pane-capture poc 2 50
succeeded
is .pane_id 2
is '.output | contains("parse ok") and contains("total FAILED")' true
"$SHIM" pane-capture poc 2 50 2>>human.log | grep -q 'total FAILED' || fail 'the capture is not on one line'
call pane-watch poc 2 'FAILED'
succeeded
text 'total FAILED: expected 6, got 5'

step 'react to FAILED'
answer=$("$SHIM" pane-has-pattern poc 2 '^total FAILED' 2>&1 >/dev/null) || fail 'FAILED is not found'
succeeded
text true
call pane-create-with-layout poc debug tiled
succeeded
is .pane_id 4
call pane-metadata-set poc 4 reason 'total FAILED'
succeeded
call pane-metadata-get poc 4 reason
text 'total FAILED'
call pane-exec-timeout poc 4 20 'echo 6 >total'
succeeded
text 'Completed in time'
call pane-exec-timeout poc 2 20 'sh tests.sh'
succeeded
call pane-watch poc 2 '^total ok, 6$'
text 'total ok, 6'

step 'list'
call pane-list-json poc
succeeded
is '.output | length' 5
is '[.output[].pane_id] | join(" ")' '0 1 2 3 4'
is '[.output[].is_running | tostring] | join(" ")' 'false true false true false'
call pane-list-detailed poc
is '[.output[].label] | join(" ")' 'main server tests monitor debug'
is '.output[4].metadata.reason' 'total FAILED'
"$SHIM" session-list >list.txt 2>>human.log
grep -qx '  - poc' list.txt || fail 'no plain line of the session'
answer=$(sed -n '/^{/,$p' list.txt)
succeeded
text poc

step 'kill'
call pane-kill poc 4
succeeded
call pane-count poc
text 4
status=0
answer=$("$SHIM" pane-kill poc 4 2>>human.log) || status=$?
[ "$status" = 1 ] || fail "a missing pane ends pane-kill with $status"
is .status error
text 'Pane not found'
call session-kill poc
succeeded
[ ! -e "$BRIDGE_STATES_DIR/poc.state" ] || fail 'the state file is still there'
call session-list
text 'No sessions'
step 'done'
"""


@pytest.mark.skipif(shutil.which("jq") is None, reason="jq IS NOT INSTALLED: the script's own flow is not tested here")
def test_original_flow_through_the_shim(box):
    script = box.work / "flow.sh"
    script.write_text(FLOW)
    done = box.call(["bash", script], env={"SHIM": str(SHIM)}, timeout=120)
    assert done.status == 0, done.stdout + done.stderr + (box.work / "human.log").read_text()
    assert done.stdout.splitlines()[-1] == "step: done"
