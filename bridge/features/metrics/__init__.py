"""What panes use, and the limits of it."""
