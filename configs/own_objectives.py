"""Names of objectives: those of the package, and those that users add.

In the same process, before anything is built:

    from tcc import algorithms
    algorithms.register_objective("my_objective", MyObjective)

For the commands, from an installed package that announces its module under
"tcc.objectives" (see `tcc.configs.own_parts`). An experiment then says
`config.algorithm.name = "my_objective"`. Does not import TensorFlow.
"""

import typing
from typing import Any

from tcc.configs import own_parts, schema

_SETTINGS = {
    name: kind
    for name, kind in typing.get_type_hints(schema.AlgorithmConfig).items()
    if isinstance(kind, type) and kind is not str
}
COMBINATIONS = ("combination", "alignment_sal_tcn")
# Every objective has a section of settings with its name.
BUILT_IN = (*_SETTINGS, "alignment_sal_tcn")
# Those that look at frames through their embeddings only.
ON_EMBEDDINGS = tuple(
    name
    for name, kind in _SETTINGS.items()
    if issubclass(kind, schema.EmbeddingObjectiveConfig)
)

REGISTERED: own_parts.OwnParts[Any] = own_parts.OwnParts(
    entry_points="tcc.objectives",
    function="tcc.algorithms.register_objective",
    built_in=BUILT_IN,
)
register = REGISTERED.register
names = REGISTERED.names
find = REGISTERED.find
