"""Matches between the frames of two videos, from their embeddings."""
