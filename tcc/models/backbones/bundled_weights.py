"""Pretrained weights that come with the package.

`model.weights="bundled"` needs no download: the start of MobileNetV2, as far
as it is used here by default, as float16 (`bundled/README.md` names origin and
licence). To make the file again from whole weights:

    python -m tcc.models.backbones.bundled_weights --weights=PATH.weights.h5
"""

import argparse
import pathlib

import h5py
import keras
import numpy as np

BACKBONE = "mobilenetv2"
LAYER = "block_12_add"
_PATH = pathlib.Path(__file__).parent / f"bundled/{BACKBONE}_{LAYER}.weights.h5"


def find(backbone: str, layer: str) -> str:
    """Returns the path of the bundled weights.

    Args:
        backbone: the name of the network.
        layer: where it is cut.

    Raises:
        ValueError: none are bundled for this network and layer.
    """
    if (backbone, layer) != (BACKBONE, LAYER):
        raise ValueError(
            "model.weights='bundled' goes with model.backbone="
            f"{BACKBONE!r} cut at {LAYER!r}. Use weights='imagenet', 'none' or "
            f"the path of a file. Received: {backbone!r} cut at {layer!r}"
        )
    return str(_PATH)


def write(network: keras.Model, path: pathlib.Path) -> None:
    """Writes the weights of a network as float16.

    Keras reads the file like any other and converts to its own dtype.

    Args:
        network: whose weights are written.
        path: of the file, which ends in .weights.h5.
    """
    network.save_weights(path)
    with h5py.File(path, "r+") as file:
        arrays: list[str] = []
        file.visititems(
            lambda name, item: (
                arrays.append(name) if isinstance(item, h5py.Dataset) else None
            )
        )
        for name in arrays:
            values = np.asarray(file[name])
            del file[name]
            file[name] = values.astype(np.float16)
    # HDF5 does not reuse the space of what was deleted: write it once more.
    small = path.with_name(f"repacked-{path.name}")
    with (
        h5py.File(path) as source,
        h5py.File(small, "w", libver="latest") as target,
    ):
        for name, item in source.items():
            source.copy(item, target, name)
        target.attrs.update(source.attrs)
    small.replace(path)


def main() -> None:
    """Makes the bundled file."""
    from tcc.configs import schema
    from tcc.models import backbones

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--weights", required=True)
    parser.add_argument("--output", type=pathlib.Path, default=_PATH)
    arguments = parser.parse_args()
    config = schema.ModelConfig(
        backbone=BACKBONE, backbone_layer=LAYER, weights=arguments.weights
    )
    network = backbones.build_backbone(config, image_size=224)
    arguments.output.parent.mkdir(parents=True, exist_ok=True)
    write(network, arguments.output)
    print(f"{arguments.output}: {arguments.output.stat().st_size} bytes")


if __name__ == "__main__":
    main()
