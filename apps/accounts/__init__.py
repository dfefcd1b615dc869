"""People, organisations, roles and how someone gets in. Knows nothing of what they then do."""
