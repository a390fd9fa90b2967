"""Data sets: builders, label formats, and the command that prepares them."""
