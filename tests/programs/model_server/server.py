"""The server: it finds the format by the path, plays the script of the prompt, and keeps the journal."""

from __future__ import annotations

import itertools
import json
import select
import socket
import threading
import time
from collections import Counter
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from socketserver import TCPServer
from typing import Any

from . import chat, gemini, messages, responses
from .journal import Journal
from .script import PROSE, Step, markdown, part
from .turn import Event, Turn, dumps

_PIECE = 0.1
_LONGEST_HANG = 600.0
_WIRES = (("/messages", messages), ("/responses", responses), ("/chat/completions", chat), ("enerateContent", gemini))
_AUX = "A title"


class LeftError(Exception):
    """The program went away before the answer was whole."""


class ModelServer:
    """A running server on a free port of the loopback; use it in a `with`, or call `close`."""

    def __init__(self, port: int = 0, log: Path | None = None, raw: Path | None = None) -> None:
        self.journal = Journal(log)
        self.failed: Counter[str] = Counter()
        self.unfinished: set[tuple[object, ...]] = set()
        self.numbers = itertools.count(1)
        self.raw = raw
        self._server = _Server(("127.0.0.1", port), type("Bound", (_Handler,), {"owner": self}))
        self.port: int = self._server.server_address[1]
        self.url = f"http://127.0.0.1:{self.port}"
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    def __enter__(self) -> ModelServer:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Take no more requests."""
        self._server.shutdown()
        self._server.server_close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 100

    def server_bind(self) -> None:
        """Without the name of the host, which may take long to look up."""
        TCPServer.server_bind(self)
        self.server_name, self.server_port = self.server_address[:2]


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    owner: ModelServer

    def log_message(self, format: str, *args: object) -> None:
        pass

    def do_HEAD(self) -> None:
        self._json(200, {})

    def do_GET(self) -> None:
        self._json(200, {"object": "list", "data": [], "models": []})

    def do_POST(self) -> None:
        raw = self.rfile.read(int(self.headers.get("content-length") or 0))
        if self.owner.raw:
            with self.owner.raw.open("a", encoding="utf-8") as file:
                file.write(f"{self.path} {raw.decode('utf-8', 'replace')}\n")
        path = self.path.partition("?")[0]
        wire = next((module for end, module in _WIRES if path.endswith(end) or (end in path and ":" in path)), None)
        try:
            body = json.loads(raw)
        except ValueError:
            self._json(400, {"error": {"message": "this is no JSON"}})
            return
        if wire is None or not isinstance(body, dict):
            self._json(200, {"input_tokens": 10, "totalTokens": 10})
            return
        self._answer(wire, wire.read(self.path, body))

    def _answer(self, wire: Any, turn: Turn) -> None:
        owner, number = self.owner, next(self.owner.numbers)
        told = {name: getattr(turn, name) for name in ("wire", "model", "aux", "text", "texts", "calls", "results")}
        key = (turn.wire, turn.aux, turn.said_before, turn.text)
        owner.journal.note("received", number, **told, again=key in owner.unfinished)
        owner.unfinished.add(key)
        how = "left"
        try:
            how = self._play(wire, turn, number)
        except (LeftError, OSError):
            self.close_connection = True
        finally:
            if how in ("done", "tool"):
                owner.unfinished.discard(key)
            owner.journal.note("ended", number, how=how)

    def _play(self, wire: Any, turn: Turn, number: int) -> str:
        steps = [Step("answer", _AUX)] if turn.aux else part(turn.text, turn.calls)
        for step in steps:
            if step.verb == "hang":
                self._wait(_LONGEST_HANG)
            elif step.verb == "limit":
                body, headers = wire.limit()
                self._json(429, body, headers)
                return "limit"
            elif step.verb == "status":
                code, times = step.failure
                key = f"{turn.text} {turn.calls} {code}"
                if not times or self.owner.failed[key] < times:
                    self.owner.failed[key] += 1
                    self._json(code, wire.failure(code))
                    return f"status {code}"
        answer = wire.Answer(turn, number)
        if turn.stream:
            self._open()
        self._send(answer.begin(), turn)
        self.owner.journal.note("began", number)
        how = "done"
        for step in steps:
            how = self._do(answer, turn, step, number)
            if how == "dropped":
                self.close_connection = True
                return how
        self._send(answer.end(), turn)
        if not turn.stream:
            self._json(200, answer.whole())
        return how

    def _do(self, answer: Any, turn: Turn, step: Step, number: int) -> str:
        if step.verb in turn.tools:
            self._send(answer.call(step.verb, step.argument, number), turn)
            return "tool"
        if step.verb == "think":
            self._wait(step.seconds)
        elif step.verb == "reason":
            for text in self._pieces(step.seconds):
                self._send(answer.reason(text), turn)
        elif step.verb == "stream":
            for text in self._pieces(step.seconds):
                self._send(answer.say(text), turn)
        elif step.verb == "drop":
            self._send(answer.say("half an ans"), turn)
            return "dropped"
        elif text := _text(step):
            self._send(answer.say(text), turn)
        return "done"

    def _pieces(self, seconds: float) -> Any:
        for number in range(max(round(seconds / _PIECE), 1)):
            yield f"word{number} "
            self._wait(_PIECE)

    def _wait(self, seconds: float) -> None:
        """Let time go by, unless the program goes away."""
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            if select.select([self.connection], [], [], left)[0]:
                try:
                    gone = not self.connection.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT)
                except OSError:
                    gone = True
                if gone:
                    raise LeftError
                time.sleep(min(left, 0.05))  # a next request that was sent ahead

    def _open(self) -> None:
        self.send_response(200)
        self.send_header("content-type", "text/event-stream")
        self.send_header("connection", "close")
        self.end_headers()
        self.close_connection = True

    def _send(self, events: Any, turn: Turn) -> None:
        for event in events:
            if turn.stream:
                self.wfile.write(_line(event))
                self.wfile.flush()

    def _json(self, status: int, body: dict[str, Any], headers: dict[str, str] | None = None) -> None:
        data = json.dumps(body).encode()
        self.send_response(status)
        for name, value in {"content-type": "application/json", **(headers or {})}.items():
            self.send_header(name, value)
        self.send_header("content-length", str(len(data)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(data)


def _line(event: Event) -> bytes:
    name, data = event
    head = f"event: {name}\n" if name else ""
    return f"{head}data: {data if isinstance(data, str) else dumps(data)}\n\n".encode()


def _text(step: Step) -> str:
    if step.verb == "answer":
        return step.argument
    if step.verb == "lines":
        return "".join(f"line {number}\n\n" for number in range(1, int(step.argument or 120) + 1))
    if step.verb == "big":
        return markdown(int(step.argument or 1000))
    if step.verb == "prose":
        return PROSE.get(step.argument, f"no such prose: {step.argument}")
    return f"no tool here: {step.verb}" if step.verb in ("shell", "write", "ask") else ""
