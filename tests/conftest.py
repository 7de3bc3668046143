"""A real tmux on a private socket for each test, with its own home and state."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import preloaded
import pytest

from bridge.config import Config
from bridge.context import Context
from bridge.errors import BridgeError
from bridge.features.panes import lookup

collect_ignore = ["agents/live"]  # the real programs have to be installed: `make test-agents` names them
ROOT = Path(__file__).resolve().parent.parent
TMUX = os.environ.get("BRIDGE_TMUX") or shutil.which("tmux") or "tmux"
BUILT = ROOT / "dist" / "bridge.pyz"
# No status of pytest's own: to run the failed tests again would tell nothing.
ENVELOPES_WRONG = 8
RECORDS = Path(os.environ.get("BRIDGE_RECORDS") or ROOT / "tests" / ".records")


def wait_until(condition, what: str, seconds: float = 10.0):
    """The first true value of the condition; fails with the last value seen."""
    end = time.monotonic() + seconds
    value = None
    while time.monotonic() < end:
        value = condition()
        if value:
            return value
        time.sleep(0.01)
    raise AssertionError(f"waited {seconds} s for {what}; last value: {value!r}")


class Done:
    """One finished call."""

    def __init__(self, argv, process: subprocess.CompletedProcess, seconds: float) -> None:
        self.argv = argv
        self.status = process.returncode
        self.stdout = process.stdout.decode("utf-8", "surrogateescape")
        self.stderr = process.stderr.decode("utf-8", "surrogateescape")
        self.seconds = seconds

    @property
    def json(self) -> dict:
        return json.loads(self.stdout)

    @property
    def code(self) -> str:
        return self.json["error"]["code"]

    def ok(self) -> dict:
        assert self.status == 0, (self.argv, self.stdout, self.stderr)
        return self.json


class Sandbox:
    """A home, a tmux server and ways to call bridge, all private to one test."""

    def __init__(self, directory: Path, built: Path) -> None:
        self.directory = directory
        self.home = directory / "home"
        self.work = directory / "work"
        self.states = directory / "states"
        for folder in (self.home, self.work, directory / "tmux"):
            folder.mkdir(mode=0o700)
        for name in (".bash_profile", ".bashrc"):
            (self.home / name).write_text("PS1='$ '\n")
        (self.home / ".zshrc").write_text("PS1='$ '\n")
        # fish reads all man pages at its first start otherwise.
        (self.home / ".local" / "share" / "fish" / "generated_completions").mkdir(parents=True)
        self.built = built
        keep = {key: os.environ[key] for key in ("PATH", "LANG", "BRIDGE_PYTHON") if key in os.environ}
        self.env: dict[str, str] = keep | {
            "HOME": str(self.home),
            "SHELL": shutil.which("bash") or "/bin/bash",
            "TERM": "xterm-256color",
            "LANG": "C.UTF-8",
            "TMUX_TMPDIR": str(directory / "tmux"),
            "BRIDGE_TMUX": TMUX,
            "BRIDGE_STATE_DIR": str(directory / "state"),
            "BRIDGE_STATES_DIR": str(self.states),
            "BRIDGE_CACHE_DIR": str(built.parent / "cache"),
            "INPUTRC": "/dev/null",
            "BRIDGE_SIZE": "default",  # 80x24: what stands where on a screen is counted in many tests
        }
        if shutil.which("tmux") != shutil.which(TMUX):  # whoever says `tmux` means the one that is tested
            (directory / "tools").mkdir()
            (directory / "tools" / "tmux").symlink_to(shutil.which(TMUX) or TMUX)
            self.env["PATH"] = f"{directory / 'tools'}:{self.env.get('PATH', '')}"
            for name in (".bash_profile", ".bashrc", ".zshrc"):  # a login shell sets the path anew
                (self.home / name).write_text(f"PS1='$ '\nPATH={directory / 'tools'}:$PATH\n")

    def call(self, argv, *, env=None, timeout=30.0, cwd=None, text: bytes | None = None) -> Done:
        began = time.monotonic()
        process = subprocess.run(
            [str(word) if not isinstance(word, bytes) else word for word in argv],
            env=self.env | (env or {}),
            cwd=cwd or self.work,
            capture_output=True,
            timeout=timeout,
            input=text if text is not None else b"",
        )
        return Done(argv, process, time.monotonic() - began)

    def bridge(self, *words, env=None, timeout=30.0, cwd=None, front="fast", text=None) -> Done:
        """Call bridge by one of its fronts and record the envelope for the contract check."""
        if front == "click":
            done = self._click(words, env, timeout, cwd, text)
        else:
            done = self.call([*self.command(front), *words], env=env, timeout=timeout, cwd=cwd, text=text)
        _record(words, done)
        return done

    def _click(self, words, env, timeout, cwd, text) -> Done:
        """The Click front in a process of its own, that need not load Click once more."""
        began = time.monotonic()
        process = preloaded.run(words, self.env | (env or {}), cwd or self.work, text or b"", timeout)
        if process is None:
            return self.call([*self.command("click"), *words], env=env, timeout=timeout, cwd=cwd, text=text)
        return Done(process.args, process, time.monotonic() - began)

    def shim(self, *words, env=None, timeout=30.0, front="fast") -> Done:
        if front == "click":
            return self._click(("--script", *words), env, timeout, None, None)
        return self.call([ROOT / "compat" / "claude-tmux-bridge.sh", *words], env=env, timeout=timeout)

    def command(self, front: str) -> list[str]:
        if front == "click":
            code = f"import sys; sys.path.insert(0, {str(ROOT)!r}); from bridge.cli.app import main; main()"
            return [sys.executable, "-c", code]
        return [str(self.built)]

    def start(self, *words, env=None, front="fast", **kwargs) -> subprocess.Popen:
        return subprocess.Popen(
            [*self.command(front), *words],
            env=self.env | (env or {}),
            cwd=self.work,
            stdin=subprocess.DEVNULL,
            stdout=kwargs.pop("stdout", subprocess.PIPE),
            stderr=kwargs.pop("stderr", subprocess.PIPE),
            **kwargs,
        )

    def tmux(self, *words, check=True) -> str:
        done = self.call([TMUX, *words])
        # A server that ends may cut its clients off before it has answered them.
        assert done.status == 0 or not check or words == ("kill-server",), done.stderr
        return done.stdout

    def run_block(self, *options: str, text: str, timeout: float = 60) -> str:
        """What a block of a document prints in bash, where `bridge` is the built file; it must end well."""
        folder = self.directory / "path"
        folder.mkdir()
        (folder / "bridge").symlink_to(self.built)
        done = self.call(["bash", *options, "-c", text], env={"PATH": f"{folder}:{self.env['PATH']}"}, timeout=timeout)
        assert done.status == 0, done.stderr
        return done.stdout

    def screen(self, target: str) -> str:
        return self.tmux("capture-pane", "-p", "-t", target)

    def use_shell(self, name: str) -> None:
        """Have panes run this shell; skips the test where it is not installed."""
        program = shutil.which(name)
        if program is None:
            pytest.skip(f"{name} is not installed")
        self.env["SHELL"] = program

    def session(self, name: str = "dev", panes: int = 1) -> str:
        """A session whose first pane is at its prompt; its name."""
        self.bridge("session-create", name).ok()
        for number in range(1, panes):
            self.bridge("pane-create", name, f"p{number}").ok()
        self.await_prompt(name)
        return name

    def await_prompt(self, session: str, pane: str = "0") -> None:
        """Wait until bridge says so; it is asked here, since a process for each look was a tenth of all work."""

        def has_prompt() -> bool:
            try:
                found = lookup.find(self.context(), session, pane)[1]
            except BridgeError:
                return False
            end = time.monotonic() + 0.2
            while time.monotonic() < end:  # the system tells it, without tmux
                if lookup.is_running(found) is False:
                    return True
                time.sleep(0.005)
            return False

        wait_until(has_prompt, f"prompt of {session} {pane}")

    def context(self, **settings: str) -> Context:
        """What a call of this sandbox would have, for asking bridge in this process."""
        environ = self.env | settings
        context = Context(Config(environ), environ, script=False)
        context.tmux.alarm = False  # the alarm is that of pytest's own time limit
        return context

    def close(self) -> None:
        if list((self.directory / "state").rglob("daemon.lock")):
            self.call([*self.command("fast"), "daemon-stop"])
        subprocess.run([TMUX, "kill-server"], env=self.env, capture_output=True, timeout=20)


def _record(words, done: Done) -> None:
    if not done.stdout.startswith("{"):
        return
    RECORDS.mkdir(exist_ok=True)
    with (RECORDS / f"{os.getpid()}.jsonl").open("a", encoding="utf-8", errors="replace") as file:
        file.write(
            json.dumps({"words": [str(word) for word in words], "stdout": done.stdout, "status": done.status}) + "\n"
        )


class Build(threading.Thread):
    """Builds the one file where the shims look for it, beside what goes on; `problem` tells what went wrong."""

    problem = ""

    def run(self) -> None:
        cache = BUILT.parent / "cache"
        env = dict(os.environ, BRIDGE_CACHE_DIR=str(cache))
        first = [[BUILT, name] for name in ("version", "help", "mcp")]  # each has something to unpack
        for command in ([sys.executable, ROOT / "scripts" / "build.py", BUILT], *first):
            try:
                subprocess.run(command, env=env, stdin=subprocess.DEVNULL, capture_output=True, check=True, timeout=300)
            except (OSError, subprocess.SubprocessError) as problem:
                self.problem = f"{problem}\n{(getattr(problem, 'stderr', None) or b'').decode('utf-8', 'replace')}"
                return
            if command[0] != BUILT:
                shutil.rmtree(cache, ignore_errors=True)


BUILD = pytest.StashKey[Build]()


def pytest_sessionstart(session) -> None:
    """Begin to build; meanwhile compile every test's module once, before all workers do."""
    config = session.config
    if hasattr(config, "workerinput") or config.option.collectonly:
        return
    shutil.rmtree(RECORDS, ignore_errors=True)
    build = config.stash[BUILD] = Build()
    build.start()
    config.add_cleanup(build.join)
    if getattr(config.option, "numprocesses", None) and _is_whole(config) and not sys.dont_write_bytecode:
        words = ["-m", "pytest", "-q", "--collect-only", "-p", "no:cacheprovider", *config.args]
        subprocess.run([sys.executable, *words], cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


@pytest.hookimpl(tryfirst=True)
def pytest_runtestloop(session) -> None:
    """No test begins before the file is built."""
    build = session.config.stash.get(BUILD, None)
    if build is not None:
        build.join()
        if build.problem:
            pytest.exit(f"the file cannot be built: {build.problem}", returncode=1)


def pytest_sessionfinish(session, exitstatus) -> None:
    """Check every recorded envelope; after a whole run also that each declared error was reached."""
    if hasattr(session.config, "workerinput") or session.config.option.collectonly:
        return
    from contract import envelopes

    records = [
        json.loads(row) for path in RECORDS.glob("*.jsonl") for row in path.read_text(encoding="utf-8").splitlines()
    ]
    found = envelopes.problems(records)
    if _is_whole(session.config) and exitstatus == 0:
        found += envelopes.unreached(records)
    told = "\n  ".join([f"{len(records)} envelopes checked against their rows, {len(found)} problems", *found])
    session.config.add_cleanup(lambda: sys.stdout.write(f"{told}\n"))
    if found and exitstatus == 0:
        session.exitstatus = ENVELOPES_WRONG


def _is_whole(config) -> bool:
    option = config.option
    return (
        not option.keyword
        and not getattr(option, "lf", False)
        and all(Path(arg).name == "tests" for arg in config.args)
    )


@pytest.fixture(scope="session")
def built() -> Path:
    """The one file."""
    return BUILT


@contextlib.contextmanager
def sandbox(built: Path):
    """A private sandbox under a short path; its tmux server is ended afterwards."""
    with tempfile.TemporaryDirectory(prefix="b", ignore_cleanup_errors=True) as directory:
        made = Sandbox(Path(directory), built)
        try:
            yield made
        finally:
            made.close()


@pytest.fixture
def box(built):
    """A private sandbox for one test."""
    with sandbox(built) as made:
        yield made
