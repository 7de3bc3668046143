"""Run the server alone: `python tests/programs/model_server [--port N] [--log FILE]`; it prints its address."""

from __future__ import annotations

import argparse
import sys
import threading
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from model_server.server import ModelServer


def main() -> None:
    """Serve until a signal ends it."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--log", type=Path)
    parser.add_argument("--raw", type=Path, help="also keep each request as it came")
    given = parser.parse_args()
    with ModelServer(given.port, given.log, given.raw) as server:
        sys.stdout.write(f"{server.url}\n")
        sys.stdout.flush()
        threading.Event().wait()


if __name__ == "__main__":
    main()
