"""The byte log of a pane: begun, kept, ended, and read by runs, waits and streams."""
