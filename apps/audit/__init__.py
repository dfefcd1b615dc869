"""The append-only log of who did what to which record. Knows ids, not people."""
