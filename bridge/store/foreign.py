"""Files of other programs that a person asks us to change: replaced in one step, mode and links kept."""

from __future__ import annotations

import os

from bridge.errors import BridgeError

_LARGEST = 8 * 1024 * 1024


def read(path: str) -> str | None:
    """The text of a file, None where there is none. Raises ERR_STATE."""
    try:
        with open(path, encoding="utf-8") as file:
            return file.read(_LARGEST)
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as problem:
        raise refused(path, getattr(problem, "strerror", None) or str(problem)) from None


def write(path: str, text: str) -> None:
    """Write a file, made with its directories if need be; a link is followed. Raises ERR_STATE."""
    place = os.path.realpath(path)
    temporary = f"{place}.{os.getpid()}.tmp"
    try:
        os.makedirs(os.path.dirname(place), exist_ok=True)
        mode = os.stat(place).st_mode & 0o777 if os.path.exists(place) else 0o644
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, mode)
        try:
            with open(descriptor, "w", encoding="utf-8") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            os.chmod(temporary, mode)
            os.replace(temporary, place)
        except BaseException:
            os.unlink(temporary)
            raise
    except OSError as problem:
        raise refused(path, problem.strerror or str(problem)) from None


def refused(path: str, reason: str) -> BridgeError:
    """The file can't be changed; nothing was."""
    return BridgeError("ERR_STATE", f"cannot change {path}: {reason}", hint="--print shows what belongs there")
