"""The built file starts anywhere: other Pythons, no home, no cache, no tty, as another user."""

from __future__ import annotations

import glob
import json
import os
import shutil
import subprocess
import sys

import pytest
from conftest import ROOT, TMUX

ENVELOPE_KEYS = ["status", "command", "session", "pane_id", "output", "timestamp"]


def run(built, *words, env, prefix=()):
    done = subprocess.run([*prefix, built, *words], env=env, capture_output=True, text=True, timeout=60, cwd="/")
    return done.returncode, done.stdout, done.stderr


def other_pythons():
    found = {}
    for path in [*glob.glob("/usr/bin/python3.*"), *glob.glob(os.path.expanduser("~/.pyenv/versions/*/bin/python3"))]:
        asked = subprocess.run([path, "-c", "import sys; print(*sys.version_info[:2])"], capture_output=True, text=True)
        if asked.returncode == 0:
            found.setdefault(tuple(map(int, asked.stdout.split())), path)
    return found


PYTHONS = other_pythons()


def test_it_is_reproducible(built, tmp_path):
    again = tmp_path / "again.pyz"
    subprocess.run([sys.executable, ROOT / "scripts" / "build.py", again], check=True, capture_output=True)
    assert again.read_bytes() == built.read_bytes()


@pytest.mark.parametrize("version", sorted(PYTHONS))
def test_each_python_gives_an_envelope(built, tmp_path, version):
    env = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "BRIDGE_PYTHON": PYTHONS[version]}
    for _ in range(2):
        status, stdout, stderr = run(built, "version", env=env)
        answer = json.loads(stdout)
        assert list(answer)[:6] == ENVELOPE_KEYS
        assert status == (0 if version >= (3, 11) else 1)
        assert "Traceback" not in stderr
    if version >= (3, 11):
        assert run(built, "help", env=env)[0] == 0
    else:
        assert answer["error"]["code"] == "ERR_UNSUPPORTED"


@pytest.mark.parametrize("version", [version for version in sorted(PYTHONS) if version < (3, 11)][:1])
def test_an_old_python_that_is_given_the_file_says_so(built, version):
    done = subprocess.run([PYTHONS[version], built, "version"], capture_output=True, text=True, timeout=60)
    assert json.loads(done.stdout)["error"]["code"] == "ERR_UNSUPPORTED"
    assert done.returncode == 1


def test_without_a_home(built):
    status, stdout, _ = run(built, "--compact", "version", env={"PATH": os.environ["PATH"]})
    assert (status, json.loads(stdout)["status"]) == (0, "success")


def test_an_unwritable_cache_costs_nothing_but_time(built, tmp_path):
    env = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "BRIDGE_CACHE_DIR": "/proc/nowhere"}
    assert run(built, "version", env=env)[0] == 0
    status, stdout, stderr = run(built, "help", env=env)
    assert (status, stdout.split()[0]) == (0, "Usage:")
    assert "Traceback" not in stderr


def test_as_another_user(built, tmp_path):
    if os.geteuid() != 0 or not shutil.which("setpriv"):
        pytest.skip("needs root and setpriv to become another user")
    folder = tmp_path / "user"
    folder.mkdir()
    shutil.copy(built, folder / "bridge.pyz")
    for path in (folder, folder / "bridge.pyz"):
        os.chown(path, 65534, 65534)
    for path in (tmp_path, *tmp_path.parents):
        if path != path.parent and path.stat().st_uid == 0 and str(path).count("/") > 1:
            path.chmod(path.stat().st_mode | 0o055)
    prefix = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]
    env = {
        "PATH": "/usr/bin:/bin",
        "HOME": str(folder),
        "TMUX_TMPDIR": str(folder),
        "LANG": "C",
        "BRIDGE_TMUX": TMUX,
        "SHELL": "/bin/bash",
    }
    program = folder / "bridge.pyz"
    try:
        status, stdout, stderr = run(program, "session-create", "dev", env=env, prefix=prefix)
        assert status == 0, stdout + stderr
        assert run(program, "pane-exec-timeout", "dev", "0", "10", "echo ok", env=env, prefix=prefix)[0] == 0
        assert (folder / ".local" / "state" / "bridge").stat().st_mode & 0o777 == 0o700
        folder.joinpath(".local/state/bridge").chmod(0o500)
        for path in folder.glob(".local/state/bridge/servers/*"):
            path.chmod(0o500)
        assert run(program, "pane-count", "dev", env=env, prefix=prefix)[0] == 0
    finally:
        run(program, "session-kill", "dev", env=env, prefix=prefix)
        subprocess.run([*prefix, TMUX, "kill-server"], env=env, capture_output=True)


def test_installed_commands_work(built, tmp_path):
    subprocess.run(
        [sys.executable, ROOT / "scripts" / "install.py", built, tmp_path],
        check=True,
        capture_output=True,
        env=dict(os.environ, HOME=str(tmp_path)),
    )
    env = {"PATH": f"{tmp_path}/bin:{os.environ['PATH']}", "HOME": str(tmp_path), "TMUX_TMPDIR": str(tmp_path)}
    for name in ("bridge", "tmux-bridge", "claude-tmux", "claude-tmux-bridge.sh"):
        done = subprocess.run([name, "session-list"], env=env, capture_output=True, text=True, timeout=30)
        assert done.returncode == 0, done.stderr
        assert json.loads(done.stdout)["output"] == "No sessions\n"
    done = subprocess.run(["claude-tmux-daemon.sh", "status"], env=env, capture_output=True, text=True, timeout=30)
    assert done.returncode == 1
    assert "Daemon is not running" in done.stdout
    share = tmp_path / "share"
    assert (share / "man" / "man1" / "bridge.1").read_bytes() == (ROOT / "docs" / "bridge.1").read_bytes()
    for name in (
        "bash-completion/completions/bridge",
        "zsh/site-functions/_bridge",
        "fish/vendor_completions.d/bridge.fish",
    ):
        assert "pane-status" in (share / name).read_text()
    subprocess.run(["make", "uninstall", f"PREFIX={tmp_path}"], cwd=ROOT, check=True, capture_output=True)
    assert [path for path in share.rglob("*") if path.is_file()] == []
    assert list((tmp_path / "bin").iterdir()) == []


def test_a_name_that_is_taken_is_left_to_its_owner(built, tmp_path):
    """For all users of a machine `bridge` is iproute2's, unless somebody asks for it."""
    taken, prefix = tmp_path / "taken", tmp_path / "prefix"
    taken.mkdir()
    (taken / "bridge").write_text("#!/bin/sh\n")
    (taken / "bridge").chmod(0o755)
    env = dict(os.environ, HOME=str(tmp_path / "home"), PATH=f"{taken}:{os.environ['PATH']}")
    command = [sys.executable, ROOT / "scripts" / "install.py", built, prefix]
    done = subprocess.run(command, check=True, capture_output=True, text=True, env=env)
    assert not (prefix / "bin" / "bridge").exists()
    assert f"not installed: bridge, since {taken}/bridge has that name" in done.stderr
    env["PATH"] = f"{prefix}/bin:{env['PATH']}"
    for name in ("tmux-bridge", "claude-tmux", "claude-tmux-bridge.sh"):
        done = subprocess.run([name, "version"], env=env, capture_output=True, text=True, timeout=30)
        assert json.loads(done.stdout)["status"] == "success", name
    subprocess.run([*command, "--shadow"], check=True, capture_output=True, env=env)
    assert (prefix / "bin" / "bridge").exists()


def test_uninstalling_leaves_what_is_not_ours(tmp_path):
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "bridge").write_text("#!/bin/sh\n")
    subprocess.run(["make", "uninstall", f"PREFIX={tmp_path}"], cwd=ROOT, check=True, capture_output=True)
    assert (tmp_path / "bin" / "bridge").exists()


def test_a_release_has_a_checksum_and_tells_what_is_in_it(built, tmp_path):
    copy = tmp_path / "bridge.pyz"
    shutil.copy(built, copy)
    command = [sys.executable, ROOT / "scripts" / "release.py", copy]
    subprocess.run(command, check=True, capture_output=True, cwd=ROOT / "scripts")
    subprocess.run(["sha256sum", "--check", "bridge.pyz.sha256"], cwd=tmp_path, check=True, capture_output=True)
    told = json.loads((tmp_path / "bridge.cdx.json").read_text())
    names = {item["name"].casefold() for item in told["components"]}
    assert {"click", "filelock", "orjson", "mcp", "textual"} <= names
    assert "cryptography" not in names


def test_an_environment_without_a_locale_or_terminal(built, tmp_path):
    env = {
        "PATH": "/usr/bin:/bin",
        "HOME": str(tmp_path),
        "LC_ALL": "C",
        "TMUX_TMPDIR": str(tmp_path),
        "BRIDGE_TMUX": TMUX,
    }
    try:
        assert run(built, "session-create", "日本", env=env)[0] == 0
        status, stdout, _ = run(built, "session-list", env=env)
        assert json.loads(stdout)["output"] == "日本\n"
        assert status == 0
    finally:
        subprocess.run([TMUX, "kill-server"], env=env, capture_output=True)
