"""Who waits for a child names it: a wait for any child takes the exit status of somebody else's."""

import ast

from conftest import ROOT
from walks import over

PLACES = sorted([*(ROOT / "bridge").rglob("*.py"), *(ROOT / "compat").rglob("*.py")])
ANY = ("wait", "wait3")


def calls(tree):
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            owner = node.func.value
            if isinstance(owner, ast.Name) and owner.id in ("os", "posix"):
                yield node, node.func.attr


@over(PLACES)
def test_nobody_waits_for_any_child(path):
    for node, name in calls(ast.parse(path.read_text(encoding="utf-8"))):
        assert name not in ANY, f"line {node.lineno}"
        if name in ("waitpid", "wait4"):
            first = node.args[0]
            assert not isinstance(first, (ast.Constant, ast.UnaryOp)), f"line {node.lineno}"
        if name == "waitid":
            assert ast.unparse(node.args[0]) in ("os.P_PID", "os.P_PIDFD"), f"line {node.lineno}"


def test_the_only_fork_is_in_a_process_that_has_begun_no_thread():
    forks = [path.name for path in PLACES for _, name in calls(ast.parse(path.read_text())) if "fork" in name]
    assert forks == ["entry.py"]
