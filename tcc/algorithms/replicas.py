"""Exchange between the replicas that share a batch."""

import keras
import tensorflow as tf


def gather(*tensors: tf.Tensor) -> tuple[tf.Tensor, ...]:
    """Joins what all replicas have, in the order of the replicas.

    Gradients flow back to where the rows came from: the gradient of a
    replica's own rows is the sum of what all replicas derive for them. So when
    every replica computes the same loss L of the whole batch, and the training
    step takes the mean over R replicas, as it does, each of them derives
    L / R, the sum of R such is dL, and the step is that of one device.

    Args:
      *tensors: [n, ...] each, of the same shape and dtype on every replica.

    Returns:
      For each tensor [R n, ...], or itself where there is one replica.
    """
    replica = tf.distribute.get_replica_context()
    if replica is None or replica.num_replicas_in_sync == 1:
        return tensors
    return tuple(
        tf.ensure_shape(
            # What comes from the input is on no device yet, which several
            # workers do not take: identity puts it on the replica's.
            replica.all_gather(tf.identity(tensor), axis=0),
            [replica.num_replicas_in_sync * tensor.shape[0], *tensor.shape[1:]],
        )
        for tensor in tensors
    )


def update_rows(
    table: keras.Variable, rows: tf.Tensor, values: tf.Tensor
) -> None:
    """Replaces rows of a state, such as a bank with one row for each video.

    Args:
      table: [V, ...], from `Algorithm.add_state`; the same on every replica.
      rows: [n] integer, different rows; the same on every replica, as `gather`
        returns them.
      values: [n, ...], without gradient; the same on every replica.
    """
    table.assign(
        tf.tensor_scatter_nd_update(
            tf.convert_to_tensor(table),
            rows[:, tf.newaxis],
            tf.cast(tf.stop_gradient(values), table.dtype),
        )
    )
