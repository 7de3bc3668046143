"""Panes: found, made, typed into, pressed, ended."""
