"""Numbers from numbers: paired estimates, families of tests, sensitivity indices. Reads results only."""
