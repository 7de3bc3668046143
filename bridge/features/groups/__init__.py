"""Groups: one command, start, save or end for many sessions."""
