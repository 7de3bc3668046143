"""Shell code is read by the shells that it is for, and by shellcheck: each file, and each text that is made of them."""

from __future__ import annotations

import ast
import shutil
import subprocess
from pathlib import Path

import pytest
from conftest import ROOT
from walks import over

from bridge import registry
from bridge.archive import bundle
from bridge.core import inlinescript, runscript, shellcompletion, shellhook
from bridge.core.runscript import Run

SHELLS = ROOT / "bridge" / "shells"
FILES = sorted(path.name for path in SHELLS.iterdir() if path.suffix in (".bash", ".zsh", ".fish", ".ksh", ".sh"))
# Whose parsers read what: the lines of dash are those of every plain shell.
READERS = {
    "bash": ("bash",),
    "zsh": ("zsh",),
    "fish": ("fish",),
    "ksh": ("ksh", "mksh"),
    "dash": ("dash", "ksh", "mksh", "bash"),
}
PASSED_OVER = {
    "SC1003": "a path may hold a quote",
    "SC1007": "`NAME= word` sets a variable for one command to nothing, on purpose",
    "SC1091": "what is sourced is not there while it is checked",
    "SC2016": "what stands in single quotes is expanded later, by the user's shell",
    "SC2128": "PROMPT_COMMAND is a string in one branch and an array in the other",
    "SC2154": "another of these files sets the variable",
    "SC2178": "PROMPT_COMMAND, see above",
    "SC2209": "a word that is the name of a command, no output",
    "SC2221": "a list of kinds is whole, also where some of them were told apart before",
    "SC2222": "the same, of the later pattern",
    "SC2317": "a function that a hook of the shell calls",
}


def dialect(name: str) -> str:
    ending = name.rpartition(".")[2]
    return "dash" if ending == "sh" else ending


def complaints(shell: str, path: Path) -> list[str]:
    """What the shell's parsers and shellcheck say of a file."""
    commands = [[reader, "-n", str(path)] for reader in READERS[shell] if shutil.which(reader)]
    assert commands, f"no {shell} is installed"
    if shell in ("bash", "dash", "ksh"):
        commands.append(["shellcheck", "-s", shell, "-f", "gcc", "-e", ",".join(PASSED_OVER), str(path)])
    found = []
    for command in commands:
        done = subprocess.run(command, capture_output=True, text=True, timeout=60)
        if done.returncode or done.stdout or done.stderr:
            found.append(f"{command[0]}: {done.stdout}{done.stderr}")
    return found


def generated() -> dict[str, tuple[str, str]]:
    """Every kind of text that a shell is given, as (dialect, text), by a name for it."""
    odd = "/a b/it's"
    run = Run("run_1", "0123abcd", odd)
    made = {}
    for shell in runscript.SHELLS:
        made[f"hook {shell}"] = (shell, shellhook.hook(shell, odd))
        made[f"typed {shell}"] = (shell, runscript.typed_line(shell, run) + "\n")
        for stdin in ("", f"{odd}/input"):
            for subshell in (False, True):
                text = runscript.script(shell, run, "echo 'a'\n# b", stdin, f"{odd}/h", f"{odd}/go", subshell=subshell)
                made[f"run {shell}{' stdin' * bool(stdin)}{' apart' * subshell}"] = (shell, text)
        for traps in (True, False):
            text = inlinescript.script(shell, run, "word", "echo 'a'\n# b", "before\n", traps=traps)
            made[f"inline {shell}{' traps' * traps}"] = (shell, text)
    for name, text in shellhook.start_files(odd, odd).items():
        made[f"start {name}"] = ("zsh" if name == "zsh/.zshenv" else dialect(name), text)
    for shell in shellcompletion.SHELLS:
        made[f"completion {shell}"] = (shell, shellcompletion.script(shell, registry.load_all(), ("errors", "exit")))
    return made


GENERATED = generated()


@over(FILES)
def test_every_file_is_a_program_of_its_shell(name):
    assert complaints(dialect(name), SHELLS / name) == []


def test_every_text_that_is_made_is_a_program_of_its_shell(tmp_path):
    path = tmp_path / "text"
    found = {}
    for name, (shell, text) in GENERATED.items():
        path.write_text(text)
        if told := complaints(shell, path):
            found[name] = told
    assert found == {}


def test_nothing_is_left_to_be_filled_in():
    for name, (_, text) in GENERATED.items():
        words = {"OSC", "BEGINS", "TYPED", "DIRECTORY", "PLACE", "SHOWN", "TEXT", "NONCE", "PUT", "JOBS", "FUNCTIONS"}
        assert not [word for word in words if f" {word} " in text or f"'{word}'" in text or f"\n{word}\n" in text], name
        assert "@text@" not in text
        assert "@stdin@" not in text


@pytest.mark.parametrize("shell", runscript.SHELLS)
def test_what_is_no_program_is_told(shell, tmp_path):
    path = tmp_path / "text"
    path.write_text("if true\n" if shell != "fish" else "if true; echo 'a\n")
    assert complaints(shell, path)


def test_what_shellcheck_would_tell_is_told(tmp_path):
    path = tmp_path / "text"
    path.write_text("cd $1\n")
    assert any("SC2086" in told for told in complaints("bash", path))


def asked_for() -> list[str]:
    """The files that modules ask for."""
    return [
        node.args[0].value
        for path in (ROOT / "bridge" / "core").glob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "shells.text"
    ]


def test_every_file_is_used():
    assert sorted(set(asked_for())) == FILES


def test_the_fast_path_has_the_lines_themselves():
    """A call that types a run reads no file for them, and imports no module."""
    sources = {
        ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): path
        for path in (ROOT / "bridge").rglob("*.py")
    }
    modules = bundle.wanted({name: path.name == "__init__.py" for name, path in sources.items()})
    assert "bridge.core.runscript" in modules
    assert "bridge.shells" not in modules
    read = []

    def shell_code(name: str) -> bytes:
        read.append(name)
        return (SHELLS / name).read_bytes()

    loader, code = bundle.build(modules, lambda name: sources[name].read_bytes(), shell_code)
    assert sorted(set(read)) == FILES
    assert b"bridge.shells" not in loader + code
    assert (SHELLS / "run.zsh").read_bytes().rstrip() in code
