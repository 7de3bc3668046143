"""Names that something outside of our code uses: vulture reads this beside the code, and nothing runs it."""

# ruff: noqa: B018, F821

# ast calls a visitor's methods by the node, importlib a loader's.
_.visit_AnnAssign
_.create_module
_.__path__

# Click calls what its classes override.
_.parse_args
_.list_commands
_.format_commands

# The JSON scanner of CPython, which is written in C, reads a decoder by these names.
_.strict
_.object_hook
_.object_pairs_hook
_.parse_float
_.parse_int
_.parse_constant
_.memo

# The life of a log as a table for readers; a test holds the code to it.
_.GROWS
_.COMPLETE
_.MOVES

# The standard library reads what is handed to it: an entry of an archive, a raw stream, handlers of urllib.
_.mtime
_.readinto
_.http_open
_.https_open
_._create_connection

# zipfile reads them of an entry.
_.compress_type
_.external_attr

# A script calls its own methods by the commands' names.
_.pane_watch_timeout

# help() shows it.
_.__doc__

# The MCP library calls its own method, which is ours now.
_.respond

# Textual calls and reads these; `on_…` and `action_…` are told in pyproject.toml.
_.CSS
_.ENABLE_COMMAND_PALETTE
_.ALLOW_SELECT
_.BINDINGS
_.theme
_.compose
_.cursor_position
_._fatal_error
_.render_line

# A profile's word for its record names the reader: the module is imported by that word.
_.Aider
_.Claude
_.Codex
_.Copilot
_.Gemini

# What a record of an agent tells besides its turns; tests hold the readers to it.
_.compactions
_.rewinds
_.proven
_.position
_.transcript
