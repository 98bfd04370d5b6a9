"""Pythae: its VAE, in a loop without its trainer, which would load batches."""

from importlib import metadata

import numpy as np
import torch
from pythae.models import VAE, VAEConfig
from pythae.models.base.base_utils import ModelOutput
from pythae.models.nn import BaseDecoder, BaseEncoder

from benchmarks import autoencoders, bench
from benchmarks.peers import vae_torch


class PythaeEncoder(BaseEncoder):
    """Mean and logarithm of the variance."""

    def __init__(self, network: torch.nn.Module):
        super().__init__()
        self.network = network

    def forward(self, x: torch.Tensor) -> ModelOutput:
        """Images [B, 784]."""
        mean, log_variance = self.network(x).chunk(2, 1)
        return ModelOutput(embedding=mean, log_covariance=log_variance)


class PythaeDecoder(BaseDecoder):
    """Probabilities, of which Pythae takes the cross-entropy."""

    def __init__(self, network: torch.nn.Module):
        super().__init__()
        self.network = network

    def forward(self, z: torch.Tensor) -> ModelOutput:
        """Latents [B, 20]."""
        return ModelOutput(reconstruction=torch.sigmoid(self.network(z)))


def vae(data: torch.Tensor, fused: bool) -> bench.Work:
    """One way of training it; it draws its own noise."""
    encoder, decoder = vae_torch.networks()
    config = VAEConfig(
        input_dim=(autoencoders.IMAGE,),
        latent_dim=autoencoders.LATENT,
        reconstruction_loss="bce",
    )
    model = VAE(config, PythaeEncoder(encoder), PythaeDecoder(decoder))

    def loss_of(x, epsilon):
        del epsilon
        return model({"data": x}).loss

    parameters = [*model.parameters()]
    return vae_torch.training(data, parameters, loss_of, fused, False)


def build(data: np.ndarray) -> autoencoders.Bench:
    """Adam in two ways. `torch.compile` fails at Pythae's `ModelOutput`."""
    torch.manual_seed(0)
    x = torch.from_numpy(data)
    return autoencoders.Bench(
        {"pythae": metadata.version("pythae"), "torch": torch.__version__},
        vae={
            name: vae(x, fused)
            for name, (fused, compiled) in vae_torch.WAYS.items()
            if not compiled
        },
        **vae_torch.figures(),
    )
