#!/bin/sh
# See that tmux is there: install it where that is possible without a question, else name the command.
command -v "${BRIDGE_TMUX:-tmux}" >/dev/null 2>&1 && exit 0
if command -v apt-get >/dev/null 2>&1; then
  how="apt-get update -q && apt-get install -y -q tmux"
elif command -v dnf >/dev/null 2>&1; then
  how="dnf install -y tmux"
elif command -v apk >/dev/null 2>&1; then
  how="apk add tmux"
elif command -v pacman >/dev/null 2>&1; then
  how="pacman -S --noconfirm tmux"
elif command -v brew >/dev/null 2>&1; then
  how="brew install tmux"
else
  echo "tmux is missing: install it with your system's package manager" >&2
  exit 1
fi
case $how in
brew*) sudo= ;;
*) if [ "$(id -u)" = 0 ]; then sudo=; elif sudo -n true 2>/dev/null; then sudo="sudo -n"; else sudo=none; fi ;;
esac
if [ "$sudo" != none ]; then
  echo "installing tmux: $how" >&2
  $sudo sh -c "$how" >/dev/null 2>&1 && command -v tmux >/dev/null 2>&1 && exit 0
fi
echo "tmux is missing; install it with: sudo sh -c '$how'" >&2
exit 1
