"""A full-screen view of all panes in the caller's terminal."""
