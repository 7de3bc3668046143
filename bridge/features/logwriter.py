"""The program that writes a pane's bytes to a file: a shell, dd(1) and fallocate(1), started by `pipe-pane`."""

from __future__ import annotations

from bridge.tmux import argv

_BLOCK = 16_384
_ROUND = 512  # blocks that the writer takes at most before it looks how large the log is


def command(base: str, generation: str, limit_mb: float) -> str:
    """Append what comes, in rounds; after each round the oldest bytes above the limit are given back.

    dd passes each read on at once. Its size unchanged, a round has seen the end. Without
    fallocate(1), or on a file system without holes, the log grows with what is printed.
    """
    limit = int(limit_mb * 1_048_576)
    blocks = max(4, min(_ROUND, limit // 8 // _BLOCK))
    room = max(limit - blocks * _BLOCK, _BLOCK)
    line = (
        f"umask 077; trap '' HUP INT; log={argv.quoted(base + '.log')}; "
        '[ -f "$log" ] || exit; exec >>"$log"; '
        f"echo $$ {generation} >{argv.quoted(base + '.pid')}; "
        "command -v fallocate >/dev/null 2>&1 && command -v dd >/dev/null 2>&1 || exec cat; "
        "old=0; while :; do "
        f"dd bs={_BLOCK} count={blocks} 2>/dev/null || exec cat; "
        'new=$(wc -c <"$log") || exit; new=$((new)); [ "$new" -gt "$old" ] || exit 0; old=$new; '
        f"gone=$(((new - {room}) / 65536 * 65536)); "
        '[ "$gone" -le 0 ] || fallocate -p -o 0 -l "$gone" "$log" 2>/dev/null; done'
    )
    # tmux expands formats and strftime(3) conversions in the command of pipe-pane.
    return argv.plain(line).replace("%", "%%")
