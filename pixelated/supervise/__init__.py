"""Starts, watches and stops the processes of one installation on one machine.

Knows nothing of Django: it is used before settings have a database to point at.
"""
