"""Many calls in one process: a line in, an envelope out."""
