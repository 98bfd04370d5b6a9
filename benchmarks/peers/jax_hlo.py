"""Runs a compiled step of TensorFlow's in JAX's runtime; see `jax_runtime.py`.

    python -m benchmarks.peers.jax_hlo FOLDER SECONDS

Prints JAX's version and the loss of the first step; then, for each line that it
reads, steps a second.
"""

import pathlib
import re
import sys

import jax
import numpy as np
from jax._src.lib import xla_client

from benchmarks import bench, worker


def main(folder: pathlib.Path, seconds: float) -> None:
    jax.config.update("jax_enable_x64", True)
    hlo = xla_client.XlaComputation((folder / "step.hlo").read_bytes())
    device = jax.devices("cpu")[0]
    step = device.client.compile_and_load(
        xla_client._xla.mlir.xla_computation_to_mlir_module(hlo),
        xla_client.DeviceList((device,)),
        xla_client.CompileOptions(),
    )
    # Which result takes the place of which argument.
    first_line = (folder / "step.txt").read_text().partition("\n")[0]
    pairs = re.findall(r"\{(\d+)\}: \((\d+),", first_line)
    moves = [(int(result), int(argument)) for result, argument in pairs]
    with np.load(folder / "arguments.npz") as file:
        state = [jax.device_put(file[name]) for name in sorted(file)]

    def call():
        results = step.execute_sharded(state)
        results = results.disassemble_into_single_device_arrays()
        for result, argument in moves:
            state[argument] = results[result][0]
        return np.asarray(results[0][0])

    print(jax.__version__, call()[0], flush=True)
    work = bench.Work(call, bench.STEPS_PER_CALL)
    worker.rate(work, worker.WARM_UP_SECONDS)
    for _ in sys.stdin:
        print(worker.rate(work, seconds), flush=True)


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]), float(sys.argv[2]))
