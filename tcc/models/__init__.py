"""Models: a backbone on each frame, an embedder on the frames of a step.

from tcc import models
encoder = models.build_encoder(config.model, image_size=224, num_context=2)
embs = encoder(frames)  # [N, T, C, H, W, 3] -> [N, T, D]
"""

from tcc.configs.own_backbones import register as register_backbone
from tcc.models.encoder import Encoder, build_encoder
from tcc.models.input_normalization import InputNormalization

__all__ = [
    "Encoder",
    "InputNormalization",
    "build_encoder",
    "register_backbone",
]
