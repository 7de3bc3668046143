"""Screens: what a pane shows at one moment, and a person's terminal that is joined to it."""
