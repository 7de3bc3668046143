"""bridge and its peers, each called in the way that its own documents recommend."""

from __future__ import annotations

import json
import re
import time
from pathlib import Path

from peers.callers import Failed, Program, Service
from peers.contestant import Contestant, Pane, Ran, last_lines

SLACK = 20  # seconds beyond its own time limit in which a call must be back


class BridgeProgram(Program):
    """The one file, a process for each call."""

    name = "bridge"
    kind = "command"

    def ask_json(self, *words: str, text: str | None = None, timeout: float = 60) -> dict[str, object]:
        return json.loads(self.call("--quiet", "--compact", *words, text=text, timeout=timeout))

    def run(self, pane: Pane, command: str, timeout: float, last: int = 0) -> Ran:
        few = ("--max-output", str(last * 40)) if last else ()
        words = ("pane-run", pane.session, "0", "--timeout", str(timeout), *few, "--", "-")
        return ran_by_bridge(self.ask_json(*words, text=command, timeout=timeout + SLACK))

    def send(self, pane: Pane, text: str) -> None:
        self.ask_json("pane-exec", pane.session, "0", "--", text)

    def look(self, pane: Pane) -> str:
        return last_lines(str(self.ask_json("pane-capture", pane.session, "0", "0")["output"]))

    def wait(self, pane: Pane, pattern: str, timeout: float) -> str:
        words = ("pane-wait-for", pane.session, "0", "--pattern", pattern, "--screen", "--timeout", str(timeout))
        return matched(self.ask_json(*words))

    def send_and_wait(self, pane: Pane, text: str, pattern: str, timeout: float) -> str:
        words = ("pane-ask", pane.session, "0", "--pattern", pattern, "--timeout", str(timeout), "--", text)
        return matched(self.ask_json(*words))

    def ask(self, pane: Pane, text: str, prompt: str) -> str:
        words = ("pane-ask", pane.session, "0", "--pattern", prompt, "--timeout", "20", "--", text)
        return str(self.ask_json(*words)["output"])

    def begin(self, pane: Pane, command: str) -> object:
        return self.ask_json("pane-run", pane.session, "0", "--background", "--", command)["run_id"]

    def end(self, pane: Pane, handle: object, timeout: float) -> tuple[int | None, str]:
        answer = self.ask_json("run-result", str(handle), "--wait", str(timeout))
        return answer["exit_code"], str(answer["output"])

    def interrupt(self, pane: Pane) -> None:
        self.ask_json("pane-send-keys", pane.session, "0", "C-c")

    def stop(self, pane: Pane) -> str:
        return str(self.ask_json("pane-stop", pane.session, "0").get("ended_by"))

    def is_waiting(self, pane: Pane, command: str) -> bool:
        answer = self.ask_json("pane-run", pane.session, "0", "--timeout", "20", "--", command)
        return answer["outcome"] == "needs-input"


class BridgeService(Service):
    """The same file as a server."""

    name = "bridge mcp"
    kind = "MCP server"
    words = ("mcp", "--tier", "destroy")

    def run(self, pane: Pane, command: str, timeout: float, last: int = 0) -> Ran:
        values = self._at(pane, command=command, timeout=timeout)
        answer = dict(self.call("pane_run", values, timeout + SLACK))
        cut, before = None if last else answer.get("cut"), ""
        while cut:  # what an answer leaves out is read on by its cursor
            more = self.call("pane_read", self._at(pane, cursor=cut["cursor"]))
            before += str(more["output"])
            cut = more.get("cut") or ({"cursor": more["cursor"]} if more.get("more") else None)
        return ran_by_bridge(answer | {"output": before + str(answer["output"])})

    def _at(self, pane: Pane, **more: object) -> dict[str, object]:
        return {"session": pane.session, "pane": "0"} | more

    def send(self, pane: Pane, text: str) -> None:
        self.call("pane_send", self._at(pane, kind="text", text=text))

    def look(self, pane: Pane) -> str:
        asked = {"command": "pane-capture", "arguments": self._at(pane, lines=0)}
        return last_lines(str(self.call("bridge_command", asked)["output"]))

    def wait(self, pane: Pane, pattern: str, timeout: float) -> str:
        return matched(self.call("pane_wait_for", self._at(pane, pattern=pattern, screen=True, timeout=timeout)))

    def send_and_wait(self, pane: Pane, text: str, pattern: str, timeout: float) -> str:
        return matched(self._asked(pane, text, pattern, timeout))

    def _asked(self, pane: Pane, text: str, pattern: str, timeout: float) -> dict[str, object]:
        return self.call("pane_send", self._at(pane, kind="ask", text=text, pattern=pattern, timeout=timeout))

    def ask(self, pane: Pane, text: str, prompt: str) -> str:
        return str(self._asked(pane, text, prompt, 20)["output"])

    def begin(self, pane: Pane, command: str) -> object:
        return self.call("pane_run", self._at(pane, command=command, background=True))["run_id"]

    def end(self, pane: Pane, handle: object, timeout: float) -> tuple[int | None, str]:
        asked = {"command": "run-result", "arguments": {"run_id": str(handle), "wait": timeout}}
        answer = self.call("bridge_command", asked)
        return answer["exit_code"], str(answer["output"])

    def interrupt(self, pane: Pane) -> None:
        self.call("pane_send", self._at(pane, kind="keys", text="C-c"))

    def stop(self, pane: Pane) -> str:
        asked = {"command": "pane-stop", "arguments": self._at(pane)}
        return str(self.call("bridge_command", asked).get("ended_by"))

    def is_waiting(self, pane: Pane, command: str) -> bool:
        return self.call("pane_run", self._at(pane, command=command, timeout=20))["outcome"] == "needs-input"


def ran_by_bridge(answer: dict[str, object]) -> Ran:
    known = answer.get("outcome") in ("exited", "signalled")
    return Ran(str(answer["output"]), answer.get("exit_code"), admitted=not known, said=answer)


def matched(answer: dict[str, object]) -> str:
    found = answer.get("matches") or [""]
    return str(found[-1]) if answer.get("outcome") == "matched" else ""


class TmuxCli(Program):
    """tmux-cli of claude-code-tools: `execute` for commands, `send` and `wait_idle` for programs."""

    name = "tmux-cli"
    distribution = "claude-code-tools"
    kind = "command"

    def run(self, pane: Pane, command: str, timeout: float, last: int = 0) -> Ran:
        words = (f"--command={command}", f"--pane={pane.place}", f"--timeout={max(1, round(timeout))}")
        answer = first_object(self.call("execute", *words, timeout=timeout + SLACK))
        code = answer["exit_code"]
        return Ran(str(answer["output"]), None if code == -1 else code, admitted=code == -1)

    def send(self, pane: Pane, text: str) -> None:
        self.call("send", f"--text={text}", f"--pane={pane.place}")

    def look(self, pane: Pane) -> str:
        return last_lines(self.call("capture", f"--pane={pane.place}"))

    def ask(self, pane: Pane, text: str, prompt: str) -> str:
        self.send(pane, text)
        self.call("wait_idle", f"--pane={pane.place}", "--idle-time=1.0", "--timeout=20")
        return self.look(pane)

    def interrupt(self, pane: Pane) -> None:
        self.call("interrupt", f"--pane={pane.place}")


def first_object(text: str) -> dict[str, object]:
    """The first JSON object that stands in a text."""
    if "{" not in text:
        raise Failed(text.strip()[-300:] or "no answer")
    found, _ = json.JSONDecoder().raw_decode(text[text.index("{") :])
    return found


class Twmux(Program):
    """twmux: `exec` for commands, `send` and `wait-idle` for programs; its own socket is called claude."""

    name = "twmux"
    distribution = "twmux"
    socket = "claude"
    kind = "command"
    limit = 25.0  # its time runs out over its own start and looks where the machine is busy

    def run(self, pane: Pane, command: str, timeout: float, last: int = 0) -> Ran:
        words = ("--json", "exec", "-t", pane.place, "--timeout", str(timeout), "--", command)
        answer = first_object(self.call(*words, timeout=timeout + SLACK))
        if "exit_code" not in answer:
            raise Failed(str(answer.get("error")))
        unknown = bool(answer["timed_out"]) or answer["exit_code"] == -1
        return Ran(str(answer["output"]), None if unknown else answer["exit_code"], admitted=unknown)

    def send(self, pane: Pane, text: str) -> None:
        self.call("--json", "send", "-t", pane.place, "--", text)

    def look(self, pane: Pane) -> str:
        return last_lines("\n".join(first_object(self.call("--json", "capture", "-t", pane.place))["content"]))

    def ask(self, pane: Pane, text: str, prompt: str) -> str:
        self.send(pane, text)
        self.call("--json", "wait-idle", "-t", pane.place, "--timeout", "20")
        return self.look(pane)

    def interrupt(self, pane: Pane) -> None:
        self.call("--json", "interrupt", "-t", pane.place)


class McpTmux(Service):
    """mcp-tmux: `tmux_run` for commands, `tmux_wait_for_text` and `tmux_wait_for_idle` for programs."""

    name = "mcp-tmux"
    distribution = "mcp-tmux"
    kind = "MCP server"

    def run(self, pane: Pane, command: str, timeout: float, last: int = 0) -> Ran:
        values = {"target_pane": pane.place, "command": command, "timeout": timeout}
        answer = self.call("tmux_run", values, timeout + SLACK)
        return Ran(str(answer["output"]), answer["exit_code"], admitted=not answer["completed"])

    def send(self, pane: Pane, text: str) -> None:
        self.call("tmux_send_keys", {"target_pane": pane.place, "text": text, "enter": True})

    def look(self, pane: Pane) -> str:
        return last_lines(str(self.call("tmux_capture_pane", {"target_pane": pane.place})["content"]))

    def wait(self, pane: Pane, pattern: str, timeout: float) -> str:
        values = {"target_pane": pane.place, "pattern": f"(?m){pattern}", "regex": True, "timeout": timeout}
        answer = self.call("tmux_wait_for_text", values, timeout + SLACK)
        found = re.search(pattern, str(answer["content"]), re.MULTILINE)
        return found[0] if answer["matched"] and found else ""

    def ask(self, pane: Pane, text: str, prompt: str) -> str:
        self.send(pane, text)
        return last_lines(str(self.call("tmux_wait_for_idle", {"target_pane": pane.place})["content"]))

    def interrupt(self, pane: Pane) -> None:
        self.call("tmux_send_keys", {"target_pane": pane.place, "keys": ["C-c"]})


class LibtmuxMcp(Service):
    """libtmux-mcp: `run_command` for commands, `paste_text` for text, `wait_for_text` for what others print."""

    name = "libtmux-mcp"
    distribution = "libtmux-mcp"
    kind = "MCP server"
    shows_the_screen = True
    shells_of_its_own = True

    def run(self, pane: Pane, command: str, timeout: float, last: int = 0) -> Ran:
        values = {"pane_id": pane.id, "command": command, "timeout": timeout}
        if "\n" in command:
            values["suppress_history"] = False  # it takes several lines only so
        if last:
            values["max_lines"] = last
        answer = self.call("run_command", values, timeout + SLACK)
        output = "\n".join(answer["output"])
        if answer["timed_out"]:
            return Ran(output, None, admitted=True)
        return Ran(output, answer["exit_status"])

    def send(self, pane: Pane, text: str) -> None:
        if "\n" in text or "\t" in text:
            self.call("paste_text", {"pane_id": pane.id, "text": text})
            self.call("send_keys", {"pane_id": pane.id, "keys": "Enter", "enter": False})
        else:
            self.call("send_keys", {"pane_id": pane.id, "keys": text, "literal": True})

    def look(self, pane: Pane) -> str:
        return last_lines(str(self.call("capture_pane", {"pane_id": pane.id})["result"]))

    def wait(self, pane: Pane, pattern: str, timeout: float) -> str:
        """It counts only what is printed after the call, so what stands there is looked at before."""
        if found := re.search(pattern, self.look(pane), re.MULTILINE):
            return found[0]
        return self._wait_for_new(pane, pattern, timeout)

    def send_and_wait(self, pane: Pane, text: str, pattern: str, timeout: float) -> str:
        """What stands there is not looked at before, so that the typed line is not taken for an answer."""
        self.send(pane, text)
        return self._wait_for_new(pane, pattern, timeout)

    def _wait_for_new(self, pane: Pane, pattern: str, timeout: float) -> str:
        values = {"pane_id": pane.id, "patterns": [pattern], "regex": True, "timeout": timeout, "match_case": True}
        self.call("wait_for_text", values, timeout + SLACK)
        found = re.search(pattern, self.look(pane), re.MULTILINE)
        return found[0] if found else ""

    def ask(self, pane: Pane, text: str, prompt: str) -> str:
        """No wait for silence: the prompt is waited for; where it came before the wait began, a look tells."""
        first = self.call("capture_since", {"pane_id": pane.id})
        self.send(pane, text)
        end, seen = time.monotonic() + 20, ""
        cursor = first["cursor"]
        while time.monotonic() < end:
            more = self.call("capture_since", {"cursor": cursor})
            cursor = more["cursor"]
            seen += "\n".join(more["lines"]) + "\n"
            if re.search(prompt.rstrip("$").rstrip(" "), seen.split(text, 1)[-1], re.MULTILINE):
                break
            time.sleep(0.1)
        return last_lines(seen)

    def interrupt(self, pane: Pane) -> None:
        self.call("send_keys", {"pane_id": pane.id, "keys": "C-c", "enter": False})


def all_of_them(built: Path, programs: dict[str, Path]) -> list[Contestant]:
    """bridge in both ways, and the peers that could be installed."""
    found: list[Contestant] = []
    for kind in (BridgeProgram, BridgeService, *PEERS):
        if kind not in PEERS or kind.name in programs:
            tool = kind()
            tool.program = programs.get(kind.name, built)
            found.append(tool)
    return found


PEERS = (TmuxCli, Twmux, McpTmux, LibtmuxMcp)
NAMES = ("bridge", "bridge mcp", *(kind.name for kind in PEERS))
