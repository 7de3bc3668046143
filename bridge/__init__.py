"""bridge drives tmux and answers in JSON."""

__version__ = "1.0.0"
