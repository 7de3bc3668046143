"""Who takes a bracketed paste for what it is: text, whatever keys its characters are otherwise.

tmux brackets a paste where the pane's program has asked for it once, but that says little: vim asks for it and
takes a pasted `:wq` into the file, a killed editor leaves it asked for, and what reads then takes the brackets
for text. So it is told by who reads.
"""

from __future__ import annotations

from bridge.core.promptstate import has_line_editor, is_interactive_shell, shell_name
from bridge.model import Process

NEVER, ALWAYS, MAIN_SCREEN = "never", "always", "main-screen"

# Programs with a box for text that take a paste into it, on the alternate screen as on the main one.
BOXES = frozenset(
    (
        *("claude", "codex", "gemini", "opencode", "aider", "goose", "crush", "amp", "copilot", "qwen", "cursor-agent"),
        *("claude.exe", "codex.js", "gemini.js", "gemini-cli"),
    )
)
# Programs of keys, also where they were told to leave the alternate screen alone.
KEYED = frozenset(("vi", "vim", "nvim", "view", "vimdiff", "less", "more", "most", "man", "pager", "top", "htop"))


def choose(at_prompt: Process | None, front: list[Process], *, canonical: bool | None, lines: int) -> str:
    """Whether a paste is bracketed: NEVER, ALWAYS, or while the MAIN_SCREEN is shown; each only where it was asked for.

    `at_prompt` is the shell that prompts, if one does, `front` the members of the foreground; `lines` is how many
    the text has. On the main screen a program edits lines, as shells and Python do. On the alternate screen it is
    full of keys, and only text of several lines is bracketed, which nobody types as keys.
    """
    if canonical:
        return NEVER
    if at_prompt is not None:
        return ALWAYS if has_line_editor(at_prompt.argv or (at_prompt.name,)) else NEVER
    if any(is_interactive_shell(process.argv) and not has_line_editor(process.argv) for process in front):
        return NEVER  # a shell that is about to prompt
    if has_box(front) or lines > 1:
        return ALWAYS
    return NEVER if any(_names(process) & KEYED for process in front) else MAIN_SCREEN


def has_box(front: list[Process]) -> bool:
    """Whether one of these programs has a box where text stands until it is sent; each with its argv."""
    return any(_names(process) & BOXES for process in front)


def _names(process: Process) -> set[str]:
    """What the program may be called: an interpreter's is that of its script."""
    return {process.name, *(shell_name(word) for word in process.argv[:3])}
