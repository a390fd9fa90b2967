"""The example is run as its reader runs it."""

import pathlib
import runpy

_EXAMPLE = (
    pathlib.Path(__file__).parents[2] / "examples/loss_on_your_embeddings.py"
)


def test_the_example_learns():
    before, after = runpy.run_path(str(_EXAMPLE))["main"]()
    assert after < before / 2
