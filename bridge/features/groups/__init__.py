"""Many sessions as one."""
