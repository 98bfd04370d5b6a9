"""PyTorch: eager, fused Adam, `torch.compile`, and images channels last.

G(z) is made once a step: D learns from it detached, G's gradient goes on from
it. BiGAN's players share one forward pass, through which go two gradients.
"""

import itertools

import numpy as np
import torch
from torch import nn
from torch._functorch import config
from torch.nn import functional

from benchmarks import adversaries, bench


def perceptron(
    inputs: int,
    outputs: int,
    leak: float,
    norms: tuple[nn.Module | None, nn.Module | None],
) -> nn.Sequential:
    """Two hidden layers with rectifiers."""
    layers = []
    for norm in norms:
        layers.append(nn.Linear(inputs, adversaries.UNITS, bias=norm is None))
        layers += [norm] if norm else []
        layers.append(nn.LeakyReLU(leak) if leak else nn.ReLU())
        inputs = adversaries.UNITS
    return nn.Sequential(*layers, nn.Linear(inputs, outputs))


class WithLatent(nn.Module):
    """G or D of the BiGAN: z enters the second layer by its own weights."""

    def __init__(
        self, inputs: int, outputs: int, leak: float, normed: bool
    ) -> None:
        super().__init__()
        units = adversaries.UNITS
        self.first = nn.Linear(inputs, units, bias=not normed)
        self.first_norm = (
            nn.BatchNorm1d(units, affine=False) if normed else nn.Identity()
        )
        self.second = nn.Linear(units, units, bias=False)
        self.of_z = nn.Linear(adversaries.LATENT, units, bias=False)
        self.norm = nn.BatchNorm1d(units, affine=False)
        self.last = nn.Linear(units, outputs)
        self.rectifier = nn.LeakyReLU(leak) if leak else nn.ReLU()

    def forward(self, x: torch.Tensor, z: torch.Tensor) -> torch.Tensor:
        """[B, inputs] and [B, Z] -> [B, outputs]."""
        h = self.rectifier(self.first_norm(self.first(x)))
        h = self.second(h) + self.of_z(z)
        return self.last(self.rectifier(self.norm(h)))


class Same(nn.Module):
    """A convolution of stride 2 with TensorFlow's padding."""

    def __init__(self, inputs: int, outputs: int, bias: bool) -> None:
        super().__init__()
        self.conv = nn.Conv2d(inputs, outputs, adversaries.KERNEL, 2, bias=bias)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """[B, N, H, W] -> [B, M, H / 2, W / 2]."""
        return self.conv(functional.pad(x, (1, 2, 1, 2)))


def transposed(inputs: int, outputs: int, bias: bool) -> nn.Module:
    """Doubles the image."""
    return nn.ConvTranspose2d(
        inputs, outputs, adversaries.KERNEL, 2, 2, 1, bias=bias
    )


def dcgan_generator(classes: int) -> nn.Sequential:
    """Dense, then transposed convolutions up to the channels."""
    maps, base = adversaries.MAPS[::-1], 4
    inputs = adversaries.DCGAN_LATENT + classes
    layers = [
        nn.Linear(inputs, base * base * maps[0], bias=False),
        nn.Unflatten(1, (maps[0], base, base)),
        nn.BatchNorm2d(maps[0]),
        nn.ReLU(),
    ]
    for n, m in itertools.pairwise(maps):
        layers += [transposed(n, m, False), nn.BatchNorm2d(m), nn.ReLU()]
    channels = adversaries.DCGAN_SHAPE[-1]
    return nn.Sequential(
        *layers, transposed(maps[-1], channels, True), nn.Tanh()
    )


def dcgan_discriminator(classes: int) -> nn.Sequential:
    """Convolutions, no normalization in the first."""
    widths = (adversaries.DCGAN_SHAPE[-1] + classes, *adversaries.MAPS)
    layers = []
    for i, (n, m) in enumerate(itertools.pairwise(widths)):
        layers.append(Same(n, m, bias=i == 0))
        layers += [nn.BatchNorm2d(m)] if i else []
        layers.append(nn.LeakyReLU(0.2))
    return nn.Sequential(*layers, nn.Flatten(), nn.Linear(widths[-1] * 16, 1))


def adam(parameters, fused: bool, weight_decay: float = 0.0):
    """The task's optimizer; without `fused`, PyTorch chooses."""
    return torch.optim.Adam(
        parameters,
        adversaries.LEARNING_RATE,
        (adversaries.BETA_1, 0.999),
        fused=fused or None,
        weight_decay=weight_decay,
    )


def softplus(x: torch.Tensor) -> torch.Tensor:
    """-log sigmoid(-x), the mean."""
    return functional.softplus(x).mean()


def alternating(
    g, d, x, latent, batch, fused, compiled, label=None
) -> bench.Work:
    """D moves, then G; of labels, which both see, if there are any."""
    of_d, of_g = adam(d.parameters(), fused), adam(g.parameters(), fused)

    def told(rows):
        """A batch's labels as numbers [B, K], and as planes."""
        if label is None:
            return None, None
        c = functional.one_hot(label[rows], adversaries.CLASSES).float()
        return c, c[:, :, None, None].expand(-1, -1, *x.shape[2:])

    def beside(x, c):
        return x if c is None else torch.cat([x, c], 1)

    def generate(z, c):
        return g(beside(z, c))

    def loss_d(x, y, c):
        return softplus(-d(beside(x, c))) + softplus(d(beside(y, c)))

    def loss_g(y, c):
        return softplus(-d(beside(y, c)))

    if compiled:
        generate, loss_d, loss_g = map(
            torch.compile, (generate, loss_d, loss_g)
        )

    def step() -> torch.Tensor:
        rows = torch.randint(len(x), (batch,))
        numbers, planes = told(rows)
        y = generate(torch.randn(batch, latent), numbers)
        of_d.zero_grad(set_to_none=True)
        loss_d(x[rows] / 127.5 - 1, y.detach(), planes).backward()
        of_d.step()
        of_g.zero_grad(set_to_none=True)
        # D's weights get no gradient here.
        d.requires_grad_(False)
        loss = loss_g(y, planes)
        loss.backward()
        d.requires_grad_(True)
        of_g.step()
        return loss.detach()

    return bench.Work(step, 1)


def bigan(x: torch.Tensor, fused: bool, compiled: bool) -> bench.Work:
    """G, E and D move at once."""
    size, latent = adversaries.IMAGE, adversaries.LATENT

    norm = nn.BatchNorm1d(adversaries.UNITS, affine=False)
    g = WithLatent(latent, size, 0.0, normed=True)
    e = perceptron(size, latent, 0.2, (None, norm))
    d = WithLatent(size, 1, 0.2, normed=False)
    weights, biases = [], []
    for net in (g, e, d):
        for name, p in net.named_parameters():
            (weights if name.endswith("weight") else biases).append(p)
    # Keras has an optimizer a player; one for all makes the same updates.
    optimizers = [
        adam(weights, fused, adversaries.WEIGHT_DECAY),
        adam(biases, fused),
    ]
    of_d = list(d.parameters())
    of_others = [*g.parameters(), *e.parameters()]

    def losses(x, z):
        real = d(x, torch.tanh(e(x) / 2))
        fake = d(torch.tanh(g(z, z)), z)
        return (
            softplus(-real) + softplus(fake),
            softplus(real) + softplus(-fake),
        )

    if compiled:
        losses = torch.compile(losses)

    def step() -> torch.Tensor:
        rows = torch.randint(len(x), (adversaries.BATCH,))
        z = 2 * torch.rand(adversaries.BATCH, latent) - 1
        loss_d, loss = losses(x[rows] / 127.5 - 1, z)
        first = torch.autograd.grad(loss_d, of_d, retain_graph=True)
        second = torch.autograd.grad(loss, of_others)
        for p, gradient in zip(of_d + of_others, first + second):
            p.grad = gradient
        for optimizer in optimizers:
            optimizer.step()
        return loss.detach()

    return bench.Work(step, 1)


def gan(x: torch.Tensor, fused: bool, compiled: bool) -> bench.Work:
    """Batch normalization in G alone."""
    norms = [nn.BatchNorm1d(adversaries.UNITS) for _ in range(2)]
    g = perceptron(adversaries.LATENT, adversaries.IMAGE, 0.0, tuple(norms))
    g = nn.Sequential(g, nn.Tanh())
    d = perceptron(adversaries.IMAGE, 1, 0.2, (None, None))
    return alternating(
        g, d, x, adversaries.LATENT, adversaries.BATCH, fused, compiled
    )


def dcgan(
    x: torch.Tensor, fused: bool, compiled: bool, last: bool, label=None
) -> bench.Work:
    """Channels first or last; of labels [n], if there are any."""
    layout = torch.channels_last if last else torch.contiguous_format
    classes = 0 if label is None else adversaries.CLASSES
    g, d = (
        net.to(memory_format=layout)
        for net in (dcgan_generator(classes), dcgan_discriminator(classes))
    )
    return alternating(
        g,
        d,
        x.contiguous(memory_format=layout),
        adversaries.DCGAN_LATENT,
        adversaries.DCGAN_BATCH,
        fused,
        compiled,
        label,
    )


def products(rows: int) -> bench.Work:
    """A product of [rows, 1024] and [1024, 1024]."""
    size = adversaries.UNITS
    a, b = torch.randn(rows, size), torch.randn(size, size)
    return bench.Work(lambda: a @ b, 2e-9 * rows * size * size)


WAYS = {
    "eager": (False, False),
    "fused Adam": (True, False),
    "compile, fused Adam": (True, True),
}


def build(data: adversaries.Data) -> adversaries.Bench:
    """Every combination; the runner finds the fastest."""
    # Two gradients go through one compiled pass: its buffers must stay.
    config.donated_buffer = False
    torch.manual_seed(0)
    flat = torch.from_numpy(data.flat)
    square = torch.from_numpy(np.moveaxis(data.square, -1, 1).copy())
    label = torch.from_numpy(data.label).long()

    def convolutional(label=None) -> dict[str, bench.Work]:
        return {
            name + detail: dcgan(square, *way, last, label)
            for name, way in WAYS.items()
            for detail, last in (("", False), (", channels last", True))
        }

    return adversaries.Bench(
        {"torch": torch.__version__},
        gan={name: gan(flat, *way) for name, way in WAYS.items()},
        bigan={name: bigan(flat, *way) for name, way in WAYS.items()},
        dcgan=convolutional(),
        conditional_dcgan=convolutional(label),
        matrix={"@": products(adversaries.UNITS)},
        layer={"@": products(adversaries.BATCH)},
    )
