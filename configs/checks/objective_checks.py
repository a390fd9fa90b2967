"""What each objective needs of the rest of a configuration."""

from tcc.configs import own_objectives, schema
from tcc.configs.checks import fields


def objectives(config: schema.AlgorithmConfig) -> tuple[str, ...]:
    """Returns the objectives that an algorithm consists of."""
    if config.name in own_objectives.COMBINATIONS:
        return config.combination.objectives
    return (config.name,)


def find_problems(config: schema.ExperimentConfig) -> list[str]:
    """Returns what the objectives in use need and `config` lacks."""
    problems = []
    algorithm, batch_size = config.algorithm, config.train.batch_size
    used = objectives(algorithm)

    def need(holds: bool, path: str, allowed: str) -> None:
        if not holds:
            value = fields.get_field(config, path)
            problems.append(fields.problem(path, allowed, value))

    combination = algorithm.combination
    if algorithm.name == "alignment_sal_tcn":
        need(
            set(used) == {"alignment", "sal", "tcn"},
            "algorithm.combination.objectives",
            'alignment, sal and tcn with algorithm.name="alignment_sal_tcn"; '
            'others with "combination"',
        )
    need(
        len(combination.weights) == len(combination.objectives),
        "algorithm.combination.weights",
        f"{len(combination.objectives)} numbers, one for each of "
        "algorithm.combination.objectives",
    )
    if "alignment" in used:
        need(
            batch_size >= 2,
            "train.batch_size",
            "at least 2: a cycle needs two videos",
        )
        need(
            not algorithm.alignment.stochastic_matching
            or algorithm.alignment.cycle_length <= batch_size,
            "algorithm.alignment.cycle_length",
            f"at most train.batch_size ({batch_size}): a cycle visits each "
            "video once",
        )
    if "sal" in used:
        need(
            config.data.num_steps >= 5,
            "data.num_steps",
            "at least 5: Shuffle and Learn makes a triplet from 5 steps",
        )
    if "tcn" in used and algorithm.tcn.views == "multi":
        need(
            bool(config.data.view_pattern),
            "data.view_pattern",
            'a regular expression with algorithm.tcn.views="multi": it tells '
            "which videos are views of one recording",
        )
    if config.data.view_pattern:
        need(
            batch_size % 2 == 0,
            "train.batch_size",
            "even with data.view_pattern: two views of each recording",
        )
    if algorithm.classification.num_classes:
        need(
            len(algorithm.classification.num_classes)
            == len(config.data.datasets),
            "algorithm.classification.num_classes",
            "one count for each of data.datasets, or () for those of the data",
        )
    for name in used:  # settings may say themselves what they need
        find = getattr(getattr(algorithm, name, None), "find_problems", None)
        if find:
            problems += find(config)
    return problems
