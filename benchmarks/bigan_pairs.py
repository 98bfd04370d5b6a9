"""What a BiGAN's discriminator has learned of few images: pairs, or batches.

    python -m benchmarks.bigan_pairs --data=npz:mnist.npz --steps=2000

Trains a BiGAN as the paper has it, one whose discriminator D has no batch
normalization, and one whose D sees images moved by up to two pixels. Then it
prints which share of real pairs D calls real, and of made pairs made, for pairs
of the training images and of others: batches of one kind, as D is trained, and
batches that are half real and half made, which batch normalization then takes
together. A D that tells pairs apart does not care.
"""

import tempfile
from collections.abc import Sequence

import numpy as np
import tensorflow as tf
from absl import app, flags

import tfgen

BATCH = 128
SETTINGS = {
    "the paper's": {"shift": 0},
    "D not normalized": {"shift": 0, "discriminator_norm": False},
    "shift=2": {"shift": 2},
}

FLAGS = flags.FLAGS


def shares(model, x: np.ndarray, z: np.ndarray, together: bool) -> np.ndarray:
    """Returns the shares of real and of made pairs that D tells, [2].

    Args:
      model: a BiGAN.
      x: images [B, H, W, C].
      z: as many codes of the prior, [B, Z].
      together: D is normalized over both kinds.
    """
    unit = model.to_unit(tf.cast(x, tf.float32))
    code = model.mean_code(model.encoder(unit, training=True))
    z = tf.constant(z)
    made = model.generator(z, training=True)
    if together:
        pairs = [tf.concat([unit, made], 0), tf.concat([code, z], 0)]
        real, fake = tf.split(model.discriminator(pairs, training=True), 2)
    else:
        real = model.discriminator([unit, code], training=True)
        fake = model.discriminator([made, z], training=True)
    return np.array([np.mean(real > 0), np.mean(fake < 0)])


def cells(model, x: np.ndarray, draws: np.random.Generator) -> list[str]:
    """Returns the shares of both kinds of batches, as cells of a table."""
    batches = draws.permutation(len(x))[: len(x) // BATCH * BATCH]
    found = {False: [], True: []}
    for rows in batches.reshape(-1, BATCH):
        z = draws.uniform(-1, 1, (BATCH, model.config.latent))
        for together, told in found.items():
            told.append(shares(model, x[rows], z.astype("float32"), together))
    means = [np.mean(told, axis=0) for told in found.values()]
    return [f"{share:.0%}" for share in np.concatenate(means)]


def main(argv: Sequence[str]) -> None:
    if len(argv) > 1:
        raise app.UsageError(f"unexpected argument {argv[1]!r}")
    lines = [
        "| | images | apart: real | made | together: real | made |",
        "|---|---|---:|---:|---:|---:|",
    ]
    for name, options in SETTINGS.items():
        with tempfile.TemporaryDirectory() as folder:
            run = tfgen.fit(
                "bigan",
                FLAGS.data,
                folder,
                settings={f"network.{k}": v for k, v in options.items()},
                steps=FLAGS.steps,
                # Of the samples once: the last weights are the best ones.
                evaluate_every=FLAGS.steps,
            )
            splits = run.data.source.splits
            draws = np.random.default_rng(0)
            for split in ("train", "test"):
                x = splits[split]["x"][:1024]
                told = cells(run.model, x, draws)
                lines.append(f"| {name} | {split} | {' | '.join(told)} |")
    print("\n".join(lines))


if __name__ == "__main__":
    flags.DEFINE_string("data", "digits", "By tfgen's name.")
    flags.DEFINE_integer("steps", 2000, "Of each training.", lower_bound=1)
    app.run(main)
