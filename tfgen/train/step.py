"""One update of the players, and many of them in one compiled function."""

import contextlib
import math
from collections.abc import Callable, Collection, Mapping

import keras
import tensorflow as tf
from absl import logging

from tfgen.model import Model, Player
from tfgen.replicas import in_pieces
from tfgen.train.determinism import pairwise_sums

Batch = Mapping[str, tf.Tensor]


def train_step(
    model: Model,
    optimizers: Mapping[str, keras.optimizers.Optimizer],
    batch: Batch,
    global_batch_size: int,
    turn: int = 0,
    resting: Collection[str] = (),
    pieces: int = 1,
) -> dict[str, tf.Tensor]:
    """Moves the players on this replica's part of a batch.

    They move in order, or all at once if the model is `simultaneous`. What the
    model generates is made once, before the first move. Only with that move do
    moving statistics move.

    Args:
      model: see `tfgen.model`.
      optimizers: one for each player.
      batch: this replica's examples.
      global_batch_size: number of examples on all replicas together. Losses
        are divided by it once; Keras optimizers sum gradients over replicas,
        so any number of replicas makes the same update.
      turn: place of the step in its round; a player with `every` = n moves if
        n divides `turn + 1`.
      resting: players that do not move, outside of their stages.
      pieces: that the examples are cut in. More than one are of players that
        move at once; their gradients are added before.

    Returns:
      Name -> this replica's share of the mean of what `per_example_losses`
      returns, the players' first: before the player's update; of one that
      rests, and of what is recorded alone, after the others'.
    """
    players = model.players()
    moving = [
        name
        for name, player in players.items()
        if (turn + 1) % player.every == 0 and name not in resting
    ]
    in_turn = [[name] for name in moving] or [[]]
    groups = [moving] if model.simultaneous else in_turn
    values = {n: [v.value for v in players[n].variables] for n in moving}
    if pieces > 1:
        return _step_in_pieces(
            model, optimizers, batch, global_batch_size, values, pieces
        )
    losses = {}
    # For a persistent tape, loops and functions are traced three times.
    with tf.GradientTape(
        persistent=len(moving) > 1, watch_accessed_variables=False
    ) as tape:
        tape.watch(values)
        batch = model.with_generated(batch, training=True)
        for group in groups:
            # A second pass over the same examples is no news of them.
            with keras.StatelessScope() if losses else contextlib.nullcontext():
                per_example = model.per_example_losses(batch, training=True)
            means = {
                name: tf.reduce_sum(loss) / global_batch_size
                for name, loss in per_example.items()
            }
            with tape.stop_recording():
                gradients = {
                    n: tape.gradient(means[n], values[n]) for n in group
                }
                losses |= {name: means[name] for name in group}
                # Each read of a variable that a gradient needs is one that a
                # loss has needed. See `Traps` in docs/architecture.md.
                with tf.control_dependencies(losses.values()):
                    for name in group:
                        _move(players[name], optimizers[name], gradients[name])
    names = [*players, *(name for name in means if name not in players)]
    return {name: losses.get(name, means[name]) for name in names}


def _step_in_pieces(
    model, optimizers, batch, global_batch_size, values, pieces
):
    """A step of players that move at once; `values` are their variables'."""

    def of_piece(i):
        piece = {
            name: tf.reshape(t, [pieces, -1, *t.shape[1:]])[i]
            for name, t in batch.items()
        }
        with tf.GradientTape(
            persistent=len(values) > 1, watch_accessed_variables=False
        ) as tape:
            tape.watch(values)
            piece = model.with_generated(piece, training=True)
            per_example = model.per_example_losses(piece, training=True)
            means = {
                name: tf.reduce_sum(loss) / global_batch_size
                for name, loss in per_example.items()
            }
        gradients = {
            name: tape.gradient(means[name], of, unconnected_gradients="zero")
            for name, of in values.items()
        }
        return tf.nest.map_structure(tf.convert_to_tensor, (means, gradients))

    with in_pieces():
        _, (means, gradients) = tf.while_loop(
            lambda i, _: i < pieces,
            lambda i, sums: (
                i + 1,
                tf.nest.map_structure(tf.add, sums, of_piece(i)),
            ),
            (1, of_piece(0)),
            parallel_iterations=1,
        )
    players = model.players()
    for name in values:
        _move(players[name], optimizers[name], gradients[name])
    names = [*players, *(name for name in means if name not in players)]
    return {name: means[name] for name in names}


def gradient_norms(model: Model, batch: Batch) -> dict[str, tf.Tensor]:
    """Returns the global norm of each player's gradient; nothing moves.

    It is that of the mean loss, before clipping. In a compiled step it would
    cost a game of small networks a tenth of its speed, so the loop asks for it
    when it validates.

    Args:
      model: see `tfgen.model`.
      batch: [B, ...], of one replica.
    """
    players = model.players()
    values = {n: [v.value for v in p.variables] for n, p in players.items()}
    # Statistics of batches go to the scope, and not into the variables.
    scope = keras.StatelessScope([(v, v.value) for v in model.variables])
    with (
        scope,
        tf.GradientTape(
            persistent=True, watch_accessed_variables=False
        ) as tape,
    ):
        tape.watch(values)
        batch = model.with_generated(batch, training=True)
        losses = model.per_example_losses(batch, training=True)
        means = {name: tf.reduce_mean(losses[name]) for name in players}
    return {
        name: tf.linalg.global_norm(tape.gradient(means[name], values[name]))
        for name in players
    }


def _move(player, optimizer, gradients):
    """Applies this replica's share of the gradients."""
    if player.optimizer.clip_norm:
        gradients = _clip(gradients, player.optimizer.clip_norm)
    optimizer.apply(gradients, player.variables)


def _clip(gradients: list[tf.Tensor], norm: float) -> list[tf.Tensor]:
    """Clips the global norm of the gradient summed over replicas."""
    context = tf.distribute.get_replica_context()
    replicas = context.num_replicas_in_sync
    if replicas > 1:
        gradients = context.all_reduce(tf.distribute.ReduceOp.SUM, gradients)
    # Squares of what an outlier in a table makes overflow. A power of 2 changes
    # no digit.
    parts = [getattr(g, "values", g) * 2.0**-30 for g in gradients]
    length = tf.linalg.global_norm(parts) * 2.0**30
    gradients, _ = tf.clip_by_global_norm(gradients, norm, length)
    # The optimizer will sum over the replicas once more.
    return [g / replicas for g in gradients] if replicas > 1 else gradients


def make_train_steps(
    model: Model,
    optimizers: Mapping[str, keras.optimizers.Optimizer],
    global_batch_size: int,
    strategy: tf.distribute.Strategy,
    jit_compile: bool = False,
    resting: Collection[str] = (),
    pieces: int = 1,
) -> Callable[[Batch], dict[str, tf.Tensor]]:
    """Returns a compiled function that makes K steps.

    A step of a small model costs less than calling it; K of them in one call
    share that cost.

    Args:
      model: see `tfgen.model`.
      optimizers: one for each player.
      global_batch_size: examples in one step, over all replicas.
      strategy: where to run.
      jit_compile: compile with XLA; not with several replicas, which is said.
      resting: see `train_step`.
      pieces: likewise.

    Returns:
      A function from a batch [K, B, ...] (a per-replica value where there are
      several) to name -> means of what `train_step` returns, [K]; K is a
      multiple of `round_length(model)`.
    """
    if jit_compile and strategy.num_replicas_in_sync > 1:
        logging.warning(
            "jit_compile: XLA cannot compile steps of several replicas;"
            " training goes on without it."
        )
        jit_compile = False
    names: list[str] = []
    length = round_length(model)

    # Models use no Python control flow on tensors; converting all of their
    # code would take seconds.
    @tf.autograph.experimental.do_not_convert
    def replica_step(batch, k, turn):
        batch = {name: values[k] for name, values in batch.items()}
        means = train_step(
            model, optimizers, batch, global_batch_size, turn, resting, pieces
        )
        names[:] = means
        return tf.stack([tf.cast(m, tf.float32) for m in means.values()])

    @tf.function(jit_compile=jit_compile, reduce_retracing=True)
    def train_steps(batch):
        # Any entry will do: K is the first axis of all.
        first = strategy.experimental_local_results(tf.nest.flatten(batch)[0])
        K = tf.shape(first[0])[0]
        history = tf.TensorArray(tf.float32, K, element_shape=[None])
        # The loop is outside of `run`: replicas cannot meet inside a loop.
        for start in tf.range(0, K, length):
            for turn in range(length):
                k = start + turn
                with pairwise_sums():
                    losses = strategy.run(replica_step, (batch, k, turn))
                    losses = strategy.reduce("SUM", losses, axis=None)
                history = history.write(k, losses)
        means = tf.ensure_shape(history.stack(), [None, len(names)])
        return dict(zip(names, tf.unstack(means, axis=1)))

    return train_steps


def round_length(model: Model) -> int:
    """Returns after how many steps every player has moved."""
    return math.lcm(*(player.every for player in model.players().values()))


def players_of(model: Model) -> dict[str, Player]:
    """Returns the model's players, each with something to learn.

    Raises:
      ValueError: a player has no variables, which is what a layer that Keras
        does not track looks like.
    """
    players = model.players()
    for name, player in players.items():
        if not player.variables:
            raise ValueError(f"{model.name}: player {name!r} has no variables.")
    return players
