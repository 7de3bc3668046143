"""Waiting in a pane: until its end, a screen, some output, an answer."""
