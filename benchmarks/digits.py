"""Trains a peer's Real NVP on small images for a given number of seconds.

    python -m benchmarks.digits --data=digits.npz --library=nflows --seconds=60

The clock starts with the first step and includes validation; the weights of
the best validation are kept, and tested with `--draws` dequantization draws.
Configurations and the search among them are in `peers/digits_<library>.py`.
"""

import copy
import importlib
import json
import math
import pathlib
import time
from collections.abc import Callable, Sequence
from importlib import metadata
from typing import Any

import torch
from absl import app, flags

from benchmarks import digits_data
from benchmarks.peers import digits_common

LIBRARIES = ("nflows", "normflows")
CLOCKS = {"wall": time.perf_counter, "cpu": time.process_time}
# Validations of a run, evenly over its time, and the draws of each: of the
# digits, and of larger images, which take longer.
VALIDATIONS = {True: (60, 4), False: (15, 1)}
_PART = 2_000  # images in memory at once, to measure

_DATA = flags.DEFINE_string("data", None, ".npz of the splits.", required=True)
_LIBRARY = flags.DEFINE_enum("library", "nflows", LIBRARIES, "Peer.")
_CONFIG = flags.DEFINE_string(
    "config", None, "Name of a configuration; without it, the best found."
)
_SECONDS = flags.DEFINE_float(
    "seconds", 60.0, "Seconds of training.", lower_bound=0.1
)
_CLOCK = flags.DEFINE_enum(
    "clock", "wall", CLOCKS, "cpu counts processor time, for a busy machine."
)
_DRAWS = flags.DEFINE_integer(
    "draws", 16, "Dequantization draws of the test figure.", lower_bound=1
)
_THREADS = flags.DEFINE_integer(
    "threads", 0, "PyTorch's threads; 0 leaves its default.", lower_bound=0
)
_SEED = flags.DEFINE_integer("seed", 0, "Seed of weights, batches and noise.")
_JSON = flags.DEFINE_string("json", None, "File for the result.")


def evaluate(
    model: digits_common.Model,
    x: torch.Tensor,
    levels: int,
    draws: int,
    seed: int,
) -> float:
    """Mean bits/dim of a split over `draws` draws of the noise."""
    generator = torch.Generator().manual_seed(seed)
    model.eval()
    total = 0.0
    with torch.no_grad():
        for _ in range(draws):
            for part in x.split(_PART):
                noise = torch.rand(part.shape, generator=generator)
                y, log_det = digits_data.dequantize(part, noise, levels)
                log_prob = model.log_prob(y) + log_det
                bits = digits_data.bits_per_dim(log_prob, x[0].numel())
                total += bits.sum().item()
    model.train()
    return total / draws / len(x)


class Average:
    """Exponential moving average of the parameters, for evaluation."""

    def __init__(self, model: digits_common.Model, decay: float) -> None:
        """Starts from the first update on."""
        self._parameters = list(model.parameters())
        self._average: list[torch.Tensor] = []
        self._decay = decay
        self._updates = 0

    def update(self) -> None:
        """Moves towards the present weights, faster at the beginning."""
        self._updates += 1
        now = [p.detach() for p in self._parameters]
        if not self._average:
            self._average = [p.clone() for p in now]
        decay = min(self._decay, self._updates / (10 + self._updates))
        torch._foreach_lerp_(self._average, now, 1 - decay)

    def swap(self) -> None:
        """Exchanges the model's weights with the average."""
        for index, parameter in enumerate(self._parameters):
            kept = parameter.data
            parameter.data = self._average[index]
            self._average[index] = kept


def train(
    model: digits_common.Model,
    recipe: digits_common.Recipe,
    data: dict[str, torch.Tensor],
    levels: int,
    seconds: float,
    clock: Callable[[], float],
) -> dict[str, Any]:
    """Trains, and leaves the best weights in the model.

    Args:
      model: the flow; changed in place.
      recipe: how to train it.
      data: split -> gray levels [N, C, H, W].
      levels: how many there are.
      seconds: of training, by `clock`.
      clock: gives the time in seconds.

    Returns:
      `seconds`, `steps`, `best_seconds` and `validation_bits_per_dim`.
    """
    images = data["train"]
    size = images[0].numel()
    most, draws = VALIDATIONS[size <= 64]
    model.train()
    # Layers that set themselves by their first batch see a large one.
    with torch.no_grad():
        first = images[:_PART]
        noise = torch.rand(first.shape)
        model.log_prob(digits_data.dequantize(first, noise, levels).y)
    optimizer = torch.optim.AdamW(
        model.parameters(),
        lr=recipe.learning_rate,
        weight_decay=recipe.weight_decay,
        fused=True,
    )
    average = Average(model, recipe.average_decay)
    best, best_state, best_seconds = math.inf, None, 0.0
    steps, validations = 0, 0
    rows = torch.empty(0, dtype=torch.long)
    start = clock()
    elapsed = 0.0
    while elapsed < seconds:
        if len(rows) < recipe.batch:
            rows = torch.randperm(len(images))
        batch, rows = images[rows[: recipe.batch]], rows[recipe.batch :]
        rate = 0.5 * (1 + math.cos(math.pi * elapsed / seconds))
        for group in optimizer.param_groups:
            group["lr"] = recipe.learning_rate * max(rate, 0.01)
        noise = torch.rand(batch.shape)
        y, log_det = digits_data.dequantize(batch, noise, levels)
        log_prob = model.log_prob(y) + log_det
        loss = digits_data.bits_per_dim(log_prob, size).mean()
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), recipe.clip)
        optimizer.step()
        average.update()
        steps += 1
        elapsed = clock() - start
        if elapsed < (validations + 1) * seconds / most:
            continue
        validations += 1
        average.swap()
        score = evaluate(model, data["validation"], levels, draws, seed=1)
        if score < best:
            best, best_seconds = score, elapsed
            best_state = copy.deepcopy(model.state_dict())
        average.swap()
        elapsed = clock() - start
    if best_state is None:
        raise FloatingPointError("no validation gave a finite figure")
    model.load_state_dict(best_state)
    return {
        "seconds": elapsed,
        "steps": steps,
        "best_seconds": best_seconds,
        "validation_bits_per_dim": best,
    }


def main(argv: Sequence[str]) -> None:
    if len(argv) > 1:
        raise app.UsageError(f"unexpected argument {argv[1]!r}")
    try:
        peer = importlib.import_module(
            f"benchmarks.peers.digits_{_LIBRARY.value}"
        )
    except ModuleNotFoundError as error:
        raise app.UsageError(f"{error.name} is not installed") from error
    try:
        data, levels = digits_data.load(pathlib.Path(_DATA.value))
    except (OSError, ValueError) as error:
        raise app.UsageError(f"--data: {error}") from error
    shape = tuple(data["train"].shape[1:])
    best = peer.BEST if shape == (1, 8, 8) else peer.IMAGES
    name = _CONFIG.value or best
    if name not in peer.CONFIGS:
        raise app.UsageError(
            f"--config must be one of {', '.join(peer.CONFIGS)}, got {name!r}"
        )
    if _THREADS.value:
        torch.set_num_threads(_THREADS.value)
    torch.manual_seed(_SEED.value)
    config = peer.CONFIGS[name]
    model = config.build(shape=shape)
    result = {
        "library": _LIBRARY.value,
        "version": metadata.version(_LIBRARY.value),
        "config": name,
        "parameters": sum(p.numel() for p in model.parameters()),
        "threads": torch.get_num_threads(),
        "clock": _CLOCK.value,
        "seed": _SEED.value,
        **train(
            model,
            config.recipe,
            data,
            levels,
            _SECONDS.value,
            CLOCKS[_CLOCK.value],
        ),
    }
    result["test_bits_per_dim"] = evaluate(
        model, data["test"], levels, _DRAWS.value, seed=2
    )
    text = json.dumps(result, indent=2)
    print(text)
    if _JSON.value:
        pathlib.Path(_JSON.value).write_text(text + "\n")


if __name__ == "__main__":
    app.run(main)
