"""The Pouring data set of the TCC paper."""
