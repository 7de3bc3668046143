"""The full-screen view against real tmux: what it shows, what its keys do, and that the terminal is given back."""

from __future__ import annotations

import asyncio
import contextlib
import json
import re
import subprocess
import sys
from itertools import zip_longest
from pathlib import Path

import pexpect
import pytest
from conftest import TMUX, Done, _record, wait_until

from bridge.config import Config
from bridge.context import Context
from bridge.features.screens import glance
from bridge.tmux.connection import ConnectedTmux
from bridge.top.app import View
from bridge.top.lines import Lines


class Counted(ConnectedTmux):
    """A connection that counts what it is asked."""

    asked = 0

    def run(self, *commands, text=None):
        self.asked += 1
        return super().run(*commands, text=text)


@contextlib.asynccontextmanager
async def view_of(box, *, size=(80, 24), env=None, **options):
    """The view in this process, in a terminal of the library's own."""
    environ = box.env | (env or {})
    config = Config(environ)
    ctx = Context(config, environ, script=False, write=print, note=print)
    with Counted(environ, config.tmux, config.tmux_socket, config.tmux_timeout) as tmux:
        tmux.alarm = False
        ctx.tmux = tmux
        view = View(ctx, tmux, **({"interval": 0.1} | options))
        async with view.run_test(size=size) as pilot:
            yield view, pilot, tmux


def strips(view):
    return view.screen._compositor.render_strips()


def rows(view) -> list[str]:
    return ["".join(segment.text for segment in strip).rstrip() for strip in strips(view)]


async def until(view, condition, what: str, seconds: float = 10.0) -> list[str]:
    """The screen once the condition holds of its rows."""
    for _ in range(int(seconds / 0.02)):
        shown = rows(view)
        if condition(shown):
            return shown
        await asyncio.sleep(0.02)
    raise AssertionError(f"waited for {what}; the screen:\n" + "\n".join(shown))


async def shows(view, *texts: str) -> list[str]:
    return await until(view, lambda found: all(text in "\n".join(found) for text in texts), repr(texts))


async def row_of(view, start: str, *texts: str) -> str:
    """The row of the list that begins so and holds these texts."""

    def find(found):
        return [row for row in found if row[2:].startswith(start) and all(text in row for text in texts)]

    return find(await until(view, find, f"{start!r} with {texts}"))[0]


async def press(pilot, *keys: str) -> None:
    for key in keys:
        await pilot.press(key)


def foreign(box, *programs: str, session: str = "dev") -> None:
    """A session with a window for each program, whose dead panes stay."""
    for number, program in enumerate(programs):
        if number:
            box.tmux("new-window", "-d", "-t", f"={session}:", program)
        else:
            box.tmux(
                "new-session",
                "-d",
                "-s",
                session,
                "-x",
                "80",
                "-y",
                "24",
                program,
                ";",
                "set",
                "-g",
                "remain-on-exit",
                "on",
            )


# --- what it shows ---


def test_each_state_is_told_by_sign_and_words(box):
    python = f"exec {sys.executable} -q"
    foreign(box, "exec sleep 100", "cat", "exit 7", "kill -9 $$", "exec bash --norc", "read x", python)
    box.bridge("session-create", "ours").ok()
    box.bridge("pane-run", "ours", "0", "(exit 3)")

    async def look():
        async with view_of(box) as (view, _, _):
            await row_of(view, "dev:0 ", "sleep ")
            await row_of(view, "dev:1.0", "input: cat ")
            assert (await row_of(view, "dev:2.0", "dead, exit 7 ")).startswith("x ")
            assert (await row_of(view, "dev:3.0", "dead, signal 9 ")).startswith("x ")
            assert (await row_of(view, "dev:4.0", "idle ")).startswith(". ")
            assert (await row_of(view, "dev:5.0", "input: ")).startswith("? ")
            assert (await row_of(view, "dev:6.0", "input: python")).startswith("? ")
            failed = await row_of(view, "ours:0", "exit 3, idle ")
            assert failed.startswith("! ")
            assert "+" not in failed  # its shell has told when it prompted
            head = (await shows(view, ">1 run", "?3 input", "!1 failed", "x2 dead", ".1 idle"))[0]
            assert head.startswith(" bridge top  8 panes")
            box.tmux("send-keys", "-t", "=dev:4", "sleep 50", "Enter")
            assert (await row_of(view, "dev:4.0", "sleep ")).startswith("> ")

    asyncio.run(look())


def test_the_figures_are_those_of_the_processes(box):
    foreign(box, "while :; do :; done", "exec sleep 100")

    async def look():
        async with view_of(box) as (view, _, _):
            busy = await until(
                view, lambda found: [1 for row in found if re.search(r"dev:0 .* \d\d+\.\d +[▁-█]", row)], "a busy pane"
            )
            assert re.search(r"dev:1\.0 .* 0\.0 +▁* +[\d.]+M ", "\n".join(busy))
            pane = view.choice.all[0]
            assert 20 < pane.cpu <= 110
            assert pane.memory > 0.05  # a page that many processes share counts little in each

    asyncio.run(look())


def test_a_screen_of_80x24_holds_everything(box):
    foreign(box, "exec sleep 100", "printf 'one\\ntwo \\033[31mred\\033[0m\\n'; exec sleep 100")
    box.tmux("set-option", "-p", "-t", "=dev:0", "@bridge_label", "=server")
    box.bridge("event-publish", "dev", "deployed", "all is well").ok()

    async def look():
        async with view_of(box) as (view, pilot, _):
            await shows(view, "all is well", "server", "▁")
            await press(pilot, "down")
            found = await shows(view, "two red")
            plain = [
                re.sub(r"\d\d:\d\d:\d\d", "TIME", re.sub(r"(?<!:)\d+\.\d[M%]?|\d+s|%\d", "N", row)) for row in found
            ]
            # However many looks there were until now: a curve may fill its place.
            plain = [re.sub(" *[▁▂▃▄▅▆▇█]+", "  ~", re.sub("─{3,}", "──", row)) for row in plain]
            plain = [re.sub(" {2,}", "  ", row) for row in plain]
            assert plain == [
                " bridge top  2 panes in 1 session  >2 run  cpu N mem N  TIME",
                "  PANE  LABEL  STATE  CPU%  MEM",
                "> dev:0  server  sleep N  N  ~  N  ~",
                "> dev:1.0  sleep N  N  ~  N  ~",
                *[""] * 11,
                "─ dev:1.0 N ── 2/2 ─",
                "one",
                "two red",
                *[""] * 4,
                "─ events: TIME deployed dev all is well ── no daemon (bridge daemon-start) ─",
                "Enter go / filter s send t keys x stop K kill l label S save ? help q quit",
            ]
            assert {strip.cell_length for strip in strips(view)} == {80}

    asyncio.run(look())


@pytest.mark.parametrize("size", [(120, 40), (44, 12), (20, 5), (10, 2)])
def test_other_sizes_hold_what_fits(box, size):
    foreign(box, "exec sleep 100")

    async def look():
        async with view_of(box, size=size) as (view, pilot, _):
            await until(view, lambda found: view.looks > 2, "looks")
            assert {strip.cell_length for strip in strips(view)} == {size[0]}
            if size[1] > 4:
                assert any(row.startswith("> dev:0") for row in rows(view))
                assert "q quit" in rows(view)[-1] or size[0] < 16
            await pilot.resize_terminal(100, 30)
            await shows(view, "> dev:0", "─ events ", "q quit")

    asyncio.run(look())


def test_text_of_others_is_never_markup_and_never_acts(box):
    foreign(
        box, r"printf '[red]plain[/red] \033]0;owned\007\033[2J\033[35mtinted\033[0m end \342\200\256x'; exec sleep 100"
    )
    label = "=[bold]not[/bold]\\1b]0;owned\\07\\0a"
    box.tmux("set-option", "-p", "-t", "=dev:0", "@bridge_label", label)
    box.bridge("event-publish", "dev", "go", "[blink]text\x1b[2J\n[/]").ok()

    async def look():
        async with view_of(box, size=(120, 30)) as (view, _, _):
            await shows(
                view, "[bold]not[/bold]\ufffd]0;owned\ufffd\ufffd", "tinted end", "[blink]text\ufffd[2J\ufffd[/]"
            )
            segments = [segment for strip in strips(view) for segment in strip]
            assert all("\x1b" not in segment.text and "\u202e" not in segment.text for segment in segments)
            assert any("tinted" in each.text and each.style.color and each.style.color.number == 5 for each in segments)
            assert not any(segment.style and segment.style.blink for segment in segments)

    asyncio.run(look())


@pytest.mark.parametrize("colours", [True, False])
def test_without_colours_states_are_told_by_sign_and_weight(box, colours):
    foreign(box, "exec sleep 100", "exit 7")

    async def look():
        async with view_of(box, colours=colours) as (view, _, _):
            await shows(view, "> dev:0", "x dev:1.0")
            styles = [segment.style for strip in strips(view) for segment in strip if segment.style]
            names = {style.color.name for style in styles if style.color} | {
                style.bgcolor.name for style in styles if style.bgcolor
            }
            assert ({"red", "cyan"} <= names) is colours
            assert colours or names <= {"default"}
            assert any(style.bold for style in styles)

    asyncio.run(look())


def test_a_hundred_panes_cost_one_question_a_look_and_only_changed_rows_are_painted(box, monkeypatch):
    words = ["new-session", "-d", "-s", "many", "exec sleep 1000"]
    for _ in range(99):
        words += [";", "new-window", "-d", "-t", "=many:", "exec sleep 1000"]
    box.tmux(*words)
    painted: list[tuple[str, int]] = []
    changed: list[tuple[str, int]] = []
    refresh, show = Lines.refresh, Lines.show

    def counted(self, *regions, **options):
        painted.extend((self.id, region.y) for region in regions)
        return refresh(self, *regions, **options)

    def compared(self, lines):
        pairs = zip_longest(self.lines, lines)
        changed.extend((self.id, y) for y, (before, after) in enumerate(pairs) if before != after)
        show(self, lines)

    monkeypatch.setattr(Lines, "refresh", counted)
    monkeypatch.setattr(Lines, "show", compared)

    async def look():
        async with view_of(box, interval=0.3) as (view, pilot, tmux):
            await shows(view, " 100 panes", "1/100")
            await press(pilot, "end")
            await shows(view, "many:99.0", "100/100")
            await press(pilot, "home")
            await shows(view, "many:0 ", "1/100")
            glancer = view._glancer
            looks, begun, at = glancer.looks, glancer.looks + glancer.screens, tmux.asked
            painted.clear()
            changed.clear()
            await until(view, lambda _: glancer.looks >= looks + 4, "more looks")
            assert abs(tmux.asked - at - (glancer.looks + glancer.screens - begun)) <= 1
            assert painted == changed
            assert not [1 for name, _ in painted if name in ("titles", "keys", "screen", "log")]

    asyncio.run(look())


def test_a_wide_terminal_shows_command_directory_and_last_line(box):
    place = box.work / "deep" / "down"
    place.mkdir(parents=True)
    hostile = "printf 'first\\nlast \\342\\200\\256\\302\\2332Jword\\n\\n'"
    (box.work / "r.py").write_text("import time; time.sleep(100)")
    foreign(box, f"cd {place}; {hostile}; exec sleep 98765", f"cd {box.work}; exec {sys.executable} r.py 'a\033[2Jb'")
    box.bridge("session-create", "ours").ok()
    box.bridge("pane-run", "ours", "0", "echo the answer").ok()

    async def look():
        async with view_of(box, size=(200, 30), interval=0.3) as (view, _, tmux):
            found = await row_of(view, "dev:0 ", "sleep 98765", "deep/down ", "last \\u{202e}", "word")
            assert "\u202e" not in found
            await row_of(view, "dev:1.0", "python", " r.py a\\x1b[2Jb")
            await row_of(view, "ours:0", "bash", "idle", "the answer")
            assert "LAST LINE" in rows(view)[1]
            assert {strip.cell_length for strip in strips(view)} == {200}
            glancer = view._glancer
            looks, begun, at = glancer.looks, glancer.looks + glancer.screens, tmux.asked
            await until(view, lambda _: glancer.looks >= looks + 3, "more looks")
            assert abs(tmux.asked - at - (glancer.looks + glancer.screens - begun)) <= 1
            box.tmux("kill-pane", "-t", "=dev:0")
            await until(view, lambda found: "sleep 98765" not in "\n".join(found), "its end")
            await row_of(view, "ours:0", "bash", "idle", "the answer")

    asyncio.run(look())


def test_what_has_no_column_is_not_asked_for(box, monkeypatch):
    foreign(box, "exec sleep 100")
    asked, described = [], []
    real = Counted.run
    monkeypatch.setattr(Counted, "run", lambda self, *words, text=None: (asked.extend(words), real(self, *words))[1])
    monkeypatch.setattr(glance, "_describe", lambda pane, pid: described.append(pane.id))

    async def look(size):
        asked.clear()
        async with view_of(box, size=size) as (view, _, _):
            await until(view, lambda _: view.looks > 4, "looks")
        return [words for words in asked if words[0] == "capture-pane" and "-e" not in words]

    assert not asyncio.run(look((95, 24)))
    assert not described
    assert not asyncio.run(look((110, 24)))
    assert described
    assert asyncio.run(look((120, 24)))


def test_it_says_that_there_is_no_server_and_goes_on_looking(box):
    async def look():
        async with view_of(box) as (view, pilot, _):
            await shows(view, "no tmux server runs at ", "looking again")
            await press(pilot, "x", "enter", "K", "l", "down", "j", "k", "g", "G")
            await shows(view, "no pane is chosen")
            foreign(box, "exec sleep 100")
            await shows(view, "> dev:0")
            box.tmux("kill-server")
            await shows(view, "no tmux server runs at ")

    asyncio.run(look())


def test_a_session_and_a_filter_can_be_given(box):
    foreign(box, "exec sleep 100", "cat", session="one")
    foreign(box, "exec sleep 100", session="on")

    async def look():
        async with view_of(box, session="on") as (view, _, _):
            assert " 1 pane " in (await shows(view, "> on:0"))[0]
        async with view_of(box, session="none") as (view, _, _):
            await shows(view, "no session is called 'none'")
        async with view_of(box, search="input") as (view, pilot, _):
            found = await shows(view, "? one:1.0", "/input 1")
            assert not any("on:0" in row for row in found)
            await press(pilot, "escape")
            await shows(view, "> on:0", "> one:0", "? one:1.0")

    asyncio.run(look())


def test_events_come_as_they_are_made_by_the_daemon_and_without_it(box):
    foreign(box, "exec sleep 100")

    async def look():
        async with view_of(box) as (view, _, _):
            await shows(view, "no daemon (bridge daemon-start)")
            assert view._parts["log"].size.height == 1
            box.bridge("event-publish", "dev", "first", "by hand").ok()
            await shows(view, "first", "by hand")
            view._daemon_asked = -100.0  # it is asked every five seconds
            box.bridge("daemon-start").ok()
            box.bridge("session-create", "born").ok()
            await shows(view, "session-created", "born")
            await until(view, lambda found: "no daemon" not in "\n".join(found), "the daemon")
            assert view._parts["log"].size.height > 1
            box.bridge("daemon-stop").ok()
            view._daemon_asked = -100.0
            await until(view, lambda _: view._parts["log"].size.height == 1, "the daemon's end")

    asyncio.run(look())


# --- keys ---


def test_keys_choose_and_filter(box):
    foreign(box, "exec sleep 100", "cat", "exec tail -f /dev/null")

    async def look():
        async with view_of(box) as (view, pilot, _):
            await shows(view, "dev:2.0", "1/3")
            for key, place in (
                ("down", 2),
                ("down", 3),
                ("down", 3),
                ("up", 2),
                ("home", 1),
                ("end", 3),
                ("pageup", 1),
                ("j", 2),
                ("G", 3),
                ("j", 3),
                ("k", 2),
                ("g", 1),
                ("k", 1),
            ):
                await press(pilot, key)
                await shows(view, f" {place}/3 ")
            assert await pilot.click("#panes", offset=(5, 1))
            await shows(view, " 2/3 ")
            await press(pilot, "slash", "t", "a", "i", "l")
            await shows(view, "show only: tail", "/tail 1", " 1/1 ")
            await press(pilot, "enter")
            found = await until(view, lambda found: "show only" not in "\n".join(found), "the end of the question")
            assert "dev:2.0" in found[2]
            await press(pilot, "slash", "q", "q")
            await shows(view, "no pane matches 'tailqq'; Escape shows all 3")
            await press(pilot, "escape", "escape")
            await shows(view, "dev:0", "dev:2.0")

    asyncio.run(look())


def test_text_and_keys_reach_the_pane(box):
    foreign(box, "exec cat >/dev/null", "exec cat >/dev/null")

    async def look():
        async with view_of(box) as (view, pilot, _):
            await shows(view, "dev:1.0")
            await press(pilot, "down", "s", *"q-1", "enter")
            await shows(view, "pane-exec: Command: q-1")
            await press(pilot, "t", *"a", "space", *"b", "space", "E", *"nter", "enter")
            await shows(view, "pane-send-keys: Keys: a b Enter")
            await shows(view, "\nab"[1:], "q-1")
            assert box.screen("=dev:1").splitlines()[:2] == ["q-1", "ab"]
            assert box.screen("=dev:0").strip() == ""
            await press(pilot, "t", *"Entr", "enter")
            await shows(view, "ERR_USAGE ", "Entr")
            await press(pilot, "s", *"zzz", "escape")
            await until(view, lambda found: "zzz" not in "\n".join(found), "the question's end")
            assert "zzz" not in box.screen("=dev:1")

    asyncio.run(look())


def test_what_runs_is_stopped_and_a_pane_ended_only_after_a_yes(box):
    box.session("dev", panes=2)
    box.bridge("pane-exec", "dev", "0", "sleep 100").ok()

    async def look():
        async with view_of(box) as (view, pilot, _):
            await row_of(view, "dev:0 ", "sleep ")
            await press(pilot, "x")
            await shows(view, "stop what runs in pane dev:0 'main' (sleep)? y or n")
            await press(pilot, "n")
            await shows(view, "nothing was done")
            await row_of(view, "dev:0 ", "sleep ")
            await press(pilot, "x", "y")
            await shows(view, "pane-stop: Ended by interrupt")
            await row_of(view, "dev:0 ", "exit 130, idle ")
            await press(pilot, "j", "K")
            await shows(view, "end pane dev:1 'p1' (bash)? y or n")
            await press(pilot, "q")  # any key but y
            await shows(view, "nothing was done", "dev:1 ")
            await press(pilot, "K", "y")
            await shows(view, "pane-kill: Pane terminated")
            await until(view, lambda found: not any(row[2:].startswith("dev:1 ") for row in found), "the pane's end")
            await press(pilot, "K")
            await shows(view, "it is the last one, so session dev ends? y or n")
            box.tmux("kill-session", "-t", "=dev")
            await shows(view, "pane dev:0 has gone, nothing was done")

    asyncio.run(look())


def test_a_pane_is_labelled_and_a_session_saved(box):
    box.session("dev")

    async def look():
        async with view_of(box) as (view, pilot, _):
            await row_of(view, "dev:0 ", "main")
            await press(pilot, "l")
            await shows(view, "dev:0 label: main")
            await press(pilot, *["backspace"] * 4, *"[red]", "enter")
            await row_of(view, "dev:0 ", "[red] ")
            await press(pilot, "S")
            await shows(view, "session-save:", "000001-")

    asyncio.run(look())
    assert box.bridge("pane-find", "dev", "[red]").ok()["pane_id"] == "0"
    assert len(box.bridge("session-snapshots", "dev").ok()["snapshots"]) == 1


def test_the_own_pane_is_protected_and_a_refusal_is_told_with_its_hint(box):
    foreign(box, "cat", "exit 1")
    environ = {"TMUX": box.tmux("display-message", "-p", "#{socket_path},#{pid},0").strip(), "TMUX_PANE": "%0"}

    async def look():
        async with view_of(box, env=environ) as (view, pilot, _):
            await shows(view, "dev:1.0")
            for keys in (("x", "y"), ("K", "y"), ("s", "a", "enter"), ("t", "a", "enter")):
                view.tell("")
                await press(pilot, *keys)
                await shows(view, "ERR_SELF pane dev:0 is the one that this view is in (leave with q)")
            await press(pilot, "enter")
            await shows(view, "ERR_NO_TERMINAL no terminal shows the pane that this view is in")
            await press(pilot, "G", "x", "y")
            await shows(view, "ERR_PANE_GONE the program of pane 1.0 has ended (bridge pane-respawn starts it")
        assert box.screen("=dev:0").strip() == ""

    asyncio.run(look())


def test_the_page_of_help_opens_and_closes(box):
    foreign(box, "exec sleep 100")

    async def look():
        async with view_of(box) as (view, pilot, _):
            await shows(view, "> dev:0")
            await press(pilot, "question_mark")
            found = await shows(view, "press keys in the pane", "its last command has failed", "largest pane holds")
            assert not any("…" in row for row in found)
            await press(pilot, "K")
            await shows(view, "> dev:0")
            assert "y or n" not in "\n".join(rows(view))
            await press(pilot, "q")
            await pilot.pause()
            assert view.return_value == 0

    asyncio.run(look())


def test_inside_tmux_the_terminal_is_switched(box):
    foreign(box, "exec sleep 100", "exec sleep 200")
    foreign(box, "exec sleep 300", session="mine")
    mine = box.tmux("display-message", "-p", "-t", "=mine:0", "#{pane_id}").strip()
    environ = {"TMUX": box.tmux("display-message", "-p", "#{socket_path},#{pid},0").strip(), "TMUX_PANE": mine}
    person = pexpect.spawn(TMUX, ["attach", "-t", "=mine"], env=box.env, dimensions=(24, 80), timeout=10)
    try:
        wait_until(lambda: "80" in box.tmux("list-clients", "-F", "#{client_width}"), "the client")

        async def look():
            async with view_of(box, env=environ) as (view, pilot, _):
                await shows(view, "dev:1.0", "1/3")
                await press(pilot, "down", "enter")
                form = "#{client_control_mode} #{session_name}:#{window_index}"
                await until(view, lambda _: "0 dev:1\n" in box.tmux("list-clients", "-F", form), "the other session")

        asyncio.run(look())
    finally:
        person.close(force=True)


# --- a real terminal ---


def outer(box, *words) -> str:
    return box.call([TMUX, "-L", "outer", *words]).stdout


def outer_rows(box) -> list[str]:
    return outer(box, "capture-pane", "-p", "-t", "out").splitlines()


@pytest.fixture
def terminal(box):
    """A shell in a pane of another server, as a terminal whose screen can be read."""
    foreign(box, "printf 'hello from %s\\n' dev; exec cat", "exec sleep 100")
    box.env["BRIDGE_SOCKET"] = box.tmux("display-message", "-p", "#{socket_path}").strip()
    shell = "exec env PS1='$ ' bash --norc"
    outer(box, "-f", "/dev/null", "new-session", "-d", "-s", "out", "-x", "80", "-y", "24", shell)
    yield box
    outer(box, "kill-server")


def keys(box, *names: str) -> None:
    outer(box, "send-keys", "-t", "out", *names)


def seen(box, *texts: str) -> list[str]:
    wait_until(lambda: all(text in "\n".join(outer_rows(box)) for text in texts), f"{texts}\n{outer_rows(box)}", 20)
    return outer_rows(box)


def test_in_a_terminal_it_goes_to_the_pane_comes_back_and_gives_the_terminal_back(terminal):
    box = terminal
    keys(box, f"clear; echo before; stty -a >before; {box.built} --compact top; echo left $?; stty -a >after", "Enter")
    shown = seen(box, " bridge top  2 panes", "? dev:0", "hello from dev", "q quit")
    assert shown[0].startswith(" bridge top")
    keys(box, "Enter")
    wait_until(
        lambda: "0 dev:0" in box.tmux("list-clients", "-F", "#{client_control_mode} #{session_name}:#{window_index}"),
        "the client",
    )
    seen(box, "hello from dev", "[dev]")
    keys(box, "C-b", "d")
    seen(box, " bridge top  2 panes", "q quit")
    outer(box, "resize-window", "-t", "out", "-x", "60", "-y", "20")
    wait_until(lambda: outer_rows(box)[-1].startswith("Enter go / filter"), "the smaller screen")
    keys(box, "q")
    found = seen(box, "left 0")
    wait_until((box.work / "after").exists, "the settings")
    assert "before" in found
    text = "".join(found)
    answer = json.loads(text[text.index('{"status"') : text.index("left 0")])
    assert (answer["status"], answer["output"]) == ("success", "View closed\n")
    assert answer["looks"] > 1
    assert (box.work / "before").read_text().split(";", 4)[4] == (box.work / "after").read_text().split(";", 4)[4]
    assert box.tmux("list-clients") == ""


def test_a_signal_gives_the_terminal_back(terminal):
    box = terminal
    keys(box, f"stty -a >before; {box.built} top; echo left $?; stty -a >after", "Enter")
    seen(box, " bridge top  2 panes", "q quit")
    shell = outer(box, "display-message", "-p", "-t", "out", "#{pane_pid}").strip()
    box.call(["kill", "-TERM", *Path(f"/proc/{shell}/task/{shell}/children").read_text().split()])
    seen(box, "left 143")
    wait_until((box.work / "after").exists, "the settings")
    assert (box.work / "before").read_text() == (box.work / "after").read_text()
    keys(box, "echo $((40 + 2))", "Enter")
    wait_until(lambda: "42" in outer_rows(box), "a terminal that works")


def person(box, *words, env=None, front="fast") -> Done:
    """A call at a terminal; what it has answered."""
    program, *first = box.command(front)
    spawned = pexpect.spawn(
        program, [*first, *words], env=box.env | (env or {}), cwd=str(box.work), dimensions=(24, 80), timeout=30
    )
    spawned.expect(pexpect.EOF)
    spawned.close()
    text = spawned.before.decode().replace("\r\n", "\n")
    text = text[text.index('{\n  "status"') :]
    done = Done(words, subprocess.CompletedProcess(words, spawned.exitstatus, text.encode(), b""), 0.0)
    _record(words, done)
    return done


def test_refusals_are_one_envelope(box):
    assert box.bridge("top").code == "ERR_NO_TERMINAL"
    assert (box.bridge("top", "--interval", "0").code, box.bridge("top", "--interval", "61").code) == ("ERR_USAGE",) * 2
    assert person(box, "top", env={"TERM": "dumb"}).code == "ERR_NO_TERMINAL"
    (box.work / "textual.py").write_text("raise ImportError('it is broken')\n")
    broken = person(box, "top", env={"PYTHONPATH": str(box.work)}, front="click")
    assert (broken.code, broken.status) == ("ERR_UNSUPPORTED", 1)


# --- the label's own command ---


def test_a_label_is_given_changed_and_taken_away(box):
    box.session("dev", panes=2)
    done = box.bridge("pane-label", "dev", "1", "été #{pid} \x1b;").ok()
    assert (done["pane_id"], done["label"]) == ("1", "été #{pid} \x1b;")
    assert box.bridge("pane-status", "dev", "1").ok()["label"] == "été #{pid} \x1b;"
    assert box.bridge("pane-label", "dev", "été #{pid} \x1b;", "main").ok()["pane_id"] == "1"
    assert box.bridge("pane-label", "dev", "main", "x").code == "ERR_LABEL_AMBIGUOUS"
    assert box.bridge("pane-label", "dev", "1", "").ok()["label"] == "pane-1"
    assert box.bridge("pane-label", "dev", "1", "x" * 4001).code == "ERR_TOO_LARGE"
    state = json.loads((box.states / "dev.state").read_text())
    assert [pane["label"] for pane in state["panes"]] == ["main", "pane-1"]
