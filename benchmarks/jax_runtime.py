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
from collections.abc import Sequence

import numpy as np
import tensorflow as tf
from absl import app, flags

from benchmarks import bench, worker
from benchmarks.peers import tfgen

_PEER = "benchmarks.peers.jax_hlo"


def make_batch() -> dict[str, tf.Tensor]:
    """Returns what a call of the compiled steps takes."""
    K, B = bench.STEPS_PER_CALL, bench.BATCH
    points = bench.two_moons(K * B, 0).reshape(K, B, 2).astype(np.float32)
    step = tf.range(K, dtype=tf.int64)
    return {"x": tf.constant(points), "step": step}


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
    model = tfgen.make_model()
    steps = tfgen.make_steps(model, tfgen.built_optimizer(model), True)
    batch = make_batch()
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

            work = bench.Work(
                lambda: steps(batch)["flow"].numpy(), bench.STEPS_PER_CALL
            )
            worker.rate(work, worker.WARM_UP_SECONDS)
            for _ in range(_REPEATS.value):
                ours.append(worker.rate(work, _SECONDS.value))
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
