"""The command table as Python: `Bridge` and `AsyncBridge`, in this process.

    with Bridge() as bridge:
        bridge.pane_run("dev", "0", "make test", timeout=600)

Each command is a method: positional arguments in the table's order, options by name. It returns a
`Result` with the envelope's fields as attributes, or raises the exception of the error's code, a
`CallError`. Commands that print until they end have no method; `events` gives events as they come.
The types are in `__init__.pyi`, which is made from the table.
"""

from __future__ import annotations

from bridge import registry
from bridge.client import calls
from bridge.client.calls import AsyncCalls, Calls
from bridge.client.calls import CallError as CallError
from bridge.client.calls import Result as Result
from bridge.errors import CODES

ERRORS: dict[str, type[CallError]] = {code: calls.error_class(code) for code in CODES}
globals().update({found.__name__: found for found in ERRORS.values()})


class Bridge(Calls):
    """Commands as methods, for one thread at a time or several. Also a context manager."""


class AsyncBridge(AsyncCalls):
    """Commands as coroutines. Also an asynchronous context manager; a cancelled call stops waiting."""


for _row in registry.load_all():
    if not _row.stream:
        setattr(Bridge, calls.method_name(_row.name), calls.method(_row))
        setattr(AsyncBridge, calls.method_name(_row.name), calls.coroutine(_row))
