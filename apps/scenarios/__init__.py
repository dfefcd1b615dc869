"""Authored clients: their format, their library, and the versions frozen once used."""
