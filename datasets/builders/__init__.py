"""One folder for each data set that can be prepared."""
