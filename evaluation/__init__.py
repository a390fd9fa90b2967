"""Evaluation of embeddings: one file per task, embeddings in, numbers out."""
