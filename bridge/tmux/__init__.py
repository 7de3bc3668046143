"""The only layer that starts tmux."""
