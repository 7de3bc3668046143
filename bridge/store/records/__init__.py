"""The records that agents' programs keep, on disk: which one belongs to an agent, and reading it."""
