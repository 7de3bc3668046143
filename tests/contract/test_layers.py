"""Imports go downwards only, and the other rules that keep the layers what they are."""

from __future__ import annotations

import ast
import re
from functools import lru_cache
from pathlib import Path

from conftest import ROOT
from walks import over

PACKAGE = ROOT / "bridge"
SOURCES = sorted(PACKAGE.rglob("*.py"))
MODULES = {".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): path for path in SOURCES}

# The second component of a module's name: its layer. `archive` is the zipapp's start, an entry.
LAYERS = {
    **dict.fromkeys(("", "core", "profiles", "shells", "model", "spec", "errors", "envelope"), 0),
    **dict.fromkeys(("tmux", "store", "system", "config", "log", "pause"), 1),
    "features": 2,
    "commands": 3,
    **dict.fromkeys(("registry", "dispatch", "context", "inprocess"), 4),
    **dict.fromkeys(("cli", "daemon", "batch", "client", "mcp", "top", "web"), 5),
    **dict.fromkeys(("archive", "__main__"), 6),
}
# The subjects, and which rooms each may look into: the list of nouns that a new room is added to on purpose.
ROOMS = {
    "daemon": (),
    "panes": (),
    "output": ("panes",),
    "sessions": ("panes",),
    "events": ("daemon", "panes"),
    "metrics": ("daemon", "panes"),
    "runs": ("output",),
    "waits": ("output",),
    "screens": ("output",),
    "snapshots": ("daemon", "runs", "sessions"),
    "groups": ("runs", "sessions"),
    "gc": ("events", "output", "snapshots"),
    "agents": ("panes", "sessions"),
    "upkeep": ("events", "sessions"),
}
NOUNS_IN_ING = ("encoding",)
EDGES_FOR_ALL = ("bridge.config", "bridge.log", "bridge.pause", "bridge.store.paths")
OUTSIDE = ("os", "posix", "subprocess", "socket", "time", "asyncio", "random")
VAGUE = ("utils", "util", "helpers", "helper", "common", "manager", "managers", "base", "misc")


def part(module: str) -> str:
    """The component of a module's name that decides its layer: `bridge.core.text` is `core`."""
    return [*module.split("."), ""][1]


def layer(module: str) -> int:
    return LAYERS[part(module)]


class Imports(ast.NodeVisitor):
    """What a module imports, wherever it does so; what only a type checker sees is kept apart."""

    def __init__(self) -> None:
        self.found: list[str] = []
        self.typing: list[str] = []
        self._checking = False

    def visit_If(self, node: ast.If) -> None:
        if isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING":
            self._checking = True
            for child in node.body:
                self.visit(child)
            self._checking = False
            node.body = []
        self.generic_visit(node)

    def visit_Import(self, node: ast.Import) -> None:
        self._add(*(alias.name for alias in node.names))

    def visit_ImportFrom(self, node: ast.ImportFrom) -> None:
        assert node.level == 0, f"line {node.lineno}: a relative import"
        for alias in node.names:
            inner = f"{node.module}.{alias.name}"
            self._add(inner if inner in MODULES else str(node.module))

    def _add(self, *names: str) -> None:
        (self.typing if self._checking else self.found).extend(names)


def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), str(path))


@lru_cache(None)
def imports(module: str) -> list[str]:
    visitor = Imports()
    visitor.visit(tree(MODULES[module]))
    return visitor.found


def own(module: str) -> list[str]:
    return [name for name in imports(module) if name.split(".")[0] == "bridge"]


def typed(module: str) -> list[str]:
    """What of ours a module names for its types alone."""
    visitor = Imports()
    visitor.visit(tree(MODULES[module]))
    return [name for name in visitor.typing if name.split(".")[0] == "bridge"]


def below(room: str) -> set[str]:
    """The rooms that a room stands on, and those that these stand on."""
    return {deeper for lower in ROOMS[room] for deeper in (lower, *below(lower))}


@lru_cache(None)
def calls(path: Path) -> set[str]:
    """The last name of everything that is called."""
    nodes = [node.func for node in ast.walk(tree(path)) if isinstance(node, ast.Call)]
    return {node.attr if isinstance(node, ast.Attribute) else getattr(node, "id", "") for node in nodes}


def is_allowed(module: str, imported: str) -> bool:
    if imported == "bridge.context" and layer(module) in (2, 3):
        return True  # the type of a parameter; nothing there is called
    return layer(imported) <= layer(module)


@over(MODULES)
def test_every_module_has_a_layer_and_imports_downwards(module):
    assert part(module) in LAYERS, "a new package needs its place among the layers"
    assert [name for name in own(module) if not is_allowed(module, name)] == []


def test_the_rule_bites():
    assert not is_allowed("bridge.core.text", "bridge.store.lock")
    assert not is_allowed("bridge.tmux.client", "bridge.context")
    assert not is_allowed("bridge.features.panes.lookup", "bridge.dispatch")
    assert is_allowed("bridge.features.panes.lookup", "bridge.tmux.argv")


@over(name for name in MODULES if layer(name) == 5)
def test_fronts_never_import_one_another(module):
    assert [name for name in own(module) if layer(name) == 5 and part(name) != part(module)] == []


@over(name for name in MODULES if layer(name) == 1)
def test_edges_do_not_import_one_another(module):
    strangers = [name for name in own(module) if layer(name) == 1 and part(name) != part(module)]
    assert [name for name in strangers if name not in EDGES_FOR_ALL] == []


@over(name for name in MODULES if part(name) == "commands" and name != "bridge.commands")
def test_a_family_imports_no_other_family(module):
    # What families have in common, no families.
    words = ("bridge.commands.words", "bridge.commands.runanswer", "bridge.commands.agentanswer")
    assert [name for name in own(module) if part(name) == "commands" and name not in words] == []


@over(name for name in MODULES if layer(name) == 0)
def test_core_touches_nothing_outside(module):
    assert [name for name in imports(module) if name.split(".")[0] in OUTSIDE] == []
    assert calls(MODULES[module]).isdisjoint(("open", "print", "input"))


def test_processes_are_started_in_few_places():
    daemons = {"tmux.doorbell", "features.daemon.lifecycle", "daemon.callbackrun", "daemon.entry", "system.matcher"}
    starting = {"posix_spawn", "posix_spawnp", "fork", "forkpty", "system", "popen", "Popen"}
    found = {".".join(module.split(".")[1:]) for module, path in MODULES.items() if calls(path) & starting}
    clients = {"tmux.client", "tmux.controlmode", "tmux.attachment"}
    assert found == {*clients, "system.grep", "system.probes", "features.output.stream", *daemons}


def test_other_libraries_stay_with_the_front_that_needs_them():
    owners = {"click": {"bridge.cli.app"}, "orjson": {"bridge.cli.encoding"}, "filelock": {"bridge.cli.locks"}}
    for library, modules in owners.items():
        assert {module for module in MODULES if library in imports(module)} == modules
    standard = {"subprocess", "asyncio", "threading", "logging", "socket"}
    users = {module: set(imports(module)) & standard for module in MODULES}
    fronts = ("bridge.system.threads", "bridge.daemon.", "bridge.batch.", "bridge.client", "bridge.mcp.", "bridge.top.")
    found = {module: names for module, names in users.items() if names and not module.startswith(fronts)}
    assert found.pop("bridge.tmux.connection") == {"threading"}  # several threads share it
    assert found == {
        "bridge.system.process": {"subprocess"},
        "bridge.system.probes": {"subprocess", "socket"},
        "bridge.features.daemon.lifecycle": {"socket"},
        "bridge.features.daemon.autostart": {"subprocess"},
        "bridge.system.matcher": {"threading"},  # several threads look at once
        "bridge.tmux.controlmode": {"socket", "threading"},  # it stands between a client and the server
    }


def test_only_system_reads_processes():
    assert {part(module) for module, path in MODULES.items() if '"/proc' in path.read_text("utf-8")} <= {"system"}


def test_no_front_names_a_command():
    from bridge import registry

    for module, path in MODULES.items():
        if layer(module) >= 5:
            constants = {node.value for node in ast.walk(tree(path)) if isinstance(node, ast.Constant)}
            assert constants.isdisjoint(set(registry.names()) - {"version", "mcp"}), module  # names of other things too


@over(MODULES)
def test_modules_are_named_for_what_they_hold(module):
    assert not set(module.split(".")) & set(VAGUE)
    assert module.endswith(NOUNS_IN_ING) or not module.endswith("ing"), (
        "a module is named by a noun, or by its one verb"
    )


def test_tests_stand_under_the_same_nouns():
    subjects = {*ROOMS, "fronts"}  # a front is no subject
    for kind in ("unit", "integration"):
        place = ROOT / "tests" / kind
        assert [path.name for path in place.glob("*.py")] == []
        assert {path.name for path in place.iterdir() if list(path.glob("test_*.py"))} <= subjects


def test_every_feature_stands_in_the_room_of_its_subject():
    assert {path.name for path in (PACKAGE / "features").iterdir() if (path / "__init__.py").is_file()} == set(ROOMS)
    loose = [path.name for path in (PACKAGE / "features").glob("*.py") if path.name != "__init__.py"]
    assert loose == [], "a new feature belongs into a room; a new subject needs its row in ROOMS"


@over(name for name in MODULES if name.startswith("bridge.features."))
def test_a_room_looks_only_at_rooms_below_it(module):
    room = module.split(".")[2]
    seen = {name.split(".")[2] for name in [*own(module), *typed(module)] if name.startswith("bridge.features.")}
    assert seen <= {room, *below(room)}, f"{room} stands on {ROOMS[room]}"


def circles(graph: dict[str, set[str]]) -> list[list[str]]:
    """The groups of names that lead to one another, each sorted: the strongly connected components of more than one."""
    number: dict[str, int] = {}
    lowest: dict[str, int] = {}
    open_names: list[str] = []
    found = []

    def enter(name: str) -> None:
        number[name] = lowest[name] = len(number)
        open_names.append(name)
        for other in sorted(graph.get(name, ())):
            if other not in number:
                enter(other)
                lowest[name] = min(lowest[name], lowest[other])
            elif other in open_names:
                lowest[name] = min(lowest[name], number[other])
        if lowest[name] == number[name]:
            at = open_names.index(name)
            group = sorted(open_names[at:])
            del open_names[at:]
            if len(group) > 1:
                found.append(group)

    for name in sorted(graph):
        if name not in number:
            enter(name)
    return found


def test_a_circle_is_told():
    assert circles({"a": {"b"}, "b": {"c", "d"}, "c": {"a"}, "d": {"e"}, "e": set()}) == [["a", "b", "c"]]
    assert circles({"a": {"b", "c"}, "b": {"c"}, "c": set()}) == []


def test_no_modules_import_one_another_in_a_circle():
    """Wherever the import stands: in a function, and for a type alone, too. Who reads one of them reads them all."""
    graph = {module: {name for name in [*own(module), *typed(module)] if name in MODULES} for module in MODULES}
    assert circles(graph) == []


@over(SOURCES)
def test_modules_are_short_enough_to_read(path):
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 400


# --- every file of the project ---

FOLDERS = ("bridge", "compat", "docs", "scripts", "tests")
ANY_KIND = (".py", ".sh", ".md", ".toml", ".jsonl", ".txt", ".cfg", ".yml", ".yaml", "")
TEXTS = sorted(
    path
    for start in (*(ROOT / folder for folder in FOLDERS), ROOT)
    for path in (start.iterdir() if start == ROOT else start.rglob("*"))
    if path.is_file() and path.suffix in ANY_KIND and not path.relative_to(ROOT).as_posix().startswith("tests/.records")
    if not path.relative_to(ROOT).as_posix().startswith("tests/agents/screens/")  # recorded elsewhere, by others
    if "__pycache__" not in path.parts and path.name not in (".git", ".coverage")
)
# A class of one letter, so that this file does not hold what it looks for.
PLACES = re.compile(r"(?<![\w.$}<-])/(?:wor[k]|roo[t]|User[s]|hom[e]/[a-z]+)/")
WORDS = re.compile(r"claude[ -]code sessio[n]|\bissu[e] [A-Z]\b|co-authored-b[y]", re.IGNORECASE)


def lines_with(pattern: re.Pattern[str]) -> list[str]:
    return [
        f"{path.relative_to(ROOT)}:{number}: {line.strip()[:100]}"
        for path in TEXTS
        for number, line in enumerate(path.read_text(encoding="utf-8", errors="replace").splitlines(), 1)
        if pattern.search(line)
    ]


def test_the_files_of_the_project_are_found():
    names = {path.relative_to(ROOT).as_posix() for path in TEXTS}
    assert {"README.md", "pyproject.toml", "Makefile", "bridge/dispatch.py", "tests/contract/test_layers.py"} <= names


def test_no_file_names_a_place_on_one_machine():
    assert PLACES.search("see /" + "root/x")
    assert lines_with(PLACES) == []


def test_no_file_tells_how_it_was_made():
    assert WORDS.search("as in Issue" + " B, it")
    assert lines_with(WORDS) == []


def test_no_line_of_code_is_wider_than_a_screen():
    code = [path for path in TEXTS if path.suffix in (".py", ".sh", ".toml")]
    wide = [
        f"{path.relative_to(ROOT)}:{number}"
        for path in code
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if len(line) >= 200
    ]
    assert wide == []
