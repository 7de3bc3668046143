"""One module a family: functions, then the rows of the command table."""
