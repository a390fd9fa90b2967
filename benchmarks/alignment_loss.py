"""The alignment loss beside a version that loops over pairs and cycles.

    python benchmarks/alignment_loss.py            # the sizes of the README
    python benchmarks/alignment_loss.py --quick    # seconds instead of minutes

Both versions compute loss and gradient in a `tf.function`, on the same
embeddings and the same cycles. Each lives in a process of its own, so that
memory and tracing are measured apart; the steps alternate between the two
processes, so that whatever else the machine does meets both. Medians.
"""

import argparse
import multiprocessing
import resource
import sys
import time
from collections.abc import Callable
from multiprocessing.connection import Connection
from typing import Any

import numpy as np

TEMPERATURE = 0.1
VARIANCE_LAMBDA = 0.001
VERSIONS = ("loop", "batched")


def main() -> None:
    """Measures the matchings that the flags ask for and prints a table each."""
    args = _parse_args()
    for matching in args.matching:
        sizes = (
            args.deterministic
            if matching == "deterministic"
            else (args.stochastic)
        )
        rows = measure(matching, sizes, args.steps)
        print(table(matching, sizes, rows), flush=True)


def measure(
    matching: str, sizes: list[int], num_steps: int
) -> dict[str, dict[str, Any]]:
    """Measures both versions, in a process each, their steps in turn.

    Args:
      matching: "deterministic" or "stochastic".
      sizes: [N, T, D].
      num_steps: Timed steps of each version.

    Returns:
      For each version its measurements, by name; the gradient is among them.
    """
    context = multiprocessing.get_context("spawn")
    pipes: dict[str, Connection] = {}
    results: dict[str, dict[str, Any]] = {}
    for version in VERSIONS:
        pipes[version], child = context.Pipe()
        context.Process(
            target=_serve, args=(child, version, matching, sizes), daemon=True
        ).start()
        child.close()  # so that the end of a failed process is noticed
        # Wait, so that one version traces while the other sleeps.
        results[version] = pipes[version].recv()
        print(f"{matching} {version}: traced", file=sys.stderr, flush=True)
    times: dict[str, list[np.ndarray]] = {version: [] for version in VERSIONS}
    for _ in range(num_steps):
        for version in VERSIONS:
            pipes[version].send("step")
            times[version].append(pipes[version].recv())
    for version in VERSIONS:
        pipes[version].send("end")
        results[version]["peak_mb"] = pipes[version].recv()
        wall, cpu = 1e3 * np.median(times[version], axis=0)
        results[version] |= {"step_ms": wall, "step_cpu_ms": cpu}
    return results


def _serve(
    pipe: Connection, version: str, matching: str, sizes: list[int]
) -> None:
    """Traces one version, then runs a step whenever it is asked to."""
    import tensorflow as tf

    n, t, d = sizes
    embs, cycles, frames = make_inputs(n, t, d)
    loss = {
        ("loop", "deterministic"): lambda e: loop_deterministic(e),
        ("loop", "stochastic"): lambda e: loop_stochastic(e, cycles, frames),
        ("batched", "deterministic"): lambda e: batched(e),
        ("batched", "stochastic"): lambda e: batched(e, cycles, frames),
    }[version, matching]
    step = tf.function(_with_gradient(loss))
    embs = tf.constant(embs)
    float(tf.reduce_sum(tf.matmul(embs, embs, transpose_b=True)))
    idle_mb = _peak_mb()
    begin = time.perf_counter()
    graph = step.get_concrete_function(embs).graph
    value, gradient = step(embs)
    result = {"loss": float(value), "gradient": gradient.numpy()}
    result["first_s"] = time.perf_counter() - begin
    result["nodes"] = _num_nodes(graph)
    result["idle_mb"] = idle_mb
    pipe.send(result)
    while pipe.recv() == "step":
        before = np.array([time.perf_counter(), time.process_time()])
        step(embs)[1].numpy()
        after = np.array([time.perf_counter(), time.process_time()])
        pipe.send(after - before)
    pipe.send(_peak_mb())


def make_inputs(
    n: int, t: int, d: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Embeddings of noisy walks, and N T cycles with their first steps.

    Returns:
      embs [N, T, D] float32, cycles [N T, 3] int32, frames [N T] int32.
    """
    rng = np.random.default_rng(0)
    walk = np.cumsum(rng.normal(size=(t, d)), axis=0) / np.sqrt(t)
    embs = walk + 0.5 * rng.normal(size=(n, t, d))
    firsts = rng.integers(0, n, n * t)
    seconds = (firsts + rng.integers(1, n, n * t)) % n
    cycles = np.stack([firsts, seconds, firsts], axis=1)
    frames = rng.integers(0, t, n * t)
    return (
        embs.astype(np.float32),
        cycles.astype(np.int32),
        frames.astype(np.int32),
    )


def batched(
    embs: Any,
    cycles: np.ndarray | None = None,
    frames: np.ndarray | None = None,
) -> Any:
    """regression_mse_var by `tcc.alignment`; stochastic if given cycles."""
    from tcc.alignment import deterministic, stochastic

    n, t, _ = embs.shape
    steps, lens = _steps_and_lens(n, t)
    start = (embs, steps, lens, t, n, "regression_mse_var", "l2")
    end = (TEMPERATURE, 0.0, VARIANCE_LAMBDA, 0.1, True)
    if cycles is None:
        return deterministic.compute_deterministic_alignment_loss(*start, *end)
    return stochastic.compute_stochastic_alignment_loss(
        *start, len(cycles), 2, *end, cycles=cycles, start_frames=frames
    )


def loop_deterministic(embs: Any) -> Any:
    """The same loss pair by pair, as one writes it down from the paper."""
    import tensorflow as tf

    n, t, _ = embs.shape
    steps, lens = _steps_and_lens(n, t)
    logits, labels, times = [], [], []
    for i in range(n):
        for j in range(n):
            if i != j:
                alpha = tf.nn.softmax(_similarity(embs[i], embs[j]))
                logits.append(_similarity(alpha @ embs[j], embs[i]))
                labels.append(tf.eye(t))
                times.append(tf.tile(steps[i : i + 1] / lens[i], [t, 1]))
    return _mse_var(*(tf.concat(rows, 0) for rows in (logits, labels, times)))


def loop_stochastic(embs: Any, cycles: np.ndarray, frames: np.ndarray) -> Any:
    """The same loss cycle by cycle, as one writes it down from the paper."""
    import tensorflow as tf

    n, t, d = embs.shape
    steps, lens = _steps_and_lens(n, t)
    logits, labels, times = [], [], []
    for cycle, frame in zip(cycles, frames, strict=True):
        query = embs[cycle[0], frame : frame + 1]
        for video in cycle[1:]:
            distances = tf.reduce_sum(tf.square(query - embs[video]), axis=1)
            similarity = -distances / d / TEMPERATURE
            query = tf.nn.softmax(similarity)[tf.newaxis] @ embs[video]
        logits.append(similarity)
        labels.append(tf.one_hot(frame, t))
        times.append(steps[cycle[0]] / lens[cycle[0]])
    return _mse_var(*(tf.stack(rows) for rows in (logits, labels, times)))


def _steps_and_lens(n: int, t: int) -> tuple[Any, Any]:
    """Steps [N, T] and lengths [N] of videos of which every frame is used."""
    import tensorflow as tf

    steps = tf.tile(tf.range(t, dtype=tf.float32)[tf.newaxis], [n, 1])
    return steps, tf.fill([n], float(t))


def _similarity(a: Any, b: Any) -> Any:
    import tensorflow as tf

    distances = tf.maximum(
        tf.reduce_sum(tf.square(a), 1)[:, tf.newaxis]
        + tf.reduce_sum(tf.square(b), 1)[tf.newaxis]
        - 2.0 * tf.matmul(a, b, transpose_b=True),
        0.0,
    )
    return -distances / a.shape[-1] / TEMPERATURE


def _mse_var(logits: Any, labels: Any, times: Any) -> Any:
    import tensorflow as tf

    beta = tf.nn.softmax(logits)
    true = tf.reduce_sum(labels * times, axis=1)
    mean = tf.reduce_sum(beta * times, axis=1)
    variance = tf.reduce_sum(
        beta * tf.square(times - mean[:, tf.newaxis]), axis=1
    )
    log_variance = tf.math.log(variance)
    return tf.reduce_mean(
        tf.exp(-log_variance) * tf.square(true - mean)
        + VARIANCE_LAMBDA * log_variance
    )


def _with_gradient(loss: Callable[[Any], Any]) -> Callable[[Any], Any]:
    import tensorflow as tf

    def step(embs: Any) -> tuple[Any, Any]:
        with tf.GradientTape() as tape:
            tape.watch(embs)
            value = loss(embs)
        gradient = tape.gradient(value, embs)
        return value, tf.convert_to_tensor(gradient)

    return step


def _num_nodes(graph: Any) -> int:
    definition = graph.as_graph_def()
    return len(definition.node) + sum(
        len(function.node_def) for function in definition.library.function
    )


def _peak_mb() -> float:
    """Largest resident memory of this process so far, in MB (Linux: kB)."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3


def table(
    matching: str, sizes: list[int], rows: dict[str, dict[str, Any]]
) -> str:
    """The measurements as a Markdown table with ratios loop / batched."""
    loop, ours = rows["loop"], rows["batched"]
    for row in (loop, ours):
        row["above_idle_mb"] = row["peak_mb"] - row["idle_mb"]
    lines = [
        f"{matching}, (N, T, D) = {tuple(sizes)}",
        "| loss + gradient | loop | batched | ratio |",
        "|---|---|---|---|",
    ]
    for key, what in (
        ("first_s", "trace + first call, s"),
        ("step_ms", "step, ms"),
        ("step_cpu_ms", "step, ms of all cores together"),
        ("nodes", "graph nodes"),
        ("peak_mb", "peak memory of the process, MB"),
        ("above_idle_mb", "of it above the idle process, MB"),
    ):
        lines.append(
            f"| {what} | {_figure(loop[key])} | {_figure(ours[key])} "
            f"| {loop[key] / ours[key]:.1f} |"
        )
    gradient = np.abs(loop["gradient"] - ours["gradient"]).max()
    largest = np.abs(loop["gradient"]).max()
    lines += [
        f"| loss | {loop['loss']:.7g} | {ours['loss']:.7g} "
        f"| differs by {abs(ours['loss'] / loop['loss'] - 1):.1e} of it |",
        f"| gradient, largest entry | {largest:.4g} "
        f"| {np.abs(ours['gradient']).max():.4g} "
        f"| differs by {gradient / largest:.1e} of it |",
        "",
    ]
    return "\n".join(lines)


def _figure(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.2f}"


def _parse_args() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    for matching, sizes in (
        ("deterministic", [32, 64, 128]),
        ("stochastic", [16, 64, 128]),
    ):
        parser.add_argument(
            f"--{matching}",
            type=int,
            nargs=3,
            metavar=("N", "T", "D"),
            default=sizes,
            help=f"sizes of {matching} matching (default: %(default)s)",
        )
    parser.add_argument(
        "--matching",
        nargs="+",
        choices=("deterministic", "stochastic"),
        default=["deterministic", "stochastic"],
    )
    parser.add_argument(
        "--steps", type=int, default=11, help="timed steps of each version"
    )
    parser.add_argument(
        "--quick", action="store_true", help="sizes that trace in seconds"
    )
    args = parser.parse_args()
    if args.quick:
        args.deterministic, args.stochastic = [6, 20, 64], [4, 16, 64]
    return args


if __name__ == "__main__":
    main()
