"""The experiments of published papers: one table for each paper."""
