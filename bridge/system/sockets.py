"""Who takes TCP connections on this machine (proc(5) net/tcp), told without connecting: that would disturb a server."""

from __future__ import annotations

import posix
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

_LISTENING = b"0A"
_PART = 1 << 16
# Where somebody has to listen to be reached over the loopback, by the address as bytes.
_REACHED = {
    bytes((127, 0, 0, 1)): "127.0.0.1",
    bytes(4): "0.0.0.0",  # noqa: S104 - what others have bound
    bytes(15) + b"\1": "[::1]",
    bytes(16): "[::]",
    bytes(10) + b"\xff\xff\x7f\0\0\1": "[::ffff:127.0.0.1]",
}


def listeners(port: int) -> dict[str, str] | None:
    """Who listens on this port of the loopback or of every address: `address:port` by the socket's inode.

    As the caller's own network has it; None where the system does not tell.
    """
    tables = [table for name in ("tcp", "tcp6") if (table := _open(f"/proc/self/net/{name}")) >= 0]
    if not tables:
        return None
    found = {}
    for table in tables:
        for address, number, inode in _listening(table):
            name = _REACHED.get(address) if number == port else None
            if name is not None:
                found[inode] = f"{name}:{port}"
    return found


def listens(pid: int, inode: str) -> bool:
    """Whether a socket of a process takes connections from the network."""
    tables = (_open(f"/proc/{pid}/net/{name}") for name in ("tcp", "tcp6"))
    return any(inode == number for table in tables if table >= 0 for _, _, number in _listening(table))


def is_held(pids: list[int], inodes: set[str]) -> bool | None:
    """Whether one of the processes holds one of the sockets; None where one of them may not be looked at."""
    unknown = False
    wanted = {f"socket:[{inode}]" for inode in inodes}
    for pid in pids:
        try:
            names = posix.listdir(f"/proc/{pid}/fd")
        except PermissionError:
            unknown = True
            continue
        except OSError:
            continue
        for name in names:
            try:
                if posix.readlink(f"/proc/{pid}/fd/{name}") in wanted:
                    return True
            except OSError:
                continue
    return None if unknown else False


def _open(path: str) -> int:
    try:
        return posix.open(path, posix.O_RDONLY | posix.O_CLOEXEC)
    except OSError:
        return -1


def _listening(table: int) -> Iterator[tuple[bytes, int, str]]:
    """Address, port and inode of each socket that listens; the kernel lists these before all others."""
    try:
        rest = b""
        heading = True
        while part := posix.read(table, _PART):
            *rows, rest = (rest + part).split(b"\n")
            for row in rows[1:] if heading else rows:
                words = row.split()
                if len(words) < 10 or words[3] != _LISTENING:
                    return
                address, _, port = words[1].partition(b":")
                yield _bytes(address), int(port, 16), words[9].decode()
            heading = False
    except OSError:
        return
    finally:
        posix.close(table)


def _bytes(text: bytes) -> bytes:
    """An address in the order of the network; the table has words of four bytes in the order of the machine."""
    data = bytes.fromhex(text.decode())
    if sys.byteorder == "big":
        return data
    return b"".join(data[at : at + 4][::-1] for at in range(0, len(data), 4))
