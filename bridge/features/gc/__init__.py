"""Clean-up: evidence, verdict carried out, left-over files, policy."""
