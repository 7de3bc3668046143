"""The daemon begun with the machine: what is written where, whether systemd takes it, and that it can be taken back."""

from __future__ import annotations

import shutil
import subprocess

import pytest

from bridge.config import Config
from bridge.context import Context
from bridge.features.daemon import autostart

CRONTAB = """#!/bin/sh
case $1 in
-l) [ -e "$HOME/tab" ] || { echo "no crontab for you" >&2; exit 1; }; cat "$HOME/tab" ;;
-) cat >"$HOME/tab" ;;
esac
"""
STRANGE = "a b\"c'd$HOME%h\\e`f`#g"


@pytest.fixture
def cron(box):
    """A machine without systemd and with a crontab that is a file."""
    folder = box.directory / "bin"
    folder.mkdir()
    (folder / "crontab").write_text(CRONTAB)
    (folder / "crontab").chmod(0o755)
    box.env["PATH"] = f"{folder}:{box.env['PATH']}"
    return box


def context(box, **more) -> Context:
    environ = box.env | {"XDG_CONFIG_HOME": str(box.home / "config")} | more
    return Context(Config(environ, files={}), environ, script=False)


def test_a_line_of_the_crontab(cron, monkeypatch):
    tab = cron.home / "tab"
    tab.write_text("0 5 * * * other\n")
    for _ in range(2):  # a second time changes nothing
        answer = cron.bridge("daemon-start", "--install", env={"BRIDGE_LOG_LIMIT_MB": "7"}).ok()
    assert answer["pid"] is None
    assert cron.bridge("daemon-status").json["running"] is False
    first, line = tab.read_text().splitlines()
    assert first == "0 5 * * * other"
    assert answer["installed"] == line
    assert line.startswith("@reboot ")
    assert line.endswith(" >/dev/null 2>&1 # bridge-daemon")
    assert "BRIDGE_LOG_LIMIT_MB=7 " in line
    # What cron would do: the escaped percent signs are its own.
    done = cron.call(["sh", "-c", line.removeprefix("@reboot ").replace("\\%", "%")], env={"PATH": "/usr/bin:/bin"})
    assert done.status == 0
    assert cron.bridge("daemon-status").ok()["running"]
    gone = cron.bridge("daemon-stop", "--uninstall").ok()
    assert gone["uninstalled"] == line
    assert tab.read_text() == "0 5 * * * other\n"
    assert cron.bridge("daemon-stop", "--uninstall").code == "ERR_DAEMON"


def test_a_crontab_that_refuses_is_told(cron):
    cron.bridge("daemon-start", "--install").ok()
    before = (cron.home / "tab").read_text()
    program = cron.directory / "bin" / "crontab"
    program.write_text('#!/bin/sh\n[ "$1" != -l ] || exec cat "$HOME/tab"\necho "not allowed" >&2\nexit 1\n')
    for words in (("daemon-stop", "--uninstall"), ("daemon-start", "--install")):
        done = cron.bridge(*words, env={"BRIDGE_LOG_LIMIT_MB": "9"})
        assert done.code == "ERR_UNSUPPORTED"
        assert "not allowed" in done.json["error"]["message"]
    assert (cron.home / "tab").read_text() == before


def test_where_there_is_neither_the_line_is_told(box):
    if autostart.os.path.isdir(autostart._SYSTEMD_RUNS) or shutil.which("crontab"):
        pytest.skip("this machine has one of them")
    answer = box.bridge("daemon-start", "--install")
    assert answer.code == "ERR_UNSUPPORTED"
    assert "@reboot" in answer.json["error"]["hint"]


def test_a_unit_of_systemd(box, monkeypatch, tmp_path):
    monkeypatch.setattr(autostart, "_SYSTEMD_RUNS", str(tmp_path))
    monkeypatch.setattr(autostart.shutil, "which", lambda name: f"/usr/bin/{name}")
    ctx = context(box, BRIDGE_EVENTS_DIR=f"/{STRANGE}")
    made = autostart.install(ctx, "*")
    assert made.kind == "systemd"
    assert made.place == str(box.home / "config/systemd/user/bridge-daemon.service")
    assert "systemctl --user enable --now bridge-daemon.service" in made.hint
    text = (box.home / "config/systemd/user/bridge-daemon.service").read_text()
    assert '"daemon-start" "*" "--foreground"\n' in text
    assert f'Environment="BRIDGE_SOCKET={ctx.config.server}"\n' in text
    assert 'Environment="BRIDGE_EVENTS_DIR=/a b\\"c\'d$HOME%%h\\\\e`f`#g"\n' in text
    wants = box.home / "config/systemd/user/default.target.wants"
    wants.mkdir()
    (wants / "bridge-daemon.service").symlink_to(made.place)
    assert autostart.uninstall(ctx) == made.place
    assert not (wants / "bridge-daemon.service").is_symlink()
    assert not autostart.os.path.exists(made.place)


def test_a_unit_that_somebody_else_has_written_is_left_alone(box, monkeypatch, tmp_path):
    monkeypatch.setattr(autostart, "_SYSTEMD_RUNS", str(tmp_path))
    monkeypatch.setattr(autostart.shutil, "which", lambda name: f"/usr/bin/{name}")
    place = box.home / "config/systemd/user/bridge-daemon.service"
    place.parent.mkdir(parents=True)
    place.write_text("[Unit]\n")
    with pytest.raises(Exception, match="not written by bridge"):
        autostart.install(context(box), "*")
    assert place.read_text() == "[Unit]\n"


def test_systemd_takes_the_unit(box, tmp_path):
    if not shutil.which("systemd-analyze"):
        pytest.skip("systemd-analyze is not installed")
    ctx = context(box, BRIDGE_EVENTS_DIR=f"/{STRANGE}")
    path = tmp_path / "bridge-daemon.service"
    path.write_text(autostart.unit(ctx, [str(box.built), "daemon-start", "a b$c%d\"e'", "--foreground"]))
    done = subprocess.run(
        ["systemd-analyze", "--user", "verify", str(path)], capture_output=True, text=True, timeout=60, check=False
    )
    told = [row for row in (done.stdout + done.stderr).splitlines() if "bridge-daemon" in row]
    assert told == []
