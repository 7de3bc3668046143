"""Snapshots: a session saved as a file, and brought back from one."""
