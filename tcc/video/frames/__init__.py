"""From encoded frames to network input: decoding, geometry, augmentation."""
