"""The byte log of a pane, and whoever reads it."""
