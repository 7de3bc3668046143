"""One call of a command in this process: arguments to words, answer to a result or an exception."""

from __future__ import annotations

import asyncio
import builtins
import contextlib
import keyword
import os
from typing import TYPE_CHECKING, Any, Self

from bridge import dispatch, inprocess
from bridge.client.follow import Follower
from bridge.config import Config
from bridge.context import Context
from bridge.core.calls import words_for
from bridge.dispatch import refuse
from bridge.errors import BridgeError, usage
from bridge.spec import Command
from bridge.system.threads import in_thread
from bridge.tmux.connection import ConnectedTmux

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Coroutine, Iterator


class Result:
    """An answer: the envelope's fields as attributes, and the whole as `envelope`."""

    def __init__(self, envelope: dict[str, Any]) -> None:
        self.envelope = envelope

    def __getattr__(self, name: str) -> Any:
        try:
            return self.envelope[name]
        except KeyError:
            raise AttributeError(f"{self.envelope['command']} has no field {name!r}") from None

    def __repr__(self) -> str:
        return f"<{self.envelope['command']}: {str(self.envelope['output'])[:60]!r}>"


class CallError(Exception):
    """A call that was no success. What is known nevertheless is in `result`, fields as with a success."""

    code = ""

    def __init__(self, envelope: dict[str, Any]) -> None:
        error = envelope["error"]
        super().__init__(error["message"])
        self.message: str = error["message"]
        self.hint: str | None = error["hint"]
        self.retryable: bool = error["retryable"]
        self.result = Result(envelope)


def error_class(code: str) -> type[CallError]:
    """The exception of a code: `ERR_PANE_GONE` is `PaneGoneError`; a name of Python's own gets `Bridge` before it."""
    name = "".join(word.capitalize() for word in code.split("_")[1:]) + "Error"
    name = f"Bridge{name}" if hasattr(builtins, name) else name
    return _CLASSES.setdefault(code, type(name, (CallError,), {"code": code, "__module__": "bridge.client"}))


_CLASSES: dict[str, type[CallError]] = {}


def method_name(command: str) -> str:
    """The name of a command's method."""
    return parameter_name(command)


def parameter_name(argument: str) -> str:
    """The name of an argument's parameter: dashes are underscores, a word with a meaning of its own gets one more."""
    name = argument.replace("-", "_")
    return f"{name}_" if keyword.iskeyword(name) or name == "self" else name


def method(row: Command) -> Callable[..., Result]:
    """The method of a row."""

    def call(self: Calls, /, *args: object, **options: object) -> Result:
        return self._call(row, args, options)

    _describe(call, row)
    return call


def coroutine(row: Command) -> Callable[..., Coroutine[Any, Any, Result]]:
    """The asynchronous method of a row."""

    async def call(self: AsyncCalls, /, *args: object, **options: object) -> Result:
        return await self._call(row, args, options)

    _describe(call, row)
    return call


def _describe(call: Callable[..., Any], row: Command) -> None:
    call.__name__ = method_name(row.name)
    call.__doc__ = row.summary


class Calls:
    """What the methods share: settings, and one connection to tmux that opens when it is first needed.

    `server` names tmux's server as `-L` does, `socket` its socket as `-S`; `environ` stands for the
    process's environment.
    """

    def __init__(
        self, *, server: str | None = None, socket: str | None = None, environ: dict[str, str] | None = None
    ) -> None:
        """Read the settings. Raises `CallError` for one that cannot be read."""
        options = ("-L", server) if server else ("-S", socket) if socket else ()
        self._environ = dict(os.environ) if environ is None else dict(environ)
        try:
            if server and socket:
                raise usage("server and socket are two ways to name one thing", hint="give one of them")
            self._config = Config(self._environ, socket=options)
        except BridgeError as problem:
            raise _raised(refuse("", "", "", problem).envelope) from None
        config = self._config
        self._tmux = ConnectedTmux(self._environ, config.tmux, config.tmux_socket, config.tmux_timeout)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the connection to tmux; a later call opens it again."""
        self._tmux.close()

    def call(self, name: str, /, **arguments: object) -> Result:
        """Call a command by its name, such as `pane-count`."""
        row = _row(name)
        return self._call(row, (), arguments)

    def events(self, *, since: int | None = None, event_type: str = "*") -> Iterator[dict[str, Any]]:
        """Events as they come, those with a number above `since` first. Ends with its reader only."""
        with Follower(self._context(), since, event_type) as follower:
            while True:
                yield from follower.read()
                follower.wait()

    def _call(self, row: Command, args: tuple[object, ...], options: dict[str, object]) -> Result:
        try:
            words = words_for(row, _values(row, args, options))
        except BridgeError as problem:
            raise _raised(refuse(row.name, "", "", problem).envelope) from None
        answer = dispatch.invoke(row, words, script=False, make_context=self._context)
        if answer.envelope["status"] != "success":
            raise _raised(answer.envelope)
        return Result(answer.envelope)

    def _context(self) -> Context:
        return inprocess.context(self._config, self._environ, self._tmux)


class AsyncCalls:
    """As `Calls`; each call has a thread of its own while it lasts. A cancelled call soon stops waiting."""

    def __init__(
        self, *, server: str | None = None, socket: str | None = None, environ: dict[str, str] | None = None
    ) -> None:
        self._calls = Calls(server=server, socket=socket, environ=environ)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def close(self) -> None:
        """Close the connection to tmux; a later call opens it again."""
        await asyncio.to_thread(self._calls.close)

    async def call(self, name: str, /, **arguments: object) -> Result:
        """Call a command by its name, such as `pane-count`."""
        return await self._call(_row(name), (), arguments)

    async def events(self, *, since: int | None = None, event_type: str = "*") -> AsyncIterator[dict[str, Any]]:
        """Events as they come, those with a number above `since` first. Ends with its reader only."""
        loop = asyncio.get_running_loop()
        with Follower(self._calls._context(), since, event_type) as follower:
            changed = asyncio.Event()
            loop.add_reader(follower.descriptor, changed.set)
            try:
                while True:
                    changed.clear()
                    follower.drain()
                    for event in follower.read():
                        yield event
                    with contextlib.suppress(TimeoutError):
                        await asyncio.wait_for(changed.wait(), follower.nap)
            finally:
                loop.remove_reader(follower.descriptor)

    async def _call(self, row: Command, args: tuple[object, ...], options: dict[str, object]) -> Result:
        found: Result = await in_thread(lambda: self._calls._call(row, args, options))
        return found


def _row(name: str) -> Command:
    from bridge import registry  # noqa: PLC0415 - the package's own table is being made of it
    from bridge.core.calls import unknown_command  # noqa: PLC0415

    row = registry.load(name)
    if row is None:
        raise _raised(refuse(name, "", "", unknown_command(name, registry.names())).envelope)
    if row.stream:
        problem = usage(f"{name}: prints until it ends", hint=f"call bridge {name} as a process, or use events()")
        raise _raised(refuse(name, "", "", problem).envelope)
    return row


def _values(row: Command, args: tuple[object, ...], options: dict[str, object]) -> dict[str, object]:
    """Arguments by their names in the table; raises ERR_USAGE."""
    positional = [arg for arg in row.args if arg.positional]
    many = bool(positional) and positional[-1].many
    if len(args) > len(positional) and not many:
        raise usage(f"unexpected argument: {args[len(positional)]!r}", hint="options are given by name")
    values: dict[str, object] = {arg.name: value for arg, value in zip(positional, args, strict=False)}
    if many and len(args) >= len(positional):
        values[positional[-1].name] = list(args[len(positional) - 1 :])
    names = {parameter_name(arg.name): arg.name for arg in row.args}
    for name, value in options.items():
        target = names.get(name, name)
        if target in values:
            raise usage(f"{name}: given twice", hint="by place or by name")
        values[target] = value
    return values


def _raised(envelope: dict[str, Any]) -> CallError:
    return error_class(envelope["error"]["code"])(envelope)
