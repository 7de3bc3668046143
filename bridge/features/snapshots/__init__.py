"""A session as a file and back."""
