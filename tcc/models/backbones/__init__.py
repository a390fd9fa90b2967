"""Backbones: one image in, a map of features out."""

from tcc.models.backbones.registry import build_backbone

__all__ = ["build_backbone"]
