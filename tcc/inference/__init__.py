"""A trained network outside of training: loaded, and taken elsewhere.

import tcc
model = tcc.load("runs/my_clips")
embs = model.embed_video("clip.mp4")  # [L, D] float32
"""

from tcc.inference.trained_encoder import TrainedEncoder, load

__all__ = ["TrainedEncoder", "load"]
