"""Waiting in a pane: until its command has ended, until a screen or output matches, until it has answered."""
