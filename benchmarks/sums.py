"""One of several workers that measure how long their sums take.

`benchmarks.scaling` starts them. Prints the seconds of a sum of one number, and
of `LARGE` numbers.
"""

import statistics
import time

import tensorflow as tf
from absl import app

LARGE = 1 << 22  # of four bytes


def main(argv: list[str]) -> None:
    """Prints the medians, after a warm-up."""
    del argv
    from tfgen.train.strategy import make_strategy

    strategy = make_strategy("multi_worker", 60.0)

    def replica(size):
        context = tf.distribute.get_replica_context()
        x = tf.ones([size])  # made here: a sum asks for its tensor's device
        return context.all_reduce(tf.distribute.ReduceOp.SUM, x)

    found = []
    for size in (1, LARGE):
        total = tf.function(lambda n: strategy.run(replica, (n,)))
        seconds = []
        for _ in range(20):
            before = time.perf_counter()
            total(size).numpy()
            seconds.append(time.perf_counter() - before)
        found.append(statistics.median(seconds[5:]))
    print("seconds:", *found)
    # A worker that is gone fails the last sum of one that is slower.
    time.sleep(2)


if __name__ == "__main__":
    app.run(main)
