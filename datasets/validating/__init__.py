"""Finds everything that is wrong with data, in one pass."""
