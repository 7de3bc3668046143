"""Bridge itself: looked after, configured, introduced."""
