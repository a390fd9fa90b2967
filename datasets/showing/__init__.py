"""Statistics and pictures of a prepared data set."""
