"""The program that writes a pane's bytes to a file: a shell, dd(1) and fallocate(1), started by `pipe-pane`."""

from __future__ import annotations

_BLOCK = 16_384
_ROUND = 512  # blocks that the writer takes at most before it looks how large the log is


def command(base: str, generation: str, limit_mb: float, pane_pid: int) -> str:
    """Append what comes, in rounds; after each round the oldest bytes above the limit are given back.

    dd passes each read on at once. Its size unchanged, a round has seen the end. Without
    fallocate(1), or on a file system without holes, the log grows with what is printed. At the end of its
    input the writer tells whether the pane had ended too (core.loglife); one that fails, as on a full disk,
    or is killed tells nothing. It works on the files that it has opened, whatever is at their paths later.
    """
    limit = int(limit_mb * 1_048_576)
    blocks = max(4, min(_ROUND, limit // 8 // _BLOCK))
    room = max(limit - blocks * _BLOCK, _BLOCK)
    sharp = "sharp=$(printf '\\043'); " if "#" in base else ""
    line = (
        f"umask 077; trap '' HUP INT; {sharp}log={_quoted(base + '.log')}; "
        f'told={_quoted(base + ".pid")}; [ -f "$log" ] && read zero name since <"$told" || exit; '
        f'[ "$name" = {generation} ] || exit; exec >>"$log" 3>&1 4>>"$told"; '
        f"echo $$ {generation} >&4; own=/proc/self/fd/3; "
        "if command -v fallocate >/dev/null 2>&1 && command -v dd >/dev/null 2>&1 && [ -e $own ]; then "
        "old=0; while :; do "
        f"dd bs={_BLOCK} count={blocks} 2>/dev/null || exit 1; "
        'new=$(wc -c <$own) || exit 1; new=$((new)); [ "$new" -gt "$old" ] || break; old=$new; '
        f"gone=$(((new - {room}) / 65536 * 65536)); "
        '[ "$gone" -le 0 ] || fallocate -p -o 0 -l "$gone" $own 2>/dev/null; done; '
        "else cat || exit 1; fi; "
        # A pane that is killed loses its terminal and its pipe at once, and its process a while later.
        f"lives() {{ read -r line </proc/{pane_pid}/stat && set -- ${{line##*) }} && "
        '[ "$1" != Z ] && [ "$6" != -1 ]; } 2>/dev/null; '
        "end=whole; lives && sleep 0.1 && lives && end=cut; "
        f'echo "- {generation} $end" >&4'
    )
    # tmux expands formats and strftime(3) conversions in the command of pipe-pane.
    return line.replace("#", "##").replace("%", "%%")


def _quoted(path: str) -> str:
    """A path for the shell without a `#`: tmux may take one for a format, and `##[` is not what `#[` was."""
    return "'" + path.replace("'", "'\\''").replace("#", "'\"$sharp\"'") + "'"
