"""Seals the words people write and keeps the keys. Knows ids, not people; never writes to the audit log itself."""
