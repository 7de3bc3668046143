"""Events: subscriptions to them, and the event log that is read and added to."""
