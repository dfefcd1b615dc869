"""The live session: WebSocket in, one task a turn, events out. Holds no models; the database is the truth."""
