"""One file for each experiment that the TCC paper publishes a number of."""
