"""Pure rules: no process, file, clock or random number is touched here."""
