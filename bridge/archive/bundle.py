"""Every module that the fast path may need, compiled into one file: one open instead of thirty."""

from __future__ import annotations
import __future__

import ast
import importlib.util
import marshal

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from types import CodeType

# What only the Click front and the zip's entry need.
LEFT_OUT = ("bridge.cli.app", "bridge.cli.encoding", "bridge.cli.locks", "bridge.cli.table", "bridge.__main__")
_SHELLS = "bridge.shells"  # its files' lines are put where they are asked for
_LOADER = "bridge.archive.loader"
_FIRST = "bridge.cli.fast"


def build(
    modules: dict[str, bool], source: Callable[[str], bytes], shell_code: Callable[[str], bytes]
) -> tuple[bytes, bytes]:
    """The bundle for the running interpreter: the loader as a `.pyc` file, and the modules' code behind each other.

    `modules` maps dotted names to whether each is a package, `source` gives a module's source text, `shell_code`
    the lines of a file in bridge/shells.
    """
    trees = {name: _Inline(shell_code).visit(ast.parse(source(name), name)) for name in modules}
    codes = {name: _compile(name, trees[name]) for name in modules}
    table, data = "\n", b""
    for name, package in modules.items():
        record = marshal.dumps((codes[name], _needed(name, trees)))
        table += f"{name} {package:d} {len(data)} {len(record)}\n"
        data += record
    text = source(_LOADER).replace(b'MODULES = ""', b"MODULES = " + repr(table).encode())
    loader = _compile(_LOADER, ast.parse(text))
    first = marshal.dumps(tuple((name, modules[name], codes[name]) for name in _closure(_FIRST, trees)))
    place = (len(data), len(first))
    loader = loader.replace(co_consts=tuple(place if const == "first" else const for const in loader.co_consts))
    return importlib.util.MAGIC_NUMBER + b"\0" * 12 + marshal.dumps(loader), data + first


def wanted(names: dict[str, bool]) -> dict[str, bool]:
    """Those of a package's modules that belong into the bundle."""
    return {
        name: package
        for name, package in names.items()
        if name not in (*LEFT_OUT, _SHELLS)
        and not name.startswith(("bridge.archive", "bridge.client", "bridge.mcp", "bridge.top"))
    }


def literal(text: bytes) -> bytes:
    """A TOML file as the source of a module that holds its data: reading it costs 10 ms less."""
    import tomllib  # noqa: PLC0415 - at the build alone

    return f"DATA = {tomllib.loads(text.decode())!r}\n".encode()


class _Inline(ast.NodeTransformer):
    """Puts the lines of shell code where a module asks for them: the call costs no module and no file."""

    def __init__(self, shell_code: Callable[[str], bytes]) -> None:
        self._shell_code = shell_code

    def visit_ImportFrom(self, node: ast.ImportFrom) -> ast.ImportFrom | None:
        """The import of bridge.shells is not needed any more."""
        package, _, name = _SHELLS.rpartition(".")
        if node.module == package:
            node.names = [alias for alias in node.names if alias.name != name]
        return node if node.names else None

    def visit_Call(self, node: ast.Call) -> ast.expr:
        """`shells.text(NAME)` as the text itself."""
        self.generic_visit(node)
        if not isinstance(node.func, ast.Attribute) or ast.unparse(node.func) != "shells.text":
            return node
        (name,) = node.args
        assert isinstance(name, ast.Constant)
        return ast.copy_location(ast.Constant(self._shell_code(str(name.value)).decode()), node)


class _Strip(ast.NodeTransformer):
    """Takes annotations out: nothing reads them at run time, and they are a tenth of the code."""

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.FunctionDef:
        """A function without annotations."""
        self.generic_visit(node)
        node.returns = None
        args = node.args
        for arg in (*args.posonlyargs, *args.args, *args.kwonlyargs, args.vararg, args.kwarg):
            if arg is not None:
                arg.annotation = None
        return node

    def visit_AnnAssign(self, node: ast.AnnAssign) -> ast.stmt:
        """A plain assignment, nothing where there was no value."""
        if node.value is None:
            return ast.copy_location(ast.Pass(), node)
        return ast.copy_location(ast.Assign([node.target], node.value), node)


def _compile(name: str, tree: ast.Module) -> CodeType:
    """The module's code without docstrings, annotations and the import of __future__ (0.4 ms, does nothing)."""
    tree.body = [node for node in tree.body if not (isinstance(node, ast.ImportFrom) and node.module == "__future__")]
    stripped = ast.fix_missing_locations(_Strip().visit(tree))
    code: CodeType = compile(
        stripped, f"<{name}>", "exec", flags=__future__.annotations.compiler_flag, dont_inherit=True, optimize=2
    )
    return code


def _needed(name: str, trees: dict[str, ast.Module]) -> tuple[str, ...]:
    """What a module needs before it can run, in order: its package and its top-level imports."""
    found = [name.rpartition(".")[0], *_imports(trees[name], trees)]
    return tuple(module for module in dict.fromkeys(found) if module in trees and module != name)


def _closure(name: str, trees: dict[str, ast.Module]) -> list[str]:
    """A module and all that it needs, each behind what it needs itself."""
    order: list[str] = []
    for needed in _needed(name, trees):
        order += [module for module in _closure(needed, trees) if module not in order]
    return [*order, name]


def _imports(tree: ast.Module, trees: dict[str, ast.Module]) -> list[str]:
    found = []
    for node in tree.body:
        if isinstance(node, ast.ImportFrom) and node.module:
            found.append(node.module)
            found += [f"{node.module}.{alias.name}" for alias in node.names if f"{node.module}.{alias.name}" in trees]
    return found
