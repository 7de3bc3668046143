"""The one entry: the fast front first, Click for what it leaves."""

from __future__ import annotations

import os
import sys

from bridge.system import descriptors


def main() -> None:
    """Run one call and end the process with its status."""
    descriptors.hold()
    try:
        status = run(sys.argv[1:])
    except KeyboardInterrupt:
        status = 130
    try:
        if sys.stdout is not None:
            sys.stdout.flush()
    except OSError:
        pass  # nobody reads it; answers are written by write(2)
    # Everything was written by write(2), so the interpreter's tidying up (1 ms) serves nobody.
    os._exit(status)


def run(words: list[str]) -> int:
    """The exit status of one call, or of the daemon."""
    if words[:1] == ["--daemon"]:
        from bridge.daemon import entry  # noqa: PLC0415 - asyncio and sqlite cost 60 ms

        return entry.run(words[1:])
    from bridge.cli import fast  # noqa: PLC0415 - so that an interrupt during start-up is caught

    status = fast.run(words)
    if status is None:
        from bridge.cli import app  # noqa: PLC0415 - Click costs 30 ms

        status = app.run(words)
    return status


if __name__ == "__main__":
    main()
