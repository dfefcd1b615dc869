"""The inference worker and what the web process may know of it; nothing in here knows Django."""
