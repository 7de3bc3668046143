"""Bringing the state of the bash script, and of earlier versions of ours, to the form of this version."""

from __future__ import annotations

import os

from bridge.context import Context
from bridge.core import jsontext, migration
from bridge.core.names import file_name
from bridge.envelope import compact, repair
from bridge.errors import BridgeError
from bridge.features.panes import lookup, mirror
from bridge.model import Pane
from bridge.spec import counted
from bridge.store import atomic
from bridge.store import migration as files
from bridge.store.lock import FileLock
from bridge.store.paths import ensure, parent
from bridge.system import clock
from bridge.tmux import argv, rows
from bridge.tmux.client import failed

SCRIPT_DIRECTORY = "/tmp/claude-tmux-states"  # noqa: S108 - what is believed of it is checked


class Migration:
    """One migration. With `check` nothing is changed, and `done` tells what would be."""

    def __init__(self, ctx: Context, *, check: bool) -> None:
        self._ctx = ctx
        self._check = check
        self._imported = files.Imported(ctx.paths.base)
        stamp = clock.timestamp().replace(":", "").replace("-", "")
        self.backup = files.Backup(ctx.paths.root, f"{stamp}-{os.getpid()}")
        self.done: list[dict[str, object]] = []
        self.problems: list[dict[str, str]] = []
        self.unchanged = 0
        self._panes: list[Pane] | None = None

    def run(self, source: str) -> None:
        """Upgrade what is ours, then import `source` (empty: none). Raises ERR_STATE, ERR_LOCKED, what tmux raises."""
        sources = files.source_files(source) if source else []
        if self._check:
            self._all(sources)
            return
        ensure(self._ctx.paths.base)
        with FileLock(f"{self._ctx.paths.base}/migration.lock", self._ctx.config.lock_timeout):
            self._all(sources)

    def _all(self, sources: list[str]) -> None:
        for base in files.bases(self._ctx.paths.root):
            for name in migration.NEWEST:
                self._guarded(f"{base}/{name}", self._upgrade)
        for path in sources:
            self._guarded(path, self._import)

    def _guarded(self, path: str, work: object) -> None:
        assert callable(work)
        try:
            data = atomic.read(path)
            if data is not None:
                work(path, data)
        except ValueError as problem:  # a file that cannot be read; UnicodeDecodeError is one too
            self.problems.append({"path": path, "reason": str(problem)})

    def _upgrade(self, path: str, data: bytes) -> None:
        newer = migration.upgrade(os.path.basename(path), jsontext.loads_object(data.decode()))
        if newer == jsontext.loads_object(data.decode()):
            self.unchanged += 1
            return
        if not self._check:
            with self._lock(path):
                data = atomic.read(path) or data  # whatever was changed before we had the lock
                newer = migration.upgrade(os.path.basename(path), jsontext.loads_object(data.decode()))
                self.backup.add(path, data)
                atomic.write(path, (compact(newer) + "\n").encode())
        self._note("upgrade", path, path, ["version"])

    def _import(self, path: str, data: bytes) -> None:
        if self._imported.holds(path, data):
            self.unchanged += 1
            return
        name = os.path.basename(path)
        if name.endswith(".state"):
            kind, to, actions = self._import_state(path, data)
        elif name.endswith(".snapshot"):
            kind, to, actions = self._import_snapshot(path, data)
        else:
            kind, to, actions = self._import_settings(path, data)
        self._note(kind, path, to, actions)
        if not self._check:
            self._imported.add(path, data)

    def _note(self, kind: str, path: str, to: str, actions: list[str]) -> None:
        self.done.append({"kind": kind, "from": path, "to": to, "actions": actions})

    def _import_state(self, path: str, data: bytes) -> tuple[str, str, list[str]]:
        document, mended = migration.read_state(data.decode())
        name = str(document["session_name"])
        actions = ["mended"] if mended else []
        members = self._members(name)
        session = members[0].session if members else name
        to = self._ctx.paths.state_file(session)
        if self._check:
            return "state", to, [*actions, *(what for what, _ in self._marks(document, members))]
        self.backup.add(path, data)
        with self._ctx.lock(session):
            before = atomic.read(to)
            if before is None:
                text = compact(migration.convert_state(document))
                atomic.write(to, (text + "\n").encode("utf-8", "replace"))
                actions.append("file")
            else:
                self.backup.add(to, before)
            marks = self._marks(document, members)
            for what, line in marks:
                self._ctx.tmux.ask(
                    ("source-file", "-"), text=f"{line.rstrip()} ; display-message -p {argv.DONE}\n".encode()
                )
                actions.append(what)
            if members:
                mirror.write(self._ctx, session, lookup.survey(self._ctx, members[0].session_id).panes)
        return "state", to, actions

    def _members(self, name: str) -> list[Pane]:
        """The panes of the living session that the script meant; tmux makes `_` of `.` and `:`."""
        if self._panes is None:
            answer = self._ctx.tmux.run(argv.list_panes())
            if answer.status and not answer.no_server:
                raise failed(answer)
            self._panes = [] if answer.no_server else rows.panes(answer.output)
        for word in (name, migration.tmux_name(name)):
            found = [pane for pane in self._panes if pane.session == word]
            if found:
                return found
        return []

    def _marks(self, document: dict[str, object], members: list[Pane]) -> list[tuple[str, str]]:
        """Labels and metadata that the living panes lack, each as (what it is, a line for tmux).

        The script knew panes by their index alone: one whose process is another than the file's is not
        the pane that it meant.
        """
        entries = document["panes"]
        assert isinstance(entries, list)
        found = []
        for item in entries:
            pane = next((pane for pane in members if pane.window_active and pane.index == item["pane_id"]), None)
            pid = item.get("pid")
            if pane is None or (isinstance(pid, int) and pid > 0 and pid != pane.pid):
                continue
            label = repair(migration.label_of(item))
            if label and pane.label is None:
                value = argv.quoted(argv.encode_label(label))
                found.append((f"label {pane.id}", f"set-option -p -t {pane.id} {argv.LABEL} {value}\n"))
            stored, ours = item.get("metadata"), lookup.metadata(pane)
            if isinstance(stored, dict) and not stored.keys() <= ours.keys():
                value = argv.quoted(repair(compact(stored | ours)))
                found.append((f"metadata {pane.id}", f"set-option -p -t {pane.id} {argv.METADATA} {value}\n"))
        return found

    def _import_snapshot(self, path: str, data: bytes) -> tuple[str, str, list[str]]:
        document = jsontext.loads_object(data.decode())
        session, version = document.get("session_name"), document.get("version")
        if not isinstance(session, str) or not session or not isinstance(version, str):
            raise ValueError("it names no session or no version")
        if not version.startswith("3."):
            raise ValueError(f"it has version {version}, the script's snapshots have 3.x")
        stamp = clock.timestamp(os.stat(path).st_mtime).replace(":", "").replace("-", "")
        folder = f"{self._ctx.paths.base}/snapshots/{file_name(session)}"
        ending = ".auto.snapshot" if migration.is_autosave(path) else ".snapshot"
        if self._check:
            return "snapshot", f"{folder}/000000-{stamp}{ending}", []
        self.backup.add(path, data)
        ensure(parent(folder))
        return "snapshot", files.add_snapshot(folder, stamp, ending, data), ["file"]

    def _import_settings(self, path: str, data: bytes) -> tuple[str, str, list[str]]:
        """groups.json or gc-config.json: taken where there is none of ours; keys that ours lacks are added."""
        name = os.path.basename(path)
        document = migration.upgrade(name, jsontext.loads_object(data.decode()))
        to = f"{self._ctx.paths.base}/{name}"
        if self._check:
            before, ours, merged = self._merged(to, document)
        else:
            self.backup.add(path, data)
            with self._lock(to):
                before, ours, merged = self._merged(to, document)
                if before is not None:
                    self.backup.add(to, before)
                if merged != ours:
                    atomic.write(to, (compact(merged) + "\n").encode("utf-8", "replace"))
        return "settings", to, ["file"] if before is None else ["merged"] if merged != ours else []

    def _merged(
        self, path: str, document: dict[str, object]
    ) -> tuple[bytes | None, dict[str, object], dict[str, object]]:
        """What the file holds, as bytes and as an object, and with what it lacks of the document."""
        before = atomic.read(path)
        ours = jsontext.loads_object(before.decode()) if before is not None else {}
        return before, ours, document | ours

    def _lock(self, path: str) -> FileLock:
        return FileLock(files.lock_file(path), self._ctx.config.lock_timeout)


def migrate(ctx: Context, source: str | None, *, check: bool) -> Migration:
    """Migrate; without a source the script's own directory is taken, if it is there.

    Raises ERR_STATE, with what was done nevertheless in its fields, where a file could not be migrated.
    """
    if source is None:
        source = SCRIPT_DIRECTORY if os.path.isdir(SCRIPT_DIRECTORY) else ""
    found = Migration(ctx, check=check)
    found.run(os.path.abspath(source) if source else "")
    if found.problems:
        first, count = found.problems[0], counted(len(found.problems), "file")
        raise BridgeError(
            "ERR_STATE",
            f"{count} could not be migrated, the first is {first['path']}: {first['reason']}",
            hint="mend or remove them and call it again; what could be migrated was",
            fields=fields(found, source, check=check),
        )
    return found


def fields(found: Migration, source: str, *, check: bool) -> dict[str, object]:
    """What the answer tells of a migration."""
    return {
        "check": check,
        "needed": bool(found.done),
        "source": source or None,
        "migrated": found.done,
        "unchanged": found.unchanged,
        "problems": found.problems,
        "backup": found.backup.path if found.backup.count else None,
    }
