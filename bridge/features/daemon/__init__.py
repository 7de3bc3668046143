"""The daemon as its callers see it."""
