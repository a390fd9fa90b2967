"""Evaluates the checkpoints of a log folder, once or as they come."""
