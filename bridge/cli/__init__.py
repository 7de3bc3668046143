"""The command line: a fast front and a Click front over one dispatcher."""
