#!/bin/sh
# A small job, done through bridge in real tmux panes: run the tests, read what FAILED, fix it, run them again.
# BRIDGE is the built file. The tmux server, its state and all files are private and removed at the end.
set -eu

BRIDGE=${BRIDGE:-$(dirname "$0")/../dist/bridge.pyz}
case $BRIDGE in
/*) ;;
*/*) BRIDGE=$PWD/$BRIDGE ;;
esac
tmux=${BRIDGE_TMUX:-tmux}

# --- what a person sees -------------------------------------------------------------------------------------------

bold='' red='' green='' dim='' plain=''
if [ -t 1 ] && [ -z "${NO_COLOR-}" ]; then
  bold=$(printf '\033[1m') red=$(printf '\033[31m') green=$(printf '\033[32m') dim=$(printf '\033[2m') plain=$(printf '\033[0m')
fi

now() { # milliseconds; whole seconds where date knows no more
  case $(date +%s%N) in
  *[!0-9]*) echo "$(date +%s)000" ;;
  *) echo "$(($(date +%s%N) / 1000000))" ;;
  esac
}

tenths() { printf '%d.%d' $(($1 / 1000)) $(($1 % 1000 / 100)); }

heading() { printf '\n%s%5s s%s  %s%s%s\n' "$dim" "$(tenths $(($(now) - began)))" "$plain" "$bold" "$1" "$plain"; }

say() { printf '         %s\n' "$1"; }

quote() { sed -e "s/FAILED/${red}FAILED${plain}/" -e "s/ ok\$/ ${green}ok${plain}/" -e "s/^/         ${dim}|${plain} /"; }

# --- what a program does: one call, one answer, the fields out of it ---------------------------------------------

die() {
  printf '%sdemo: %s%s\n' "$red" "$1" "$plain" >&2
  exit 1
}

ask() { # call bridge; the answer is kept for get; anything but a success ends the demo
  answer=$("$BRIDGE" --quiet --compact "$@") || [ "$1" = pane-has-pattern ] || die "$1 failed: $answer"
  [ "$(get status)" = success ] || die "$1 failed: $answer"
}

if command -v jq >/dev/null 2>&1; then
  get() { printf '%s\n' "$answer" | jq -r --arg key "$1" '.[$key] | if type == "array" then .[] else . end'; }
else
  get() {
    printf '%s\n' "$answer" | "${BRIDGE_PYTHON:-python3}" -c '
import json, sys
value = json.load(sys.stdin)[sys.argv[1]]
for item in value if isinstance(value, list) else [value]:
    print(item if isinstance(item, str) else json.dumps(item))' "$1"
  }
fi

# --- a place of our own ------------------------------------------------------------------------------------------

cleanup() {
  [ -d "$place" ] || return 0
  cd /
  "$tmux" kill-server 2>/dev/null || :
  tries=0
  while [ -d "$place" ] && [ $tries -lt 100 ]; do # the server takes a moment to let go
    "$tmux" list-sessions >/dev/null 2>&1 || rm -rf "$place" 2>/dev/null || :
    tries=$((tries + 1))
    [ ! -d "$place" ] || sleep 0.05
  done
}

command -v "$tmux" >/dev/null 2>&1 || die "tmux is missing"
command -v "$BRIDGE" >/dev/null 2>&1 || die "no such program: $BRIDGE (make build makes it)"
began=$(now)
place=$(mktemp -d "${TMPDIR:-/tmp}/bridge-demo.XXXXXX")
trap cleanup EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP
trap 'exit 141' PIPE
mkdir "$place/tmux" "$place/shop"
unset TMUX TMUX_PANE BRIDGE_SOCKET BRIDGE_STATES_DIR BRIDGE_JSON BRIDGE_LOG BRIDGE_MAX_PANES
export TMUX_TMPDIR="$place/tmux" BRIDGE_STATE_DIR="$place/state" BRIDGE_CACHE_DIR="$place/cache"
shell=sh
command -v bash >/dev/null 2>&1 && shell='bash --noprofile --norc'
cat >"$place/tmux.conf" <<CONF
set -g exit-empty off
set -g default-shell $(command -v sh)
set -g default-command "exec env HISTFILE=/dev/null ENV= PROMPT_COMMAND= PS1='$ ' $shell"
CONF
"$tmux" -f "$place/tmux.conf" start-server
cd "$place/shop"

# The shop: two small programs with a bug each, their tests, and a server that uses one of them.
cat >total.sh <<'SHOP'
echo $(($1 + $2))
SHOP
cat >shipping.sh <<'SHOP'
if [ "$1" -gt 50 ]; then echo 0; else echo 4; fi
SHOP
cat >tests.sh <<'SHOP'
check() { # NAME EXPECTED GOT
  sleep 0.1
  if [ "$2" = "$3" ]; then echo "run $run: $1 ok"; else echo "run $run: $1 FAILED, expected $2, got $3"; failed=1; fi
}
run=$1 failed=0
check "total of 2 x 2" 4 "$(sh total.sh 2 2)"
check "total of 2 x 3" 6 "$(sh total.sh 2 3)"
check "shipping for 10" 4 "$(sh shipping.sh 10)"
check "shipping for 50" 0 "$(sh shipping.sh 50)"
exit "$failed"
SHOP
cat >server.sh <<'SHOP'
while :; do
  echo "$(date +%T) 2 x 3 costs $(sh total.sh 2 3)" | tee -a server.log
  sleep 0.2
done
SHOP
: >server.log

# --- the job -----------------------------------------------------------------------------------------------------

printf '%sbridge demo%s: two bugs, four panes, and a fifth one when it is needed\n' "$bold" "$plain"

heading 'A session with four labelled panes'
ask session-create demo --size 160x45
panes="main=$(get pane)"
for label in server tests monitor; do
  ask pane-create demo "$label"
  panes="$panes $label=$(get pane)"
done
ask pane-count demo
[ "$(get count)" = 4 ] || die "there are $(get count) panes instead of 4"
say "$panes"

heading 'A server in one pane, its log in another'
ask pane-exec demo server 'sh server.sh'
ask pane-exec demo monitor 'tail -f server.log'
ask pane-watch-timeout demo monitor 'costs [0-9]+$' 10
say "monitor saw after $(get waited_ms) ms: $(get matches | tail -n 1)"

run=1 fixes=0
while :; do
  heading "Test run $run"
  ask pane-exec demo tests "sh tests.sh $run"
  ask pane-wait demo tests 15
  took=$(tenths "$(get waited_ms)")
  ask pane-watch demo tests "^run $run: .* FAILED"
  found=$(get found) failures=$(get matches)
  if [ "$found" = false ]; then
    ask pane-watch demo tests "^run $run: .* ok\$"
    [ "$(get matches | wc -l)" -eq 4 ] || die "4 tests should have passed: $answer"
    say "ended after $took s: ${green}all 4 tests passed${plain}"
    break
  fi
  say "ended after $took s; lines with FAILED:"
  printf '%s\n' "$failures" | quote
  [ $run -lt 4 ] || die 'the tests do not get better'

  if [ $run = 1 ]; then
    heading 'A look at the screen'
    ask pane-capture demo tests 0
    get output | sed '/^$/d' | quote
    heading 'Something FAILED: a fifth pane, to fix it'
    ask pane-create demo fixer
    say "fixer=$(get pane)"
  else
    heading 'Something else FAILED'
  fi
  case $failures in
  *total*) file=total.sh edit='s/+/*/' ;;
  *shipping*) file=shipping.sh edit='s/-gt/-ge/' ;;
  *) die "nobody knows how to fix this: $failures" ;;
  esac
  before=$(cat $file)
  ask pane-exec-timeout demo fixer 10 "sed '$edit' $file >new && mv new $file"
  [ "$(cat $file)" != "$before" ] || die "$file was not changed"
  fixes=$((fixes + 1))
  say "$file: $before"
  say "$(printf "%${#file}s" '')  $(cat $file)"
  ask pane-metadata-set demo fixer "$file" fixed
  run=$((run + 1))
done
[ $fixes = 2 ] || die "$fixes files were fixed instead of 2"

heading 'The server has taken up the fix'
ask pane-watch-timeout demo monitor 'costs 6$' 10
say "monitor saw: $(get matches | tail -n 1)"

heading 'The session as a table'
"$BRIDGE" --quiet --table pane-list-detailed demo | sed 's/^/         /'
ask pane-list-detailed demo
[ "$(get count)" = 5 ] || die "there are $(get count) panes instead of 5"
ask pane-find demo fixer
[ "$(get pane_id)" != '' ] || die 'the fifth pane is not found'

heading 'The end'
ask session-kill demo
killed=$(get panes_killed)
cleanup
[ ! -e "$place" ] || die "$place is still there"
say "${killed} panes, the tmux server and all files are gone; ${green}everything did what it should${plain}"
