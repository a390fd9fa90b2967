"""Prepared data sets written in formats for other programs."""
