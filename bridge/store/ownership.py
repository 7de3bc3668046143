"""Whether what stands at a path can be changed by anybody but us: asked of what is executed, from the root down."""

from __future__ import annotations

import os
import stat

_MOST_LINKS = 40  # as the kernel's own limit
_OTHERS = stat.S_IWGRP | stat.S_IWOTH


def stranger(path: str) -> str:
    """Why others than this user and root could put something else at this absolute path; empty where they can't.

    Each directory and each link on the way is looked at; what is not there yet nobody else can make.
    A directory that others may write to is fine with a sticky bit: there only its owner moves an entry.
    """
    waiting = [part for part in reversed(path.split("/")) if part]
    done, links = "", 0
    reason = _reason("/")
    while waiting:
        part = waiting.pop()
        if part == ".":
            continue
        if part == "..":
            done = done.rpartition("/")[0]
            continue
        here = f"{done}/{part}"
        try:
            found = os.lstat(here)
        except FileNotFoundError:
            return reason
        if stat.S_ISLNK(found.st_mode):
            links += 1
            if links > _MOST_LINKS:
                raise OSError(f"{path}: too many links")
            target = os.readlink(here)
            waiting += [part for part in reversed(target.split("/")) if part]
            done = "" if target.startswith("/") else done
        else:
            done = here
        reason = reason or _reason(here)
    return reason


def _reason(path: str) -> str:
    found = os.lstat(path)
    if found.st_uid not in (0, os.geteuid()):
        return f"{path} belongs to user {found.st_uid}"
    if stat.S_ISLNK(found.st_mode) or not found.st_mode & _OTHERS:
        return ""
    if found.st_mode & stat.S_ISVTX and stat.S_ISDIR(found.st_mode):
        return ""
    if not found.st_mode & stat.S_IWOTH and _is_alone(found.st_gid):
        return ""
    return f"others may write to {path} (mode {stat.S_IMODE(found.st_mode):o})"


def _is_alone(gid: int) -> bool:
    """Whether the group is one of those that systems make for a single user: his name, and nobody else in it."""
    import grp  # noqa: PLC0415 - few directories are open to a group
    import pwd  # noqa: PLC0415

    try:
        user, group = pwd.getpwuid(os.geteuid()), grp.getgrgid(gid)
    except KeyError:
        return False
    return user.pw_gid == gid and group.gr_name == user.pw_name and set(group.gr_mem) <= {user.pw_name}
