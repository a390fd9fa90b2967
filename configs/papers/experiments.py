"""What a published experiment is, and how it becomes a configuration.

A paper combines data sets, backbones and methods, and publishes a row of
numbers for some of the combinations. Each part is a `Part`: a name and the
settings it stands for. An `Experiment` names one part of each kind and the
numbers; a `Paper` is the table of them.
"""

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

from tcc.configs import schema
from tcc.configs.checks import fields


@dataclasses.dataclass(frozen=True)
class Part:
    """A backbone or a method, as settings.

    Attributes:
      name: what users type, such as "tcn".
      title: what people read, such as "time-contrastive networks".
      settings: values of configuration fields by their dotted paths, such as
        {"algorithm.name": "tcn"}.
    """

    name: str
    title: str
    settings: Mapping[str, Any] = dataclasses.field(default_factory=dict)


@dataclasses.dataclass(frozen=True)
class DataSet(Part):
    """A data set, with the settings of its training and evaluation.

    Attributes:
      variant_kind: what is trained on separately, such as "action" or "split";
        "" if the data set is trained on as a whole.
      variants: the names of these; the first is the default. The prepared data
        set is then called NAME/VARIANT.
    """

    variant_kind: str = ""
    variants: tuple[str, ...] = ()

    def prepared(self, variant: str = "") -> str:
        """Returns the name of the prepared data set.

        Args:
          variant: one of `variants`; "" is the first.

        Raises:
          ValueError: the data set has no such variant.
        """
        if variant and variant not in self.variants:
            allowed = (
                f"takes one {self.variant_kind} of {', '.join(self.variants)} "
                "after the colon"
                if self.variants
                else "takes nothing after the colon"
            )
            raise ValueError(f"{self.name} {allowed}. Received: {variant!r}")
        chosen = variant or next(iter(self.variants), "")
        return f"{self.name}/{chosen}" if chosen else self.name


@dataclasses.dataclass(frozen=True)
class Metric:
    """A column of numbers in a paper's table.

    Attributes:
      heading: of the column.
      decimals: digits after the point, as published.
    """

    heading: str
    decimals: int


@dataclasses.dataclass(frozen=True)
class Experiment:
    """One row of a paper's table: what was trained, and what came out.

    Attributes:
      data_set: what it was trained and evaluated on.
      backbone: the network, and what it starts from.
      method: the objective.
      results: the published number for each of the paper's metrics; None
        where the paper gives none.
      suffix: added to the name where `settings` set the experiment apart.
      settings: fields that differ from those of the three parts.
      source: where the numbers are published, if not in the paper itself.
    """

    data_set: DataSet
    backbone: Part
    method: Part
    results: tuple[float | None, ...]
    suffix: str = ""
    settings: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    source: str = ""

    @property
    def name(self) -> str:
        """What follows `--config=paper/`."""
        parts = (self.data_set.name, self.backbone.name, self.method.name)
        return "_".join((*parts, self.suffix) if self.suffix else parts)

    @property
    def title(self) -> str:
        """The experiment in words."""
        suffix = f" ({self.suffix})" if self.suffix else ""
        return (
            f"{self.data_set.title}, {self.method.title}{suffix}, "
            f"{self.backbone.title}"
        )

    def config(self, variant: str = "") -> schema.ExperimentConfig:
        """Returns the configuration.

        Args:
          variant: of the data set, such as an action; "" is the first.

        Raises:
          ValueError: the data set has no such variant, or a setting is not a
            field of the configuration.
        """
        config = schema.ExperimentConfig()
        config.data.datasets = (self.data_set.prepared(variant),)
        for settings in (
            self.data_set.settings,
            self.backbone.settings,
            self.method.settings,
            self.settings,
        ):
            fields.set_fields(config, settings)
        return config


@dataclasses.dataclass(frozen=True)
class Paper:
    """The experiments of one paper.

    Attributes:
      citation: authors, title, venue and year.
      metrics: the columns of its table.
      backbones: all that can be chosen, by name; the first is the default.
      methods: likewise, with those that have no published number.
      experiments: those that have one.
    """

    citation: str
    metrics: tuple[Metric, ...]
    backbones: Mapping[str, Part]
    methods: Mapping[str, Part]
    experiments: tuple[Experiment, ...]

    def choose(
        self, data_set: DataSet, choices: str = ""
    ) -> schema.ExperimentConfig:
        """Returns the configuration of any combination of the parts.

        Args:
          data_set: what to train on.
          choices: what follows the colon of --config=FILE.py:CHOICES: a variant
            of the data set, a method and a backbone, as words in any order
            with commas between them. The first of each is the default.

        Raises:
          ValueError: a word is none of these, or two are of one kind.
        """
        words = _sort_words(
            choices,
            {
                data_set.variant_kind: data_set.variants,
                "method": tuple(self.methods),
                "backbone": tuple(self.backbones),
            },
        )
        combination = Experiment(
            data_set,
            self.backbones[words["backbone"]],
            self.methods[words["method"]],
            results=(),
        )
        return combination.config(words[data_set.variant_kind])

    def table(self) -> str:
        """Returns the published numbers as a Markdown table."""
        headings = [metric.heading for metric in self.metrics]
        rows = [["`--config=`", *headings], ["---"] * (1 + len(headings))]
        for experiment in self.experiments:
            cells = [
                "-" if value is None else f"{value:.{metric.decimals}f}"
                for value, metric in zip(
                    experiment.results, self.metrics, strict=True
                )
            ]
            source = f" ({experiment.source})" if experiment.source else ""
            rows.append([f"`paper/{experiment.name}`{source}", *cells])
        return "".join(f"| {' | '.join(row)} |\n" for row in rows)


def by_name(*parts: Part) -> dict[str, Part]:
    """Returns the parts in order, each under its name."""
    return {part.name: part for part in parts}


def block(
    data_set: DataSet,
    backbone: Part,
    *rows: tuple[Part, *tuple[float | None, ...]],
) -> list[Experiment]:
    """Returns the experiments of one data set and one backbone.

    Args:
      data_set: of all rows.
      backbone: of all rows.
      *rows: a method and its published numbers, one for each metric.
    """
    return [
        Experiment(data_set, backbone, method, tuple(results))
        for method, *results in rows
    ]


def _sort_words(
    choices: str, options: Mapping[str, Sequence[str]]
) -> dict[str, str]:
    """Returns {kind: the word chosen, or the first one}; "" if it has none."""
    found: dict[str, str] = {}
    for word in filter(None, choices.split(",")):
        kinds = [kind for kind, words in options.items() if word in words]
        if not kinds or kinds[0] in found:
            allowed = "; ".join(
                f"one {kind} of {', '.join(words)}"
                for kind, words in options.items()
                if words
            )
            raise ValueError(
                "After the colon, --config takes words with commas between "
                f"them: {allowed}. Received: {choices!r}"
            )
        found[kinds[0]] = word
    firsts = {kind: next(iter(words), "") for kind, words in options.items()}
    return {**firsts, **found}
