"""How much of what we read from a terminal's bytes is what tmux shows of them.

Usage: text_check.py [STREAMS [FIRST]]; TMUX_BINARY names another tmux. Prints the share that is equal, and some of
the streams that are not. What differs on purpose counts as not equal too (PROTOCOL.md, Text from programs).
"""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tests"), str(ROOT / "tests" / "support")]

from text_oracle import SIZES, Oracle, is_same, random_stream  # noqa: E402

from bridge.core.text import LineReader, join, read_text  # noqa: E402

LEAST = 0.999
_TOGETHER = 40


def main(count: int, first: int) -> int:
    """The exit status is 1 where less than 99.9 % are equal."""
    began, wrong, split = time.monotonic(), [], []
    with Oracle(os.environ.get("TMUX_BINARY", "tmux")) as oracle:
        for start in range(first, first + count, _TOGETHER):
            seeds = range(start, min(start + _TOGETHER, first + count))
            size = SIZES[start // _TOGETHER % len(SIZES)]
            streams = [random_stream(seed) for seed in seeds]
            for seed, stream, shown in zip(seeds, streams, oracle.ask(size, streams), strict=True):
                read = read_text(stream, size)
                if not is_same(shown, read):
                    wrong.append((seed, size, stream, shown, read))
                if in_pieces(stream, size) != read:
                    split.append(seed)
    for seed, size, stream, shown, read in wrong[:5]:
        print(f"stream {seed} in {size[0]}x{size[1]}: {stream!r}\n  tmux {shown.rstrip()!r}\n  read {read.rstrip()!r}")
    share = 1 - len(wrong) / count
    print(
        f"{count} streams in {time.monotonic() - began:.0f} s: {share:.3%} equal to tmux, {len(wrong)} not"
        f"{[item[0] for item in wrong[:20]]}; {len(split)} differ when cut into pieces {split[:9]}"
    )
    return 1 if share < LEAST or split else 0


def in_pieces(stream: bytes, size: tuple[int, int]) -> str:
    """The text of a stream that comes byte by byte."""
    reader = LineReader(*size, late=True)
    lines = [line for at in range(len(stream)) for line in reader.feed(stream[at : at + 1])]
    *more, last = reader.rest()
    return join(lines + more) + last


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 10_000, int(sys.argv[2]) if len(sys.argv) > 2 else 0))
