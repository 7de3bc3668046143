"""How the one file starts: the zip's entry, and the fast path that it unpacks."""
