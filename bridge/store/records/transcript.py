"""One record on disk, read to its end and followed as it grows."""

from __future__ import annotations

import os
import stat

from bridge.core.agents.records import formats

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from bridge.core.agents.records.record import Record
    from bridge.core.agents.records.turn import Turn

_BLOCK = 1 << 20


class Transcript:
    """A record at a path, from an offset on.

    `turns` gives what is new. Memory is bounded by the longest turn. A caller may rely on this: a turn that was given
    and is `over` does not change; one that is not over is given again, by the next call, as it stands then. `problem`
    says why nothing can be known: the file can't be read, was cut or has been replaced, or has no row of a known form.
    """

    def __init__(self, form: str, path: str, *, offset: int = 0, session_id: str = "") -> None:
        self.form = form
        self.path = path
        self.session_id = session_id
        self.problem = ""
        self.size = offset
        self._file = ""
        self.record: Record = formats.reader(form, offset)

    @property
    def position(self) -> int:
        """Where what comes next will stand: `after` for a proof of what is sent from now on."""
        return max(self.size, self.record.offset)

    @property
    def open(self) -> Turn | None:
        """The last turn, when it may still grow."""
        return self.record.open

    def turns(self) -> Iterator[Turn]:
        """The turns since the last call, the open one at the end. Never raises; look at `problem` afterwards."""
        yield from self.closed()
        if self.record.open is not None:
            yield self.record.open

    def closed(self) -> Iterator[Turn]:
        """As `turns`, without the open one."""
        if self.problem:
            return
        if self.form == "opencode":
            from bridge.store.records import opencode  # noqa: PLC0415 - sqlite3 is loaded for this program alone

            self.problem = opencode.feed(self.path, self.session_id, self.record)
            yield from self.record.take()
            return
        try:
            yield from self._read()
        except OSError as problem:
            self.problem = f"{self.path}: {problem.strerror or problem}"

    def _read(self) -> Iterator[Turn]:
        descriptor = os.open(self.path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
        with open(descriptor, "rb", buffering=0) as file:
            state = os.fstat(descriptor)
            if not stat.S_ISREG(state.st_mode):
                self.problem = f"{self.path}: it is no file"
                return
            identity = f"{state.st_dev}-{state.st_ino}"
            if self._file not in ("", identity):
                self.problem = f"{self.path}: it has been replaced by another file"
                return
            self._file = identity
            if state.st_size < self.size:
                self.problem = f"{self.path}: it has become shorter"
                return
            file.seek(self.size)
            # What is written meanwhile is read the next time: a call ends.
            while self.size < state.st_size:
                data = file.read(min(_BLOCK, state.st_size - self.size))
                if not data:
                    break
                self.size += len(data)
                self.record.feed(data)
                yield from self.record.take()
        wrong = self.record.session_id and self.session_id and self.record.session_id != self.session_id
        if wrong:
            self.problem = f"{self.path}: it is the record of {self.record.session_id}, not of {self.session_id}"
        elif self.size and not self.record.rows and (self.record.offset or self.record.damage):
            self.problem = f"{self.path}: no row of it is of a form that is known"
