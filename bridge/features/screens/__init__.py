"""What a pane shows, and a terminal joined to it."""
