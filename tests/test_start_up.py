"""Commands answer at once, and graphs stay small."""

import pathlib
import resource
import subprocess
import sys
import tomllib

import pytest
import tensorflow as tf

from benchmarks import start_up

_PROJECT = pathlib.Path(__file__).parent.parent / "pyproject.toml"


def _modules():
    scripts = tomllib.loads(_PROJECT.read_text())["project"]["scripts"]
    return sorted(value.partition(":")[0] for value in scripts.values())


# Prints what it takes long to import, as it stands after the help.
_HELP = """
import runpy, sys
sys.argv = ["command", "--help"]
try:
    runpy.run_module({module!r}, run_name="__main__")
except SystemExit:
    pass
heavy = ("tensorflow", "keras", "tensorflow_datasets", "sklearn", "matplotlib")
print("HEAVY", [name for name in heavy if name in sys.modules])
"""


@pytest.mark.parametrize("module", _modules())
def test_help_is_quick(module):
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(
        [sys.executable, "-c", _HELP.format(module=module)],
        capture_output=True,
        text=True,
    )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert "--help" in done.stdout or "--logdir" in done.stdout, done.stderr
    assert "HEAVY []" in done.stdout
    assert after.ru_utime - before.ru_utime < 1.5  # seconds


def test_the_graph_of_training_does_not_grow(tiny_config):
    counts = {
        (batch_size, num_steps): start_up.count_nodes(
            start_up.build(tiny_config, batch_size, num_steps).graph
        )
        for batch_size, num_steps in ((2, 4), (4, 4), (2, 8))
    }
    assert len(set(counts.values())) == 1, counts
    assert tf.executing_eagerly()
