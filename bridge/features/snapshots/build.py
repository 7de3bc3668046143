"""A planned session made in tmux, window by window; what fails is noted and the rest goes on.

Every session begins with a window, and every window with a pane, that are only there to hold the place:
so the history limit is set before the first real pane is made, and which pane was active last is as
it was. They are gone at the end. Sizes are those of the layouts, whatever clients there are not.
"""

from __future__ import annotations

import os

from bridge.context import Context
from bridge.core import layouts, limits, snapshots
from bridge.errors import BridgeError
from bridge.features.panes import integration
from bridge.features.snapshots.plans import PanePlan, Plan, WindowPlan
from bridge.system import ids, process
from bridge.tmux import argv
from bridge.tmux.client import failed
from bridge.tmux.options import escaped, read_environment

_PLACEHOLDER = f"exec tail -f /dev/null # {argv.PLACEHOLDER}"
# What would act while the session is being built; set when it is done.
_AT_THE_END = ("renumber-windows", "default-size", "destroy-unattached")
_WINDOW_AT_THE_END = ("window-size", "synchronize-panes", "automatic-rename")
_PANE_AT_THE_END = ("synchronize-panes",)


class Built:
    """The session that was made: ids, the panes by plan, and what could not be made at all."""

    __slots__ = ("created", "failures", "panes", "session_id")

    def __init__(self, session_id: str, created: str) -> None:
        self.session_id = session_id
        self.created = created
        self.panes: dict[str, PanePlan] = {}
        self.failures: list[str] = []


class Builder:
    """Makes one planned session. The caller holds the lock of its name."""

    def __init__(self, ctx: Context, plan: Plan, directory: str) -> None:
        """`directory` is where texts for the panes may be written."""
        self._ctx = ctx
        self._plan = plan
        self._directory = directory
        self._hook = integration.environment(ctx)[0]
        self._environment: dict[str, str] = {}
        self._hooks: tuple[list[str], list[str]] = ([], [])
        self._shell = ("", "")
        self.built = Built("", "")

    def build(self) -> Built:
        """Make the session. Raises ERR_SESSION_EXISTS where somebody was faster, ERR_TMUX_FAILED."""
        self._begin()
        built = self.built
        for window in self._plan.windows:
            self._window(window)
        self._select_windows()
        return built

    def finish(self) -> None:
        """What would be in the way of typing into the panes: titles, marks, input, zoom, the last options."""
        built, plan = self.built, self._plan
        lines: list[tuple[str, ...]] = []
        for pane_id, pane in built.panes.items():
            late = [name for name in _PANE_AT_THE_END if name in pane.options]
            lines += [("set-option", "-p", "-t", pane_id, name, pane.options[name]) for name in late]
            if pane.saved["title"]:
                lines.append(("select-pane", "-t", pane_id, "-T", argv.plain(str(pane.saved["title"]))))
            if pane.saved["input_off"]:
                lines.append(("select-pane", "-d", "-t", pane_id))
        lines += self._window_ends()
        lines += self._marks()
        lines += self._session_ends()
        for window in plan.windows:
            if window.saved["zoomed"]:
                active = [i for i, pane in built.panes.items() if pane in window.panes and pane.saved["active"]]
                lines += [("resize-pane", "-Z", "-t", pane_id) for pane_id in active]
        self._lines([*lines, *self._hooks_again()])

    def drop(self) -> None:
        """Take away the session that was made here, and nothing else."""
        same = argv.same_session(self.built.session_id, self.built.created)
        self._ctx.tmux.run(
            argv.only_if(f"{self.built.session_id}:", same, ("kill-session", "-t", self.built.session_id))
        )

    def _begin(self) -> None:
        plan = self._plan
        own = snapshots.session(plan.document)
        place = str(own["path"])
        first = layouts.read(str(plan.windows[0].saved["layout"]))
        size = ("-x", str(first.width), "-y", str(first.height))
        directory = ("-c", argv.plain(place)) if os.path.isdir(place) else ()
        shown = "#{session_id} #{session_created} #{window_id} #{window_index}"
        # The name was checked against the grammar, so it stands for itself.
        answer = self._ctx.tmux.run(
            ("new-session", "-d", "-E", "-P", "-F", shown, "-s", plan.name, *size, *directory, _PLACEHOLDER),
            argv.stays_unattached(f"={plan.name}:"),
        )
        if answer.status:
            if answer.error.startswith("duplicate session"):
                raise exists(plan.name)
            raise failed(answer)
        session_id, created, window, index = answer.output.decode().split()
        self.built = Built(session_id, created)
        target = f"{session_id}:"
        self._silence(target)
        aside = max(item.index for item in plan.windows) + 1
        lines: list[tuple[str, ...]] = [
            ("set-option", "-t", target, argv.RESTORING, _identity()),
            ("set-option", "-t", target, "renumber-windows", "off"),
        ]
        if str(aside) != index:
            lines.append(("move-window", "-s", window, "-t", f"{session_id}:{aside}"))
        lines += [
            ("set-option", "-t", target, name, value) for name, value in plan.options.items() if name not in _AT_THE_END
        ]
        removed = own["removed_environment"]
        assert isinstance(removed, list)
        lines += [("set-environment", "-r", "-t", target, str(name)) for name in removed]
        self._lines(lines)
        answer = self._ctx.tmux.run(
            ("show-environment", "-s", "-g"),
            ("display-message", "-p", "-t", target, argv.framed(("default-shell", "default-command"))),
        )
        text, _, shell = answer.output.decode("utf-8", "replace").rstrip("\n").rpartition("\n")
        known = read_environment(text + "\n")[0]
        self._environment = {name: value for name, value in known.items() if name not in removed}
        from bridge.tmux import rows  # noqa: PLC0415

        for name, command in rows.unframe(shell.encode() + b"\n", 2):
            self._shell = (name, command)

    def _silence(self, target: str) -> None:
        """Let the user's hooks rest: what they do to new windows and panes was done when those were saved."""
        nonce = ids.nonce()
        answer = self._ctx.tmux.run(("show-hooks", "-g"), ("display-message", "-p", nonce), ("show-hooks", "-gw"))
        listed = answer.output.decode("utf-8", "replace").partition(nonce)
        own, wide = (_set_hooks(part) for part in (listed[0], listed[2]))
        self._hooks = (own, [name for name in wide if name not in own])
        self._lines([("set-option", "-t", target, name, "") for name in own])

    def _hooks_again(self) -> list[tuple[str, ...]]:
        own, wide = self._hooks
        targets = [f"{self.built.session_id}:{window.index}" for window in self._plan.windows]
        lines = [("set-option", "-w", "-u", "-t", target, name) for target in targets for name in wide]
        return [*lines, *(("set-option", "-u", "-t", f"{self.built.session_id}:", name) for name in own)]

    def _window(self, window: WindowPlan) -> None:
        target = f"{self.built.session_id}:{window.index}"
        layout = layouts.read(str(window.saved["layout"]))
        room = f"{layout.width}x{max(layout.height, 3 * len(window.panes) + 6)}"
        name = str(window.saved["name"])
        # tmux names it where nobody has; a person may have given it an empty name.
        named = ("-n", argv.plain(name)) if name or window.saved.get("named_by_tmux") is False else ()
        answer = self._ctx.tmux.run(
            ("set-option", "-t", f"{self.built.session_id}:", "default-size", room),
            ("new-window", "-d", "-P", "-F", "#{window_id} #{pane_id}", "-t", target, *named, _PLACEHOLDER),
            *(("set-option", "-w", "-t", target, name, "") for name in self._hooks[1]),
        )
        if not answer.output:
            self._fail(f"window {window.index}", "windows", answer.error)
            return
        window_id, holder = answer.output.decode().split()
        before = holder
        for pane in window.panes:
            made = self._pane(pane, window_id, before)
            before = made or before
        self._lines(
            [
                ("set-option", "-w", "-t", window_id, name, value)
                for name, value in window.options.items()
                if name not in _WINDOW_AT_THE_END
            ]
        )
        self._select_panes(window)
        answer = self._ctx.tmux.run(
            ("kill-pane", "-t", holder), ("select-layout", "-t", window_id, str(window.saved["layout"]))
        )
        if answer.status:
            self._fail(f"window {window.index}", "layout", answer.error)

    def _pane(self, pane: PanePlan, window_id: str, before: str) -> str:
        """Make a pane behind another one; returns its id, empty where it could not be made."""
        variables = {name: value for name, value in pane.environment.items() if self._environment.get(name) != value}
        words = [word for name, value in variables.items() for word in ("-e", f"{name}={value}")]
        text = self._scrollback(pane)
        answer = self._ctx.tmux.run(
            (
                *("split-window", "-d", "-v", "-P", "-F", "#{pane_id}", "-t", before, "-c", argv.plain(pane.directory)),
                *words,
                *self._hook,
                *((text,) if text else ()),
            ),
            ("select-layout", "-t", window_id, "even-vertical"),
        )
        pane_id = answer.output.decode("ascii", "replace").strip()
        if not pane_id:
            self._fail(pane.item, "panes", answer.error or "tmux gave it no id")
            return ""
        self.built.panes[pane_id] = pane
        lines: list[tuple[str, ...]] = []
        if pane.saved["label"] is not None:
            lines.append(("set-option", "-p", "-t", pane_id, argv.LABEL, argv.encode_label(str(pane.saved["label"]))))
        if pane.saved["metadata"]:
            from bridge.envelope import compact  # noqa: PLC0415

            lines.append(("set-option", "-p", "-t", pane_id, argv.METADATA, compact(pane.saved["metadata"])))
        if pane.saved["owned"]:
            lines.append(("set-option", "-p", "-t", pane_id, argv.PANE_OWNER, f"{ids.nonce()}:{pane_id}"))
        lines += [
            ("set-option", "-p", "-t", pane_id, name, limits.moved(name, value, pane_id) or value)
            for name, value in pane.options.items()
            if name not in _PANE_AT_THE_END
        ]
        self._lines(lines)
        return pane_id

    def _scrollback(self, pane: PanePlan) -> str:
        """The command of a pane that first shows its old text: the file goes with its first reader."""
        history = pane.saved.get("history")
        if not history:
            return ""
        from bridge.core.sgr import only_colours  # noqa: PLC0415
        from bridge.store import atomic  # noqa: PLC0415

        path = f"{self._directory}/{ids.nonce()}"
        mark = f"\x1b[0m\n── restored from {self._plan.document['saved_at']} ──\n"
        atomic.write(path, (only_colours(str(history)) + only_colours(mark)).encode("utf-8", "replace"))
        shell, command = self._shell
        word, program = ("'" + text.replace("'", "'\\''") + "'" for text in (path, shell))
        then = command or f"exec {program} -l"
        return f"cat -- {word}; rm -f -- {word}; {then}"

    def _select_panes(self, window: WindowPlan) -> None:
        ids_by_plan = {id(pane): pane_id for pane_id, pane in self.built.panes.items()}
        made = [(pane, ids_by_plan[id(pane)]) for pane in window.panes if id(pane) in ids_by_plan]
        words: list[tuple[str, ...]] = []
        for key in ("last", "active"):
            words += [("select-pane", "-t", pane_id) for pane, pane_id in made if pane.saved[key]]
        if words:
            self._ctx.tmux.run(*words)

    def _select_windows(self) -> None:
        """Look at the windows in the order in which they were looked at; then the place holder can go."""
        session_id = self.built.session_id
        saved = [window.saved for window in self._plan.windows]
        seen = sorted(
            (window for window in saved if window["stack"] and not window["active"]), key=_depth, reverse=True
        )
        order = [*seen, *(window for window in saved if window["active"])]
        lines = [("select-window", "-t", f"{session_id}:{window['index']}") for window in order]
        aside = max(window.index for window in self._plan.windows) + 1
        self._lines([*lines, ("kill-window", "-t", f"{session_id}:{aside}")])

    def _window_ends(self) -> list[tuple[str, ...]]:
        lines: list[tuple[str, ...]] = []
        for window in self._plan.windows:
            target = f"{self.built.session_id}:{window.index}"
            layout = layouts.read(str(window.saved["layout"]))
            if window.options.get("window-size") == "manual":
                lines.append(("resize-window", "-t", target, "-x", str(layout.width), "-y", str(layout.height)))
            elif "window-size" in window.options:
                lines.append(("set-option", "-w", "-t", target, "window-size", window.options["window-size"]))
            if "synchronize-panes" in window.options:
                value = window.options["synchronize-panes"]
                lines.append(("set-option", "-w", "-t", target, "synchronize-panes", value))
            rename = window.saved["automatic_rename"]
            if rename is None:
                lines.append(("set-option", "-w", "-u", "-t", target, "automatic-rename"))
            else:
                lines.append(("set-option", "-w", "-t", target, "automatic-rename", str(rename)))
        return lines

    def _marks(self) -> list[tuple[str, ...]]:
        marked = [pane_id for pane_id, pane in self.built.panes.items() if pane.saved["marked"]]
        if not marked:
            return []
        answer = self._ctx.tmux.run(("display-message", "-p", "#{pane_marked_set}"))
        if answer.output.strip() == b"1":
            self._plan.lose(self.built.panes[marked[0]].item, "marked", "another pane of the server is marked now")
            return []
        return [("select-pane", "-m", "-t", marked[0])]

    def _session_ends(self) -> list[tuple[str, ...]]:
        target = f"{self.built.session_id}:"
        # Panes have the variables that they had, which may be older than those of the session.
        lines: list[tuple[str, ...]] = [
            ("set-environment", "-t", target, name, value) for name, value in self._plan.environment.items()
        ]
        for name in _AT_THE_END:
            if name in self._plan.options:
                lines.append(("set-option", "-t", target, name, self._plan.options[name]))
            else:
                lines.append(("set-option", "-u", "-t", target, name))
        lines.append(argv.stays_unattached(target))
        if self._plan.options.get("destroy-unattached", "off") != "off":
            self._plan.lose("session", "destroy-unattached", "it would end the session that has no client yet")
        if snapshots.session(self._plan.document)["owned"]:
            lines.append(("set-option", "-t", target, argv.SESSION_OWNER, f"{ids.nonce()}:{self.built.session_id}"))
        lines.append(("set-option", "-u", "-t", target, argv.RESTORING))
        return lines

    def _lines(self, commands: list[tuple[str, ...]]) -> None:
        """Run commands of which one that fails does not stop the others; tmux's words are noted."""
        if not commands:
            return
        done = ids.nonce()  # tmux's words alone may be those of a user's hooks
        text = "".join(
            " ".join(escaped(word) for word in command) + f" ; display-message -p {done}\n" for command in commands
        )
        answer = self._ctx.tmux.run(("source-file", "-"), text=text.encode("utf-8", "surrogateescape"))
        if answer.no_server:
            raise failed(answer)
        if answer.output.count(done.encode()) == len(commands):
            return
        for row in answer.error.splitlines():
            self._plan.lose(f"tmux: {row}", "options", f"tmux refused it: {row}")

    def _fail(self, item: str, field: str, reason: str) -> None:
        self.built.failures.append(item)
        self._plan.lose(item, field, f"tmux could not make it: {reason or 'no reason given'}")


def _set_hooks(text: str) -> list[str]:
    """The names of the hooks that do something, from what `show-hooks` printed."""
    named = (row.partition(" ")[0].partition("[") for row in text.splitlines())
    return list(dict.fromkeys(name for name, index, _ in named if index))


def exists(name: str) -> BridgeError:
    """A session of that name is there, and restoring does not touch it."""
    return BridgeError(
        "ERR_SESSION_EXISTS",
        f"session exists already: {name!r}; it was not touched",
        hint="--as NAME gives another name, --on-conflict rename finds one, --on-conflict skip is content with it",
        output="Session already exists",
    )


def is_torso(value: str) -> bool:
    """Whether the mark of a session under construction is that of a process that has ended."""
    pid, _, started = value.partition(" ")
    if not pid.isdigit() or len(pid) > 10:
        return False
    found = process.read_process(int(pid))
    return found is None or str(found.started) != started


def _identity() -> str:
    own = process.read_process(os.getpid())
    return f"{os.getpid()} {own.started if own else 0}"


def _depth(window: dict[str, object]) -> int:
    return snapshots.integer(window["stack"])
