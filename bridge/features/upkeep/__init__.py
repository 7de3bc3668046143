"""Bridge itself: checked by the doctor, configured, migrated, made known to shells and agents."""
