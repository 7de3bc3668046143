"""Sessions: made, ended, looked at all at once, judged."""
