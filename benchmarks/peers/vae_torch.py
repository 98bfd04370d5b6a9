"""PyTorch: eager, fused Adam, and `torch.compile`."""

from collections.abc import Callable

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from benchmarks import adversaries, autoencoders, bench

WAYS = {
    "eager": (False, False),
    "fused Adam": (True, False),
    "compile, fused Adam": (True, True),
}


def products(rows: int) -> bench.Work:
    """A product of [rows, 1024] and [1024, 1024]."""
    size = adversaries.UNITS
    a, b = torch.randn(rows, size), torch.randn(size, size)
    return bench.Work(lambda: a @ b, 2e-9 * rows * size * size)


def figures() -> dict[str, dict[str, bench.Work]]:
    """Both kinds of products."""
    return {
        "matrix": {"@": products(adversaries.UNITS)},
        "layer": {"@": products(adversaries.BATCH)},
    }


def training(
    data: torch.Tensor,
    parameters: list[nn.Parameter],
    loss_of: Callable[[torch.Tensor, torch.Tensor], torch.Tensor],
    fused: bool,
    compiled: bool,
) -> bench.Work:
    """Steps of a VAE.

    Args:
      data: [n, 784].
      parameters: what is trained.
      loss_of: images and normal noise -> a number.
      fused: Adam.
      compiled: the loss.
    """
    adam = torch.optim.Adam(
        parameters, autoencoders.LEARNING_RATE, fused=fused or None
    )
    loss_of = torch.compile(loss_of) if compiled else loss_of

    def step() -> torch.Tensor:
        rows = torch.randint(len(data), (autoencoders.BATCH,))
        epsilon = torch.randn(autoencoders.BATCH, autoencoders.LATENT)
        adam.zero_grad(set_to_none=True)
        loss = loss_of(data[rows], epsilon)
        loss.backward()
        adam.step()
        return loss.detach()

    return bench.Work(step, 1)


def networks() -> tuple[nn.Sequential, nn.Sequential]:
    """Encoder, to mean and log-deviation, and decoder, to logits."""
    image, units = autoencoders.IMAGE, autoencoders.UNITS
    latent = autoencoders.LATENT
    return (
        nn.Sequential(
            nn.Linear(image, units), nn.Tanh(), nn.Linear(units, 2 * latent)
        ),
        nn.Sequential(
            nn.Linear(latent, units), nn.Tanh(), nn.Linear(units, image)
        ),
    )


def vae(data: torch.Tensor, fused: bool, compiled: bool) -> bench.Work:
    """One way of training it."""
    encoder, decoder = networks()

    def loss_of(x, epsilon):
        mean, log_stddev = encoder(2 * x - 1).chunk(2, 1)
        variance = torch.exp(2 * log_stddev)
        logits = decoder(mean + torch.exp(log_stddev) * epsilon)
        distortion = functional.binary_cross_entropy_with_logits(
            logits, x, reduction="sum"
        )
        rate = (mean * mean + variance - 1).sum() / 2 - log_stddev.sum()
        return (distortion + rate) / len(x)

    parameters = [*encoder.parameters(), *decoder.parameters()]
    return training(data, parameters, loss_of, fused, compiled)


def build(data: np.ndarray) -> autoencoders.Bench:
    """Every combination; the runner finds the fastest."""
    torch.manual_seed(0)
    x = torch.from_numpy(data)
    return autoencoders.Bench(
        {"torch": torch.__version__},
        vae={name: vae(x, *way) for name, way in WAYS.items()},
        **figures(),
    )
