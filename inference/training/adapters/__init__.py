"""Trains the small weights with which the bundled model words a client's and the companion's replies."""
