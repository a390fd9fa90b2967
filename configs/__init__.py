"""Experiment configurations: typed defaults and one file per experiment."""
