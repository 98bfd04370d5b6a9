"""PyTorch, with the networks of the authors' public code.

That is junyanz/pytorch-CycleGAN-and-pix2pix: convolutions with a bias before
instance norm without parameters, zeros around pictures, and around blocks and
the outer layers reflections. The code here is this project's own.
"""

import itertools
import random

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from benchmarks import bench, translators
from benchmarks.peers.games_torch import WAYS


def adam(fused: bool, *networks: nn.Module) -> torch.optim.Optimizer:
    """The task's optimizer of all these networks."""
    return torch.optim.Adam(
        [p for network in networks for p in network.parameters()],
        translators.LEARNING_RATE,
        (translators.BETA_1, 0.999),
        fused=fused or None,
    )


class UNet(nn.Module):
    """One block, which holds the smaller ones."""

    def __init__(self, maps: tuple[int, ...], outer: int | None) -> None:
        super().__init__()
        self.outermost = outer is None
        inputs, (C, *inner) = outer or 3, maps
        down = nn.Conv2d(inputs, C, 4, 2, 1)
        below = UNet(tuple(inner), C) if inner else None
        up = nn.ConvTranspose2d(2 * C if inner else C, outer or 3, 4, 2, 1)
        layers = [] if self.outermost else [nn.LeakyReLU(0.2)]
        layers += [down]
        if below:
            layers += [] if self.outermost else [nn.InstanceNorm2d(C)]
            layers += [below]
        layers += [nn.ReLU(), up]
        if self.outermost:
            layers += [nn.Tanh()]
        else:
            layers += [nn.InstanceNorm2d(outer)]
            # The three inner blocks.
            layers += [nn.Dropout(0.5)] if len(inner) < 3 else []
        self.layers = nn.Sequential(*layers)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """[B, N, H, W] -> [B, 2 N, H, W], or a picture."""
        y = self.layers(x)
        return y if self.outermost else torch.cat([x, y], 1)


class Block(nn.Module):
    """x + f(x)."""

    def __init__(self, maps: int) -> None:
        super().__init__()
        self.f = nn.Sequential(
            nn.ReflectionPad2d(1),
            nn.Conv2d(maps, maps, 3),
            nn.InstanceNorm2d(maps),
            nn.ReLU(),
            nn.ReflectionPad2d(1),
            nn.Conv2d(maps, maps, 3),
            nn.InstanceNorm2d(maps),
        )

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """[B, N, H, W], both."""
        return x + self.f(x)


def residual_generator() -> nn.Sequential:
    """Johnson et al.'s."""
    maps, layers = translators.MAPS, [nn.ReflectionPad2d(3)]

    def normed(conv: nn.Module) -> list[nn.Module]:
        return [conv, nn.InstanceNorm2d(conv.out_channels), nn.ReLU()]

    layers += normed(nn.Conv2d(3, maps[0], 7))
    for n, m in itertools.pairwise(maps):
        layers += normed(nn.Conv2d(n, m, 3, 2, 1))
    layers += [Block(maps[-1]) for _ in range(translators.BLOCKS)]
    for n, m in itertools.pairwise(maps[::-1]):
        layers += normed(nn.ConvTranspose2d(n, m, 3, 2, 1, 1))
    layers += [nn.ReflectionPad2d(3), nn.Conv2d(maps[0], 3, 7), nn.Tanh()]
    return nn.Sequential(*layers)


def patch_gan(inputs: int) -> nn.Sequential:
    """Patches of 70 pixels."""
    C = translators.D_MAPS
    layers = [nn.Conv2d(inputs, C, 4, 2, 1), nn.LeakyReLU(0.2)]
    for n, m, stride in ((1, 2, 2), (2, 4, 2), (4, 8, 1)):
        layers += [
            nn.Conv2d(n * C, m * C, 4, stride, 1),
            nn.InstanceNorm2d(m * C),
            nn.LeakyReLU(0.2),
        ]
    return nn.Sequential(*layers, nn.Conv2d(8 * C, 1, 4, 1, 1))


class Pool:
    """Pictures of steps before."""

    def __init__(self) -> None:
        self.pictures: list[torch.Tensor] = []

    def exchange(self, picture: torch.Tensor) -> torch.Tensor:
        """Returns what D sees in the place of a new picture."""
        if len(self.pictures) < translators.POOL:
            self.pictures.append(picture.clone())
            return picture
        if random.random() < 0.5:
            return picture
        place = random.randrange(translators.POOL)
        old, self.pictures[place] = self.pictures[place], picture.clone()
        return old


def batches(data: translators.Data, last: bool):
    """Yields pairs of pictures, [1, 3, H, W] each, in [-1, 1]."""
    layout = torch.channels_last if last else torch.contiguous_format
    x, y = (
        torch.from_numpy(np.moveaxis(a, -1, 1).astype(np.float32)) for a in data
    )
    while True:
        rows = torch.randint(len(x), (2,))
        yield tuple(
            (a[i : i + 1] / 127.5 - 1).contiguous(memory_format=layout)
            for a, i in zip((x, y), rows.tolist())
        )


def pix2pix(
    data: translators.Data, fused: bool, compiled: bool, last: bool
) -> bench.Work:
    """D moves, then G."""
    layout = torch.channels_last if last else torch.contiguous_format
    g, d = UNet(translators.UNET, None), patch_gan(6)
    g, d = (net.to(memory_format=layout) for net in (g, d))
    of_g, of_d, pairs = adam(fused, g), adam(fused, d), batches(data, last)

    def loss_d(x, y, fake):
        real, made = d(torch.cat([x, y], 1)), d(torch.cat([x, fake], 1))
        losses = functional.softplus(-real).mean(), functional.softplus(made)
        return 0.5 * (losses[0] + losses[1].mean())

    def loss_g(x, y, fake):
        deceived = functional.softplus(-d(torch.cat([x, fake], 1))).mean()
        return deceived + translators.L1 * (fake - y).abs().mean()

    generate = g
    if compiled:
        generate, loss_d, loss_g = map(torch.compile, (g, loss_d, loss_g))

    def step() -> torch.Tensor:
        x, y = next(pairs)
        fake = generate(x)
        of_d.zero_grad(set_to_none=True)
        loss_d(x, y, fake.detach()).backward()
        of_d.step()
        d.requires_grad_(False)
        of_g.zero_grad(set_to_none=True)
        loss = loss_g(x, y, fake)
        loss.backward()
        of_g.step()
        d.requires_grad_(True)
        return loss.detach()

    return bench.Work(step, translators.MINUTE)


def cycle_gan(
    data: translators.Data, fused: bool, compiled: bool, last: bool
) -> bench.Work:
    """Both G's move, then both D's, as in the authors' code."""
    layout = torch.channels_last if last else torch.contiguous_format
    nets = (
        residual_generator(),
        residual_generator(),
        patch_gan(3),
        patch_gan(3),
    )
    G, F, D_y, D_x = (net.to(memory_format=layout) for net in nets)
    of_g, of_d = adam(fused, G, F), adam(fused, D_y, D_x)
    pairs, pools = batches(data, last), (Pool(), Pool())

    def made(x, y):
        fake_y, fake_x = G(x), F(y)
        cycle = (F(fake_y) - x).abs().mean() + (G(fake_x) - y).abs().mean()
        deceived = (D_y(fake_y) - 1).square().mean()
        deceived = deceived + (D_x(fake_x) - 1).square().mean()
        return deceived + translators.CYCLE * cycle, fake_y, fake_x

    def loss_d(D, real, fake):
        return 0.5 * ((D(real) - 1).square().mean() + D(fake).square().mean())

    if compiled:
        made, loss_d = torch.compile(made), torch.compile(loss_d)

    def step() -> torch.Tensor:
        x, y = next(pairs)
        for D in (D_y, D_x):
            D.requires_grad_(False)
        of_g.zero_grad(set_to_none=True)
        loss, *fakes = made(x, y)
        loss.backward()
        of_g.step()
        of_d.zero_grad(set_to_none=True)
        for D, real, fake, pool in zip((D_y, D_x), (y, x), fakes, pools):
            D.requires_grad_(True)
            loss_d(D, real, pool.exchange(fake.detach())).backward()
        of_d.step()
        return loss.detach()

    return bench.Work(step, translators.MINUTE)


def build(data: translators.Data) -> translators.Bench:
    """Every combination; the runner finds the fastest."""
    torch.manual_seed(0)
    ways = [
        (name + detail, (*way, last))
        for name, way in WAYS.items()
        for detail, last in (("", False), (", channels last", True))
    ]
    return translators.Bench(
        {"torch": torch.__version__},
        pix2pix={name: pix2pix(data, *way) for name, way in ways},
        cycle_gan={name: cycle_gan(data, *way) for name, way in ways},
    )
