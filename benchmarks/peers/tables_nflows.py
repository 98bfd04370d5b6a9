"""nflows on tables: layers of one kind, permutations and ActNorm between them.

Arguments: the kind, as tfgen calls it (`real_nvp`, affine couplings; `maf`;
`neural_spline`, spline couplings), the arrays of `benchmarks.tables`, seed,
seconds of the processor, number of layers, widths of their networks, and the
file of the result.
"""

import copy
import functools
import json
import pathlib
import sys
import time
from collections.abc import Sequence

import numpy as np
import torch
from nflows import distributions, flows, transforms

from benchmarks import tables
from benchmarks.peers.nflows import Conditioner

BATCH = 256
LEARNING_RATE = 1e-3
CLIP_NORM = 5.0
CHECK = 20  # steps between validations


def layer(kind: str, D: int, hidden: Sequence[int]) -> transforms.Transform:
    """Returns one layer of D columns."""
    mask = torch.ones(D)
    mask[::2] = -1
    conditioner = functools.partial(Conditioner, hidden=hidden)
    if kind == "maf":
        return transforms.MaskedAffineAutoregressiveTransform(
            D,
            hidden[0],
            num_blocks=len(hidden) - 1,
            use_residual_blocks=False,
        )
    if kind == "neural_spline":
        return transforms.PiecewiseRationalQuadraticCouplingTransform(
            mask, conditioner, num_bins=8, tails="linear", tail_bound=3.0
        )
    return transforms.AffineCouplingTransform(mask, conditioner)


def make(kind: str, D: int, layers: int, hidden: Sequence[int]) -> flows.Flow:
    """Returns a flow of D columns."""
    parts = []
    for _ in range(layers):
        parts += [
            transforms.ActNorm(D),
            transforms.RandomPermutation(D),
            layer(kind, D, hidden),
        ]
    base = distributions.StandardNormal([D])
    return flows.Flow(transforms.CompositeTransform(parts), base)


def main(kind, arrays, seed, seconds, layers, hidden, result) -> None:
    """Trains until the time is over, and tests the best by validation."""
    torch.manual_seed(int(seed))
    random = np.random.default_rng(int(seed))
    splits, step, slope = tables.read(pathlib.Path(arrays))
    train, seconds = splits["train"], float(seconds)
    hidden = [int(width) for width in hidden.split(",")]
    flow = make(kind, train.shape[1], int(layers), hidden)
    optimizer = torch.optim.Adam(flow.parameters(), LEARNING_RATE)

    def noisy(x, u):
        return torch.from_numpy((x + step * u).astype(np.float32))

    validation = noisy(
        splits["validation"], random.random(splits["validation"].shape)
    )
    best, kept = np.inf, flow.state_dict()
    steps, began = 0, time.process_time()
    while (used := time.process_time() - began) < seconds:
        rate = LEARNING_RATE * 0.5 * (1 + np.cos(np.pi * used / seconds))
        optimizer.param_groups[0]["lr"] = rate
        x = train[random.integers(len(train), size=min(BATCH, len(train)))]
        optimizer.zero_grad()
        loss = -flow.log_prob(noisy(x, random.random(x.shape))).mean()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(flow.parameters(), CLIP_NORM)
        optimizer.step()
        steps += 1
        if steps % CHECK == 0:
            with torch.no_grad():
                value = -flow.log_prob(validation).mean().item()
            if value < best:
                best, kept = value, copy.deepcopy(flow.state_dict())
    flow.load_state_dict(kept)
    test = splits["test"]
    with torch.no_grad():
        draws = [
            flow.log_prob(noisy(test, u)).double().numpy()
            for u in tables.noises(test.shape)
        ]
    found = {**tables.summary(draws, slope), "steps": steps}
    pathlib.Path(result).write_text(json.dumps(found))


if __name__ == "__main__":
    main(*sys.argv[1:])
