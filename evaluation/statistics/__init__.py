"""Intervals, classifiers, and the choice of labelled videos."""
