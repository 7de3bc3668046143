"""What the built file unpacks: whole or written anew, ours alone or not believed; every call answers in JSON."""

from __future__ import annotations

import glob
import json
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

import pytest
from conftest import ROOT

DAMAGES = {
    "missing": lambda path: path.unlink(),
    "empty": lambda path: path.write_bytes(b""),
    "cut": lambda path: path.write_bytes(path.read_bytes()[: path.stat().st_size // 2]),
    "longer": lambda path: path.write_bytes(path.read_bytes() + b"x" * 100),
    "garbage": lambda path: path.write_bytes(b"\x93\xff garbage\n" * (path.stat().st_size // 11 + 1)),
    "zeros": lambda path: path.write_bytes(bytes(path.stat().st_size)),
    "unreadable": lambda path: path.chmod(0),
    "writable": lambda path: path.chmod(0o666),
    "directory": lambda path: (path.unlink(), path.mkdir(), (path / "x").write_text("x")),
    "link": lambda path: (path.rename(f"{path}.away"), path.symlink_to(f"{path}.away")),
    "dangling": lambda path: (path.unlink(), path.symlink_to("/nowhere")),
}
DIRECTORY_DAMAGES = {
    "missing": shutil.rmtree,
    "empty": lambda path: (shutil.rmtree(path), path.mkdir()),
    "file": lambda path: (shutil.rmtree(path), path.write_text("x")),
    "open": lambda path: path.chmod(0o777),
    "closed": lambda path: path.chmod(0),
    "link": lambda path: (path.rename(f"{path}.away"), path.symlink_to(f"{path}.away")),
}


def pythons() -> dict[tuple[int, ...], str]:
    """Each CPython that is new enough, by its version."""
    found = {}
    for path in [
        *glob.glob("/usr/bin/python3.[0-9][0-9]"),
        *glob.glob(os.path.expanduser("~/.pyenv/versions/*/bin/python3")),
    ]:
        asked = subprocess.run([path, "-c", "import sys; print(*sys.version_info[:2])"], capture_output=True, text=True)
        version = tuple(map(int, asked.stdout.split())) if asked.returncode == 0 else ()
        if version >= (3, 11):
            found.setdefault(version, path)
    return found


PYTHONS = pythons()


class Cached:
    """The built file with a cache, a home and a PATH of its own, as root and as a plain user."""

    def __init__(self, directory: Path, built: Path, prefix: tuple[str, ...] = ()) -> None:
        self.directory, self.built, self.prefix = directory, built, prefix
        self.cache = directory / "cache"
        self.env = {"PATH": os.environ["PATH"], "HOME": str(directory), "BRIDGE_CACHE_DIR": str(self.cache)}
        self.umask = 0o022
        # All that the sh header itself needs: no Python can be found there.
        self.bare = directory / "bare"
        self.bare.mkdir()
        (self.bare / "date").symlink_to(shutil.which("date"))

    def call(self, *words: str, **env: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [*self.prefix, self.built, *words],
            env=self.env | env,
            capture_output=True,
            text=True,
            timeout=60,
            cwd="/",
            umask=self.umask,
        )

    def version(self, **env: str) -> None:
        """A call that answers, and right."""
        done = self.call("version", **env)
        assert done.returncode == 0, done.stdout + done.stderr
        assert json.loads(done.stdout)["status"] == "success"
        assert done.stderr == "[INFO] bridge 1.0.0\n" or "Traceback" not in done.stderr

    def front(self) -> None:
        """A call of the front that needs libraries; the least that it can be asked."""
        done = self.call("--version")
        assert (done.returncode, done.stdout) == (0, "bridge 1.0.0\n"), done.stderr

    def is_fast(self) -> bool:
        """Whether a call works without a Python on PATH: by what the cache names alone."""
        done = self.call("version", PATH=str(self.bare))
        answer = json.loads(done.stdout)
        assert (done.returncode, answer["status"]) in ((0, "success"), (1, "error"))
        return done.returncode == 0

    def until_fast(self) -> None:
        """Two calls: where the interpreter itself is only a second old, the first one's word is not taken."""
        self.version()
        assert self.is_fast()

    def give(self) -> None:
        """What the test has put there belongs to the user that calls."""
        if self.prefix:
            for path in [self.cache, *self.cache.rglob("*")]:
                os.chown(path, 65534, 65534, follow_symlinks=False)

    def folder_of(self, *words: str) -> Path:
        """What a call has made."""
        self.call(*words)
        return self.folder

    @property
    def folder(self) -> Path:
        (found,) = self.cache.iterdir()
        return found


def _as_nobody(tmp_path: Path, built: Path) -> Cached:
    """The same for a user who is not root: a copy of the file where he may read it."""
    setpriv = shutil.which("setpriv")
    if os.geteuid() != 0 or not setpriv:
        pytest.skip("needs root and setpriv to become another user")
    folder = tmp_path / "user"
    folder.mkdir()
    folder.chmod(0o755)
    shutil.copy(built, folder / "bridge.pyz")
    found = Cached(folder, folder / "bridge.pyz", (str(setpriv), "--reuid=65534", "--regid=65534", "--clear-groups"))
    for path in (folder, *folder.iterdir()):
        os.chown(path, 65534, 65534, follow_symlinks=False)
    found.env["PATH"] = "/usr/bin:/bin"
    return found


@pytest.fixture(params=["root", "nobody"])
def cached(request, tmp_path, built):
    if request.param == "nobody" and not glob.glob("/usr/bin/python3.1[1-9]"):
        pytest.skip("no Python that another user can run")
    if request.param == "root":
        yield Cached(tmp_path, built)
        return
    with tempfile.TemporaryDirectory(prefix="bridge-test-") as place:  # pytest closes its own to others
        Path(place).chmod(0o755)
        yield _as_nobody(Path(place), built)


@pytest.mark.parametrize("damage", DAMAGES)
@pytest.mark.parametrize("name", ["python", "*/fast.pyc", "*/fast.code"])
def test_a_damaged_file_is_written_anew(cached, name, damage):
    cached.until_fast()
    (path,) = cached.folder.glob(name)
    DAMAGES[damage](path)
    cached.give()
    cached.version()
    cached.until_fast()
    cached.front()  # rights that only the owner can have given are taken back here
    assert cached.is_fast()
    (path,) = cached.folder.glob(name)
    assert path.is_file()
    assert not path.is_symlink()
    assert path.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("damage", DIRECTORY_DAMAGES)
@pytest.mark.parametrize("name", [".", "cpython-*"])
def test_a_damaged_directory_is_made_anew(cached, name, damage):
    cached.until_fast()
    path = cached.folder if name == "." else next(cached.folder.glob(name))
    DIRECTORY_DAMAGES[damage](path)
    cached.give()
    cached.version()
    cached.until_fast()
    cached.front()
    assert cached.is_fast()
    assert path.stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize("damage", DAMAGES)
@pytest.mark.parametrize(
    "name",
    ["front/manifest", "front/site-packages/click/core.py", "front/site-packages/filelock/__init__.py", ".lib_lock"],
)
def test_damaged_libraries_are_unpacked_anew(tmp_path, built, name, damage):
    cached = Cached(tmp_path, built)
    cached.front()
    path = cached.folder / name
    DAMAGES[damage](path)
    for _ in range(2):
        done = cached.call("--table", "pane-count", "nobody")
        assert json.loads(done.stdout)["error"]["code"] == "ERR_SESSION_NOT_FOUND", done.stderr
        assert "Traceback" not in done.stderr
    if name != ".lib_lock":
        assert path.is_file()


def test_a_library_of_the_full_screen_view_is_unpacked_anew(tmp_path, built):
    cached = Cached(tmp_path, built)
    path = cached.folder_of("top") / "lib/site-packages/textual/app.py"
    for name in (path, path.parents[2] / "manifest"):
        name.write_text("raise SystemExit('damaged')")
        done = cached.call("top")  # no terminal: it says so, once it could be loaded
        assert "error" in json.loads(done.stdout)
        assert "damaged" not in name.read_text()


@pytest.mark.parametrize("copied", [False, True], ids=["link", "copy"])
def test_another_interpreter_below_the_same_name(tmp_path, built, copied):
    """An upgrade: the name that was found first is another version the next time, back and forth."""
    if len(PYTHONS) < 2:
        pytest.skip("one Python alone")
    cached = Cached(tmp_path, built)
    folder = tmp_path / "bin"
    folder.mkdir()
    for path in [*PYTHONS.values(), *reversed(PYTHONS.values())]:
        name = folder / "python3"
        name.unlink(missing_ok=True)
        if copied:
            prefix = subprocess.run([path, "-c", "import sys; print(sys.base_prefix)"], capture_output=True, text=True)
            shutil.copy(os.path.realpath(path), name)
            (folder / "pyvenv.cfg").write_text(f"home = {prefix.stdout.strip()}/bin\n")
        else:
            name.symlink_to(path)
        cached.version(PATH=f"{folder}:/usr/bin:/bin")
        cached.version(PATH=f"{folder}:/usr/bin:/bin")
    named = Path((cached.folder / "python").read_text().splitlines()[0])
    assert not named.is_symlink()


def test_another_interpreter_in_the_very_place_of_the_one_that_is_named(tmp_path, built):
    cached = Cached(tmp_path, built)
    cached.until_fast()
    first = cached.folder / "python"
    place = first.read_text().splitlines()[1]
    other = next((path for version, path in PYTHONS.items() if f"cpython-3{version[1]}" not in place), None)
    if other is None:
        pytest.skip("one Python alone")
    moved = tmp_path / "bin" / "python3"
    moved.parent.mkdir()
    first.write_text(f"{moved}\n{place}\n")
    shutil.copy(os.path.realpath(other), moved)
    cached.version()
    cached.until_fast()


@pytest.mark.parametrize("umask", [0o000, 0o002, 0o077])
def test_what_is_unpacked_is_ours_alone_whatever_the_umask(tmp_path, built, umask):
    cached = Cached(tmp_path, built)
    cached.umask = umask
    del cached.env["BRIDGE_CACHE_DIR"]
    cached.version()
    cached.front()
    cached.call("top")
    found = [path for path in (tmp_path / ".cache").rglob("*") if "__pycache__" not in str(path)]
    assert len(found) > 100
    assert [path for path in (tmp_path / ".cache", *found) if path.stat().st_mode & 0o077] == []


def _planted(cached: Cached, directory: Path, mark: Path) -> None:
    """A cache as an attacker makes it: his program in place of the interpreter."""
    evil = directory / "evil"
    build = cached.built.read_bytes().split(b"\n")[1].split()[1].decode()
    (directory / build / "x").mkdir(parents=True)
    evil.write_text(f"#!/bin/sh\necho owned >{mark}\n")
    evil.chmod(0o755)
    for name in ("fast.pyc", "fast.code"):
        (directory / build / "x" / name).write_text("x")
        os.utime(directory / build / "x" / name, (1_700_000_000,) * 2)
    os.utime(evil, (1_700_000_000,) * 2)
    os.utime(directory, (1_700_000_000,) * 2)
    (directory / build / "python").write_text(f"{evil}\n{directory / build}/x\n")


@pytest.mark.parametrize("owned", ["all", "base", "build"])
def test_what_somebody_else_has_made_is_not_executed(tmp_path, built, owned):
    """His are all of it, or the base alone with files of ours in it, or the build alone."""
    if os.geteuid() != 0:
        pytest.skip("needs root to give files to somebody else")
    cached = Cached(tmp_path, built)
    cached.cache.mkdir(mode=0o755)
    _planted(cached, cached.cache, tmp_path / "mark")
    build = next(path for path in cached.cache.iterdir() if path.is_dir())
    for path in {"all": [cached.cache, *cached.cache.rglob("*")], "base": [cached.cache], "build": [build]}[owned]:
        os.chown(path, 65534, 65534)
    if owned == "base":  # what he can do there: rename what is ours, and put in what is his
        for path in [build, *build.rglob("*")]:
            os.chown(path, 65534, 65534)
    for _ in range(3):
        cached.version()
        cached.front()
        cached.call("top")
    assert not (tmp_path / "mark").exists()
    if owned != "build":
        assert (build / "python").stat().st_uid == 65534  # not ours to mend
        assert not [*cached.cache.glob("*/lib"), *cached.cache.glob("*/front")]


@pytest.mark.parametrize("mode", [0o777, 0o775])
def test_a_directory_that_others_may_write_to_holds_nothing_that_is_executed(tmp_path, built, mode):
    cached = Cached(tmp_path, built)
    cached.cache.mkdir()
    cached.cache.chmod(mode)
    if mode == 0o775:
        if os.geteuid() != 0:
            pytest.skip("needs root to give a directory to another group")
        os.chown(cached.cache, 0, 100)
    cached.version()
    assert list(cached.cache.iterdir()) == []
    assert not cached.is_fast()
    cached.cache.chmod(0o1777)  # as /tmp: nobody but us can move what is ours there
    cached.until_fast()


def test_an_open_cache_of_an_earlier_version_is_closed(tmp_path, built):
    cached = Cached(tmp_path, built)
    del cached.env["BRIDGE_CACHE_DIR"]
    cached.cache = tmp_path / ".cache" / "bridge"
    cached.cache.mkdir(parents=True)
    cached.cache.chmod(0o777)
    cached.until_fast()
    assert cached.cache.stat().st_mode & 0o777 == 0o700


def test_the_shim_believes_no_more_than_the_file(tmp_path, built):
    """The words that lead to the cache are the same in both."""
    text = built.read_bytes()[:2000].decode("utf-8", "replace")
    shim = (ROOT / "compat" / "claude-tmux-bridge.sh").read_text()

    def conditions(text: str) -> str:
        return " ".join(
            text[text.index('if [ -z "${BRIDGE_PYTHON-}"') : text.index("; then\n", text.index("-O"))].split()
        )

    assert conditions(text) == conditions(shim)
