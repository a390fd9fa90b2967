"""From sources to a prepared data set."""
