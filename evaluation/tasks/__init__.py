"""Evaluation tasks: embeddings in, numbers out, one file for each task."""
