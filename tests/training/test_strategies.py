"""Strategies: who is chief, which batches are refused, one device unchanged."""

import json
import os
import pathlib
import subprocess
import types

import keras
import pytest
import tensorflow as tf
import yaml

from tcc.algorithms import replicas
from tcc.configs import schema
from tcc.training import stopping, strategies


def _strategy(num_replicas=1, resolver=None):
    """The parts of a strategy that are looked at."""
    return types.SimpleNamespace(
        num_replicas_in_sync=num_replicas, cluster_resolver=resolver
    )


def _resolver(monkeypatch, cluster, kind, index):
    task = {"type": kind, "index": index}
    monkeypatch.setenv(
        "TF_CONFIG", json.dumps({"cluster": cluster, "task": task})
    )
    return tf.distribute.cluster_resolver.TFConfigClusterResolver()


@pytest.mark.parametrize(
    ("cluster", "task", "expected"),
    [
        ({"worker": ["a:1", "b:1"]}, ("worker", 0), True),
        ({"worker": ["a:1", "b:1"]}, ("worker", 1), False),
        ({"chief": ["a:1"], "worker": ["b:1"]}, ("chief", 0), True),
        ({"chief": ["a:1"], "worker": ["b:1"]}, ("worker", 0), False),
    ],
)
def test_one_process_of_a_cluster_is_chief(
    monkeypatch, cluster, task, expected
):
    strategy = _strategy(2, _resolver(monkeypatch, cluster, *task))
    assert strategies.is_chief(strategy) == expected
    assert strategies.is_one_of_many(strategy)


def test_one_process_is_chief_and_decides_alone(monkeypatch):
    for resolver in (
        None,
        _resolver(monkeypatch, {"worker": ["a:1"]}, "worker", 0),
    ):
        strategy = _strategy(2, resolver)
        assert strategies.is_chief(strategy)
        assert not strategies.is_one_of_many(strategy)
    vote = stopping.StopVote(tf.distribute.get_strategy())
    assert vote.passes(True) and not vote.passes(False)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({}, r"multiple of the number of replicas \(4\), at least 2 .*: 6$"),
        ({"pairs_across_replicas": True}, r"replicas \(4\)\. Received: 6$"),
    ],
)
def test_a_batch_must_be_shared_out_evenly(changes, message):
    config = schema.ExperimentConfig()
    config.train.batch_size = 6
    for name, value in changes.items():
        setattr(config.algorithm.alignment, name, value)
    with pytest.raises(ValueError, match=message):
        strategies.check_config(config, _strategy(4))
    strategies.check_config(config, _strategy(3))


def test_a_share_must_be_large_enough_for_its_objective():
    config = schema.ExperimentConfig()
    config.train.batch_size = 4
    alignment = config.algorithm.alignment
    with pytest.raises(ValueError, match=r"at least 2 .*_across_replicas=True"):
        strategies.check_config(config, _strategy(4))
    alignment.stochastic_matching, alignment.cycle_length = True, 3
    with pytest.raises(ValueError, match="at least 3 videos each"):
        strategies.check_config(config, _strategy(2))
    alignment.pairs_across_replicas = True
    strategies.check_config(config, _strategy(4))
    config.data.view_pattern = "(.*)_view[0-9]"
    with pytest.raises(ValueError, match="an even number each"):
        strategies.check_config(config, _strategy(4))
    strategies.check_config(config, _strategy(2))
    config.data.view_pattern, config.algorithm.name = "", "sal"
    alignment.pairs_across_replicas = False
    strategies.check_config(config, _strategy(4))


def test_xla_is_for_one_replica():
    config = schema.ExperimentConfig()
    config.train.jit_compile = True
    strategies.check_config(config, _strategy(1))
    with pytest.raises(ValueError, match=r"jit_compile must be False .*\(2\)"):
        strategies.check_config(config, _strategy(2))


def test_every_batch_norm_is_synchronised_also_inside_layers():
    inner = keras.Sequential([keras.layers.BatchNormalization()])
    model = keras.Sequential([inner, keras.layers.BatchNormalization()])
    strategies.synchronize_batch_norm(model)
    assert inner.layers[0].synchronized
    assert model.layers[1].synchronized


def test_one_replica_gathers_its_own():
    some, other = tf.ones([2, 3]), tf.constant([1, 2])
    assert replicas.gather(some, other) == (some, other)


def test_a_lost_worker_is_named_with_the_mend():
    error = tf.errors.UnavailableError(
        None, None, "Graph\nOps aborted by: reset\n"
    )
    with (
        pytest.raises(
            ConnectionError, match=r"lost.* \(Ops .* reset\).*/runs/x"
        ),
        strategies.naming_lost_workers("/runs/x"),
    ):
        raise error


def test_the_manifest_of_the_documents_gives_each_worker_its_place(tmp_path):
    page = pathlib.Path(__file__).parents[2] / "docs" / "distributed.md"
    manifest = page.read_text().split("```yaml\n")[1].split("```")[0]
    service, job = yaml.safe_load_all(manifest)
    pod = job["spec"]["template"]["spec"]
    (container,) = pod["containers"]
    python = tmp_path / "python"
    python.write_text('#!/bin/sh\necho "$TF_CONFIG"\n')
    python.chmod(0o755)
    for index in ("0", "1"):
        printed = subprocess.run(
            [*container["command"], *container["args"]],
            env={
                "PATH": f"{tmp_path}:{os.environ['PATH']}",
                "JOB_COMPLETION_INDEX": index,
            },
            check=True,
            capture_output=True,
        )
        config = json.loads(printed.stdout)
        assert config["task"] == {"type": "worker", "index": int(index)}
        # The names of an Indexed Job's pods, in the domain of the service.
        name, domain = job["metadata"]["name"], pod["subdomain"]
        assert domain == service["metadata"]["name"]
        assert config["cluster"]["worker"] == [
            f"{name}-{i}.{domain}:2222"
            for i in range(job["spec"]["completions"])
        ]
