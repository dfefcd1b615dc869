"""The record of what was said: encounters, the tree of turns, and their one order. Knows no mode and no model."""
