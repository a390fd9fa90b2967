"""UCF101, from TFDS's own catalogue."""
