"""Ten things that agents do in terminals, each as a sensible agent does them with the bash script and with bridge.

A task has `panes`, files that it needs, what has to be learned (`wanted`), and two ways. The answer is made
from what the calls have said and from nothing else.
"""

from __future__ import annotations

import re
import socket
from pathlib import Path

from agent_ways import Ours, Script

Answer = tuple[object, ...]
SHELL, PYTHON, PDB = r"^\$ $", "^>>> $", r"^\(Pdb\) $"


def run(pane: int, command: str, *fields: str, **more: object) -> tuple[str, dict[str, object], list[str]]:
    """A pane-run that an agent would make."""
    values = {"session": "dev", "pane": str(pane), "command": command, "timeout": 60} | more
    return "pane-run", values, list(fields or ("exit_code", "output"))


def ask(text: str, pattern: str, *fields: str) -> tuple[str, dict[str, object], list[str]]:
    """A pane-ask that an agent would make."""
    values = {"session": "dev", "pane": "0", "text": text, "pattern": pattern, "timeout": 60}
    return "pane-ask", values, list(fields or ("output",))


def typed(script: Script, pane: int, command: str, number: int = 1) -> None:
    """Type a command so that its end can be seen: a pane that runs a script looks idle to pane-wait."""
    script.call("pane-exec", "dev", str(pane), f"{command}; echo EXIT{number}:$?")


def code(script: Script, pane: int, number: int = 1, timeout: float = 60) -> int | None:
    """The exit code that is printed at last, None where the time was over."""
    said = script.call("pane-watch-timeout", "dev", str(pane), f"^EXIT{number}:[0-9]+", str(timeout))
    found = re.search(rf"EXIT{number}:(\d+)", said)
    return int(found[1]) if found else None


def number_of(text: object, pattern: str) -> str | None:
    found = re.search(pattern, str(text), re.MULTILINE)
    return found[1] if found else None


class Task:
    """One task; `wanted` is the right answer."""

    name = ""
    panes = 1
    wanted: Answer = ()

    def prepare(self, work: Path) -> None:
        """Make the files."""

    def by_script(self, script: Script) -> Answer:
        raise NotImplementedError

    def by_bridge(self, ours: Ours) -> Answer:
        raise NotImplementedError


class Tests(Task):
    name = "tests fail: which, why; mend, run again"
    wanted = (1, "test_17", 0)

    def prepare(self, work: Path) -> None:
        lines = [f"echo 'test_{n:02} ... ok'" for n in range(1, 31)]
        lines[16] = "test -e fixed && echo 'test_17 ... ok' || { echo 'test_17 ... FAILED: no file fixed'; bad=1; }"
        (work / "tests.sh").write_text("\n".join([*lines, "exit ${bad-0}", ""]))

    def by_script(self, script: Script) -> Answer:
        script.turn()
        typed(script, 0, "sh tests.sh")
        first = code(script, 0)
        said = script.call("pane-capture", "dev", "0", "40")
        script.turn()
        typed(script, 0, "touch fixed; sh tests.sh", 2)
        return first, number_of(said, r"^(test_\d+) .*FAILED"), code(script, 0, 2)

    def by_bridge(self, ours: Ours) -> Answer:
        (first,) = ours.ask(run(0, "sh tests.sh"))
        (second,) = ours.ask(run(0, "touch fixed; sh tests.sh", "exit_code"))
        return first["exit_code"], number_of(first["output"], r"^(test_\d+) .*FAILED"), second["exit_code"]


class Server(Task):
    name = "a server: start, wait for its line"
    wanted = (True, True)

    def prepare(self, work: Path) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.command = f"python3 -u -m http.server {self.port} --bind 127.0.0.1"

    def listens(self) -> bool:
        with socket.socket() as client:
            return client.connect_ex(("127.0.0.1", self.port)) == 0

    def by_script(self, script: Script) -> Answer:
        script.turn()
        script.call("pane-exec", "dev", "0", self.command)
        return "Serving" in script.call("pane-watch-timeout", "dev", "0", "^Serving HTTP", "60"), self.listens()

    def by_bridge(self, ours: Ours) -> Answer:
        (up,) = ours.ask(ask(self.command, "^Serving HTTP", "outcome"))
        return up.get("outcome") == "matched", self.listens()


class Repl(Task):
    name = "a Python REPL: two questions"
    wanted = ("90", "ZeroDivisionError")

    def by_script(self, script: Script) -> Answer:
        script.turn()
        script.call("pane-exec", "dev", "0", "python3 -q")
        script.call("pane-watch-timeout", "dev", "0", "^>>>", "60")
        script.turn()
        script.call("pane-exec", "dev", "0", "2 * sum(range(10))")
        script.pause()
        first = script.call("pane-capture", "dev", "0", "0")
        script.turn()
        script.call("pane-exec", "dev", "0", "1 / 0")
        script.pause()
        return number_of(first, r"^(\d+)$"), number_of(script.call("pane-capture", "dev", "0", "0"), r"^(\w+Error)")

    def by_bridge(self, ours: Ours) -> Answer:
        ours.ask(ask("python3 -q", PYTHON, "outcome"))
        (first,) = ours.ask(ask("2 * sum(range(10))", PYTHON))
        (second,) = ours.ask(ask("1 / 0", PYTHON))
        return number_of(first["output"], r"^(\d+)$"), number_of(second["output"], r"^(\w+Error)")


class Log(Task):
    name = "follow a log until an error"
    wanted = ("E42",)

    def prepare(self, work: Path) -> None:
        rows = "for n in $(seq 60); do echo INFO request $n served; done; sleep 1.2; echo ERROR E42 disk full; sleep 60"
        (work / "app.sh").write_text(rows)

    def by_script(self, script: Script) -> Answer:
        script.turn()
        script.call("pane-exec", "dev", "0", "sh app.sh")
        return (number_of(script.call("pane-watch-timeout", "dev", "0", "^ERROR", "60"), r"^ERROR (\w+)"),)

    def by_bridge(self, ours: Ours) -> Answer:
        (found,) = ours.ask(ask("sh app.sh", "^ERROR", "matches"))
        return (number_of("\n".join(found["matches"]), r"^ERROR (\w+)"),)


class Build(Task):
    name = "a long build: a look on the way, then the end"
    wanted = (True, 3, "linker")

    def prepare(self, work: Path) -> None:
        rows = "for n in 1 2 3 4 5 6; do echo compiling part $n; sleep 0.5; done; echo error: linker failed; exit 3"
        (work / "build.sh").write_text(rows)

    def by_script(self, script: Script) -> Answer:
        script.turn()
        typed(script, 0, "sh build.sh")
        code(script, 0, timeout=1.5)
        look = script.call("pane-capture", "dev", "0", "0")
        script.turn()
        ended = code(script, 0)
        said = script.call("pane-capture", "dev", "0", "0")
        return "part 1" in look and "error" not in look, ended, number_of(said, r"^error: (\w+)")

    def by_bridge(self, ours: Ours) -> Answer:
        (look,) = ours.ask(run(0, "sh build.sh", "outcome", "output", "run_id", timeout=1.5))
        (end,) = ours.ask(("run-result", {"run_id": look["run_id"], "wait": 60}, ["exit_code", "output"]))
        going = "part 1" in str(look["output"]) and "error" not in str(look["output"])
        return going, end["exit_code"], number_of(end["output"], r"^error: (\w+)")


class Debugger(Task):
    name = "a crash in pdb: where, and a variable"
    wanted = ("ZeroDivisionError", "7")

    def prepare(self, work: Path) -> None:
        (work / "bug.py").write_text("def half(total):\n    return total / 0\n\nhalf(7)\n")

    def by_script(self, script: Script) -> Answer:
        script.turn()
        script.call("pane-exec", "dev", "0", "python3 -m pdb -c continue bug.py")
        script.call("pane-watch-timeout", "dev", "0", r"^\(Pdb\)", "60")
        crash = script.call("pane-capture", "dev", "0", "0")
        script.turn()
        script.call("pane-exec", "dev", "0", "p total")
        script.pause()
        return number_of(crash, r"(\w+Error)"), number_of(script.call("pane-capture", "dev", "0", "0"), r"^(\d+)$")

    def by_bridge(self, ours: Ours) -> Answer:
        (crash,) = ours.ask(ask("python3 -m pdb -c continue bug.py", PDB))
        (value,) = ours.ask(ask("p total", PDB))
        return number_of(crash["output"], r"(\w+Error)"), number_of(value["output"], r"^(\d+)$")


class Parallel(Task):
    name = "four panes at the same time"
    panes = 4
    wanted = (0, 3, 0, 5)

    def commands(self) -> list[str]:
        return [f"sleep 0.{n + 1}; (exit {code})" for n, code in enumerate(self.wanted)]

    def by_script(self, script: Script) -> Answer:
        script.turn()
        for pane, command in enumerate(self.commands()):
            typed(script, pane, command)
        return tuple(code(script, pane) for pane in range(self.panes))

    def by_bridge(self, ours: Ours) -> Answer:
        found = ours.ask(*(run(pane, command, "exit_code") for pane, command in enumerate(self.commands())))
        return tuple(answer["exit_code"] for answer in found)


class Loop(Task):
    name = "edit and run again, three times"
    wanted = ("3 bugs", "2 bugs", "ok")

    def prepare(self, work: Path) -> None:
        (work / "check.sh").write_text("n=$(grep -c bug code.txt) && { echo $n bugs; exit 1; } || echo ok\n")
        (work / "code.txt").write_text("bug\nbug\nbug\n")

    def commands(self) -> list[str]:
        return ["sh check.sh", "sed -i 1d code.txt; sh check.sh", "sed -i 1,2d code.txt; sh check.sh"]

    def by_script(self, script: Script) -> Answer:
        found = []
        for number, command in enumerate(self.commands(), 1):
            script.turn()
            typed(script, 0, command, number)
            code(script, 0, number)
            said = script.call("pane-capture", "dev", "0", "0")
            found.append(re.findall(r"^(\d bugs|ok)$", said, re.MULTILINE)[-1])
        return tuple(found)

    def by_bridge(self, ours: Ours) -> Answer:
        found = []
        for command in self.commands():
            (answer,) = ours.ask(run(0, command))
            found.append(number_of(answer["output"], r"^(\d bugs|ok)$"))
        return tuple(found)


class Long(Task):
    name = "long output of which the end matters"
    wanted = (2, "4711")

    def prepare(self, work: Path) -> None:
        (work / "long.sh").write_text("seq -f 'line %g of very many' 20000; echo total 4711; exit 2\n")

    def by_script(self, script: Script) -> Answer:
        script.turn()
        typed(script, 0, "sh long.sh")
        ended = code(script, 0)
        return ended, number_of(script.call("pane-capture", "dev", "0", "0"), r"^total (\d+)")

    def by_bridge(self, ours: Ours) -> Answer:
        (answer,) = ours.ask(run(0, "sh long.sh", **{"max-output": 200}))
        return answer["exit_code"], number_of(answer["output"], r"^total (\d+)")


class Eight(Task):
    name = "which of eight panes failed, and why"
    panes = 8
    wanted = (5, "no space")

    def prepare(self, work: Path) -> None:
        (work / "job.sh").write_text("sleep 0.$1; [ $1 = 5 ] || exit 0; echo job 5: no space; exit 9\n")

    def by_script(self, script: Script) -> Answer:
        script.turn()
        for pane in range(self.panes):
            typed(script, pane, f"sh job.sh {pane}")
        codes = [code(script, pane) for pane in range(self.panes)]
        script.turn()
        failed = next(pane for pane, status in enumerate(codes) if status)
        return failed, number_of(script.call("pane-capture", "dev", str(failed), "0"), r"^job \d: (.*)$")

    def by_bridge(self, ours: Ours) -> Answer:
        found = ours.ask(*(run(pane, f"sh job.sh {pane}") for pane in range(self.panes)))
        failed = next(pane for pane, answer in enumerate(found) if answer["exit_code"])
        return failed, number_of(found[failed]["output"], r"^job \d: (.*)$")


TASKS = (Tests, Server, Repl, Log, Build, Debugger, Parallel, Loop, Long, Eight)
