"""Trains what the product ships: the encoder's adapters and heads, from data files to weights with a card."""
