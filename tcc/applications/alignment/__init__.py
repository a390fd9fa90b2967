"""Aligns a folder of videos, and shows the result as files and as a page."""
