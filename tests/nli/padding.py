"""How much of the training batches is padding, from their order alone."""

import numpy as np

from tfgen.nli import batches
from tfgen.nli.encode import EncodedPairs


def padding_share(
    pairs: EncodedPairs,
    *,
    batch_size: int,
    seed: int,
    num_steps: int,
    steps_per_call: int = 1,
    multiple: int = 1,
) -> float:
    """Returns the share of padding in the training batches, in [0, 1].

    Args:
      pairs: the training split.
      batch_size: as in `train_batches`.
      seed: as in `train_batches`.
      num_steps: how many steps to look at, from step 0.
      steps_per_call: as in `train_batches`.
      multiple: as in `train_batches`.
    """
    order = batches.Order(pairs, batch_size, seed)
    words = places = 0
    for start in range(0, num_steps, steps_per_call):
        end = min(start + steps_per_call, num_steps)
        index = np.stack([order.batch(t) for t in range(start, end)])
        for side in (pairs.premise, pairs.hypothesis):
            lengths = side.lengths[index]
            words += int(lengths.sum())
            width = -(-int(lengths.max()) // multiple) * multiple
            places += lengths.size * width
    return 1 - words / places
