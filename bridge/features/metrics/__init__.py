"""What the processes of panes use now and used before, and the limits that were set."""
