"""Checks of the values in a configuration; no TensorFlow."""
