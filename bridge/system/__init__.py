"""The only layer that reads processes, clocks and random numbers."""
