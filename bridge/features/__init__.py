"""Flows that are longer than a command or have two callers."""
