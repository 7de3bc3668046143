"""The only layer that opens state files."""
