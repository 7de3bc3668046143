"""The daemon: hears of tmux's events, stores them, and tells whoever subscribed."""
