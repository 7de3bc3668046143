"""The profiles that are shipped, a TOML file each: docs/AGENTS_GUIDE.md says what they hold."""

NAMES = (
    *("claude", "codex", "gemini", "opencode", "aider", "copilot", "cursor", "amp", "qwen", "kimi", "goose", "shell"),
    # Known by a few screens alone.
    *("amazonq", "antigravity", "auggie", "cline", "devin", "grok", "hermes", "kiro", "minimax", "omp", "pi"),
)
