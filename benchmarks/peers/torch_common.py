"""What the PyTorch libraries share: the training step and its variants.

Adam is the fused one, PyTorch's fastest on CPU. Everything is timed eagerly and
through `torch.compile`; training also on one thread, as two threads can spend
more on waiting for each other than such small products cost; `sample` and
`log_prob` also in chunks. The runner reports the best.
"""

from collections.abc import Callable
from importlib import metadata

import numpy as np
import torch

from benchmarks import bench

LogProb = Callable[[torch.Tensor], torch.Tensor]
Sample = Callable[[int], torch.Tensor]


def make_bench(
    package: str,
    flow: torch.nn.Module,
    log_prob: LogProb,
    sample: Sample,
    points: np.ndarray,
    queries: np.ndarray,
    compiled_sample: bool = True,
) -> bench.Bench:
    """Makes the work of a PyTorch flow.

    Args:
      package: the library's distribution name.
      flow: holds the parameters.
      log_prob: points [B, D] -> nats [B].
      sample: number of points B -> [B, D].
      points: training data [N, D].
      queries: [Q, D], see `bench.py`.
      compiled_sample: whether `sample` goes through `torch.compile`, too: loops
        over all dimensions take it an hour.
    """
    torch.manual_seed(0)
    data = torch.from_numpy(points)
    batch = torch.from_numpy(queries)
    pieces = batch.chunk(bench.chunks(*batch.shape))
    optimizer = torch.optim.Adam(
        flow.parameters(), lr=bench.LEARNING_RATE, fused=True
    )
    all_threads = torch.get_num_threads()

    def negative_log_likelihood(x: torch.Tensor) -> torch.Tensor:
        return -log_prob(x).mean()

    def train(loss_of: LogProb, threads: int) -> bench.Work:
        def step() -> torch.Tensor:
            if torch.get_num_threads() != threads:
                torch.set_num_threads(threads)
            rows = torch.randint(len(data), (bench.BATCH,))
            optimizer.zero_grad(set_to_none=True)
            loss = loss_of(data[rows])
            loss.backward()
            optimizer.step()
            return loss.detach()

        return bench.Work(step, items=1)

    def large(call: Callable[[], torch.Tensor]) -> bench.Work:
        def without_gradients() -> torch.Tensor:
            if torch.get_num_threads() != all_threads:
                torch.set_num_threads(all_threads)
            with torch.no_grad():
                return call()

        return bench.Work(without_gradients, items=len(batch))

    def samples(draw: Sample) -> dict[str, bench.Work]:
        return {
            "": large(lambda: draw(len(batch))),
            ", chunks": large(
                lambda: torch.cat([draw(len(piece)) for piece in pieces])
            ),
        }

    def log_probs(density: LogProb) -> dict[str, bench.Work]:
        return {
            "": large(lambda: density(batch)),
            ", chunks": large(
                lambda: torch.cat([density(piece) for piece in pieces])
            ),
        }

    def named(**modes: dict[str, bench.Work]) -> dict[str, bench.Work]:
        return {
            mode + detail: work
            for mode, variants in modes.items()
            for detail, work in variants.items()
        }

    def trains(loss_of: LogProb) -> dict[str, bench.Work]:
        return {
            "": train(loss_of, all_threads),
            ", 1 thread": train(loss_of, 1),
        }

    return bench.Bench(
        versions={
            package: metadata.version(package),
            "torch": torch.__version__,
        },
        train=named(
            eager=trains(negative_log_likelihood),
            compile=trains(torch.compile(negative_log_likelihood)),
        ),
        sample=named(
            eager=samples(sample),
            **(
                {"compile": samples(torch.compile(sample, dynamic=False))}
                if compiled_sample
                else {}
            ),
        ),
        log_prob=named(
            eager=log_probs(log_prob),
            compile=log_probs(torch.compile(log_prob, dynamic=False)),
        ),
        parameters=sum(p.numel() for p in flow.parameters() if p.requires_grad),
    )
