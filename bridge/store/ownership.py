"""Whether what stands at a path can be changed by anybody but us: asked of what is executed, from the root down."""

from __future__ import annotations

import os
import stat

from bridge.config import walk

_OTHERS = stat.S_IWGRP | stat.S_IWOTH


def stranger(path: str) -> str:
    """Why others than this user and root could put something else at this absolute path; empty where they can't.

    Each directory and each link on the way is looked at; what is not there yet nobody else can make.
    A directory that others may write to is fine with a sticky bit: there only its owner moves an entry.
    """
    reason = _reason("/")
    for here, _ in walk(path):
        try:
            told = _reason(here) if here else ""
        except FileNotFoundError:
            return reason
        reason = reason or told
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
