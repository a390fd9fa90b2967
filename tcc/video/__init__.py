"""From prepared videos to batches: steps, context, decoding, augmentation.

`input_pipeline` puts the parts together for training, `prepared` reads whole
videos for evaluation; the other modules are pure functions on tensors.
"""
