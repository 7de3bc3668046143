"""The types of the Python client, from the command table: bridge/client/__init__.pyi."""

from bridge import registry
from bridge.client.calls import error_class, parameter_name
from bridge.errors import CODES
from bridge.spec import Arg, Command, Field

FIELD_TYPES = {
    "string": "str",
    "boolean": "bool",
    "integer": "int",
    "number": "float",
    "array": "list[Any]",
    "object": "dict[str, Any]",
}
ARGUMENT_TYPES = {"integer": "int", "seconds": "float", "pane": "str | int"}
OPENING = '''"""Generated from the command table by `make generate`."""

from collections.abc import AsyncIterator, Iterator
from typing import Any, Literal, Self

class Result:
    envelope: dict[str, Any]
    status: str
    command: str
    session: str
    pane_id: str
    output: Any
    timestamp: str
    def __init__(self, envelope: dict[str, Any]) -> None: ...
    def __getattr__(self, name: str) -> Any: ...

class CallError(Exception):
    code: str
    message: str
    hint: str | None
    retryable: bool
    result: Result
    def __init__(self, envelope: dict[str, Any]) -> None: ...

ERRORS: dict[str, type[CallError]]
'''
BRIDGE = """
class Bridge:
    def __init__(
        self, *, server: str | None = None, socket: str | None = None, environ: dict[str, str] | None = None
    ) -> None: ...
    def __enter__(self) -> Self: ...
    def __exit__(self, *_: object) -> None: ...
    def close(self) -> None: ...
    def call(self, name: str, /, **arguments: object) -> Result: ...
    def events(self, *, since: int | None = None, event_type: str = "*") -> Iterator[dict[str, Any]]: ...
"""
ASYNC = """
class AsyncBridge:
    def __init__(
        self, *, server: str | None = None, socket: str | None = None, environ: dict[str, str] | None = None
    ) -> None: ...
    async def __aenter__(self) -> Self: ...
    async def __aexit__(self, *_: object) -> None: ...
    async def close(self) -> None: ...
    async def call(self, name: str, /, **arguments: object) -> Result: ...
    def events(self, *, since: int | None = None, event_type: str = "*") -> AsyncIterator[dict[str, Any]]: ...
"""


def text() -> str:
    """The whole file."""
    rows = [row for row in registry.load_all() if not row.stream]
    parts = [OPENING]
    parts += [f"\nclass {error_class(code).__name__}(CallError): ...\n" for code in CODES]
    parts += [result(row) for row in rows]
    parts += [BRIDGE, *(method(row, "def") for row in rows)]
    parts += [ASYNC, *(method(row, "async def") for row in rows)]
    return "".join(parts)


def result(row: Command) -> str:
    """The class of a command's answer."""
    fields = "".join(f"    {parameter_name(field.name)}: {field_type(field)}\n" for field in row.returns)
    return f"\nclass {class_name(row)}(Result):\n{fields}" if fields else f"\nclass {class_name(row)}(Result): ...\n"


def class_name(row: Command) -> str:
    return "".join(word.capitalize() for word in row.name.split("-")) + "Result"


def field_type(field: Field) -> str:
    known = FIELD_TYPES[field.type]
    return f"{known} | None" if "null" in field.help else known


def method(row: Command, keyword: str) -> str:
    """One method, a line for each parameter."""
    positional = [arg for arg in row.args if arg.positional]
    options = [arg for arg in row.args if not arg.positional]
    lines = ["self"]
    lines += [f"*{parameter_name(arg.name)}: str" if arg.many else parameter(arg) for arg in positional]
    if options and not any(arg.many for arg in positional):
        lines.append("*")
    lines += [parameter(arg) for arg in options]
    inside = "".join(f"        {line},\n" for line in lines)
    return f"    {keyword} {parameter_name(row.name)}(\n{inside}    ) -> {class_name(row)}: ...\n"


def parameter(arg: Arg) -> str:
    name = parameter_name(arg.name)
    if arg.type == "flag":
        return f"{name}: bool = False"
    kind = ARGUMENT_TYPES.get(arg.type, "str")
    if arg.choices:
        kind = f"Literal[{', '.join(repr(choice) for choice in arg.choices)}]".replace("'", '"')
    return f"{name}: {kind}" if arg.required else f"{name}: {kind} | None = None"
