"""Times tfgen's compiled training step in two runtimes of XLA.

The two moons' step as TensorFlow compiles it, twenty steps a call, and the same
computation (HLO) in JAX's runtime, compiled by its newer XLA. Both update their
state in place. They take turns, each in a process of its own.

    python -m benchmarks.jax_runtime --python=../peers/bin/python
"""

import pathlib
import re
import statistics
import subprocess
import tempfile
import time
from collections.abc import Sequence

import numpy as np
import tensorflow as tf
from absl import app, flags

from benchmarks import bench
from tfgen.config import DataSpec, OptimizerConfig
from tfgen.models.flows.real_nvp import Config, RealNVP
from tfgen.train.optimizers import make_optimizer
from tfgen.train.step import make_train_steps

_PEER = "benchmarks.peers.jax_hlo"


def steps_per_second(call, seconds: float) -> float:
    """Returns the speed of `call`, which makes `STEPS_PER_CALL` steps."""
    calls, start = 0, time.perf_counter()
    while (spent := time.perf_counter() - start) < seconds:
        call()
        calls += 1
    return calls * bench.STEPS_PER_CALL / spent


def make_steps():
    """Returns the compiled step of the benchmark's model, and a batch."""
    adam = OptimizerConfig(learning_rate=bench.LEARNING_RATE)
    config = Config(
        couplings=bench.COUPLINGS,
        hidden=bench.HIDDEN,
        batch_norm=False,
        optimizer=adam,
    )
    model = RealNVP(config, DataSpec((2,)))
    optimizer = make_optimizer(adam, steps=1)
    optimizer.build(model.trainable_variables)
    steps = make_train_steps(
        model,
        {"flow": optimizer},
        bench.BATCH,
        tf.distribute.get_strategy(),
        jit_compile=True,
    )
    K, B = bench.STEPS_PER_CALL, bench.BATCH
    points = bench.two_moons(K * B, 0).reshape(K, B, 2).astype(np.float32)
    step = tf.range(K, dtype=tf.int64)
    return steps, {"x": tf.constant(points), "step": step}


def write(folder: pathlib.Path, steps, batch) -> None:
    """Writes the computation, and what it is called with, in its order."""
    compiler_ir = steps.experimental_get_compiler_ir(batch)
    (folder / "step.hlo").write_bytes(compiler_ir(stage="hlo_serialized"))
    text = compiler_ir(stage="hlo")
    (folder / "step.txt").write_text(text)
    entry = text[text.index("ENTRY") :].partition(") ->")[0]
    types = re.findall(r"arg\d+\.\d+: ([a-z]\d+)\[", entry)
    names = {"f32": tf.float32, "s64": tf.int64}
    values = tf.nest.flatten(batch)
    captured = steps.get_concrete_function(batch).captured_inputs
    for handle, kind in zip(captured, types[len(values) :], strict=True):
        values.append(
            tf.raw_ops.ReadVariableOp(resource=handle, dtype=names[kind])
        )
    arrays = {f"{i:05}": value.numpy() for i, value in enumerate(values)}
    np.savez(folder / "arguments.npz", **arrays)


def main(argv: Sequence[str]) -> None:
    del argv
    steps, batch = make_steps()
    ours, theirs = [], []
    with tempfile.TemporaryDirectory() as folder:
        write(pathlib.Path(folder), steps, batch)
        command = [_PYTHON.value, "-m", _PEER, folder, str(_SECONDS.value)]
        with subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        ) as peer:
            version, loss = peer.stdout.readline().split()
            first = steps(batch)["flow"].numpy()[0]
            print(f"loss of the first step: {first:.6f}, {float(loss):.6f}")

            def call():
                steps(batch)["flow"].numpy()

            steps_per_second(call, 1.0)  # warm
            for _ in range(_REPEATS.value):
                ours.append(steps_per_second(call, _SECONDS.value))
                peer.stdin.write("\n")
                peer.stdin.flush()
                theirs.append(float(peer.stdout.readline()))
            peer.stdin.close()
    for name, found in (
        (f"TensorFlow {tf.__version__}", ours),
        (f"JAX {version}", theirs),
    ):
        middle = statistics.median(found)
        print(
            f"{name}: {middle:.0f} steps/s ({min(found):.0f}-{max(found):.0f})"
        )


if __name__ == "__main__":
    _PYTHON = flags.DEFINE_string("python", "python", "Interpreter with JAX.")
    _REPEATS = flags.DEFINE_integer("repeats", 3, "Measurements of each.", 1)
    _SECONDS = flags.DEFINE_float("seconds", 3.0, "Of each measurement.", 0.1)
    app.run(main)
