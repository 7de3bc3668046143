"""A command in a pane's shell, with its exact end."""
