"""Clean-up: the evidence, ending what nobody uses, left-over files, the daemon's timer."""
