"""Embedders: the features of a step's frames in, one embedding out."""
