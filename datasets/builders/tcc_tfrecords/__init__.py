"""TFRecord files as the original's tools write them."""
