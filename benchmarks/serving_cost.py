"""What a replica costs: requests a second and memory on TensorFlow's runtime.

A model's SavedModel, as `apps.export` writes it with one signature, runs in
TensorFlow's C library alone, which TensorFlow Serving is made of: a process
without Keras and without Python's TensorFlow, one request after another, for
several sizes of a batch. So no network, no queue and no encoding count. Memory
is what the process holds more than before it loaded the model, at its peak.

Example:
  python -m benchmarks.serving_cost
  python -m benchmarks.serving_cost --models=dcgan:digits --threads=1
"""

import pathlib
import subprocess
import sys
import tempfile
from collections.abc import Sequence

import numpy as np
from absl import app, flags, logging

ROOT = pathlib.Path(__file__).parents[1]
# Of these, the first that a model has is what is asked for.
SIGNATURES = (
    "log_prob",
    "classify_ids",
    "encode",
    "decode",
    "translate",
    "classify",
    "energy",
)
DEFAULT = [
    "real_nvp:digits",
    "gan:digits",
    "dcgan:digits",
    "vae:digits",
    "inner_attention:tiny",
]


def write(model: str, preset: str, folder: pathlib.Path) -> list[str]:
    """Writes a SavedModel that was not trained; what the runtime is told of it.

    That is the name of the output's tensor, and of each input's its tensor, its
    type and a file with one row.
    """
    from export.signature_defs import read_signature_defs
    from export.write.saved_model import write_saved_model
    from tfgen.capabilities import signatures
    from tfgen.example_inputs import example_inputs
    from tfgen.run import Run

    built = Run.start(folder / "run", model, preset).build_model()
    of_model = signatures(built)
    name = next(name for name in SIGNATURES if name in of_model)
    write_saved_model({name: of_model[name]}, built.spec, folder / "saved")
    ends = read_signature_defs(folder / "saved")[name]
    rows = example_inputs(built, 1, 0)
    told = [str(folder / "saved"), min(ends.outputs.values(), key=str).name]
    for i, (field, end) in enumerate(sorted(ends.inputs.items())):
        path = folder / f"{i}.npy"
        np.save(path, rows[field])
        told += [end.name, str(path)]
    return [name, *told]


def main(argv: Sequence[str]) -> None:
    """Prints a table, a row for each model."""
    del argv
    logging.set_verbosity(logging.WARNING)
    import tensorflow as tf

    library = pathlib.Path(tf.__file__).parent
    sizes = list(map(int, flags.FLAGS.sizes))
    heads = " | ".join(f"rows/s, {size} a call" for size in sizes)
    print(f"| model, signature | MiB | {heads} |")
    print(f"|---|---:|{'---:|' * len(sizes)}", flush=True)
    for each in flags.FLAGS.models:
        model, _, preset = each.partition(":")
        with tempfile.TemporaryDirectory() as folder:
            name, *told = write(model, preset, pathlib.Path(folder))
            command = [sys.executable, "-m", "benchmarks.runtime"]
            command += [str(library), str(flags.FLAGS.threads)]
            command += [str(flags.FLAGS.seconds), ",".join(flags.FLAGS.sizes)]
            done = subprocess.run(
                [*command, *told],
                cwd=ROOT,
                stdout=subprocess.PIPE,
                text=True,
                check=True,
            )
        memory, *rates = done.stdout.split()
        cells = [f"{float(memory):,.0f}", *(f"{float(r):,.0f}" for r in rates)]
        print(f"| {each}, {name} | {' | '.join(cells)} |", flush=True)


if __name__ == "__main__":
    flags.DEFINE_list("models", DEFAULT, "MODEL:PRESET, …")
    flags.DEFINE_list("sizes", "1,8,64", "Rows of a call.")
    flags.DEFINE_float("seconds", 3, "For each size.", 0.1)
    flags.DEFINE_integer("threads", 0, "Of an operator; 0: all cores.", 0)
    app.run(main)
