"""A VAE of the course, and the same weights behind the interfaces of other libraries."""

from __future__ import annotations

import torch

from vae_course.models.toolbox.stage_05 import VAE


def small_vae(x_dim: int, hidden: int, z_dim: int, seed: int = 0) -> VAE:
    """A VAE with the first weights that belong to the seed; torch's global state is left alone."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return VAE(x_dim, z_dim, hidden)


def pythae_vae(net: VAE, samples: int | None = None):
    """pythae's VAE on the weights of `net`, or its IWAE when a number of samples is given."""
    from pythae.models import IWAE, IWAEConfig, VAEConfig
    from pythae.models import VAE as PythaeVAE
    from pythae.models.base.base_utils import ModelOutput
    from pythae.models.nn import BaseDecoder, BaseEncoder

    class Encoder(BaseEncoder):
        def __init__(self):
            super().__init__()
            self.layers = net.encoder.layers

        def forward(self, x):
            mu, logvar = self.layers(x).chunk(2, dim=-1)
            return ModelOutput(embedding=mu, log_covariance=logvar)

    class Decoder(BaseDecoder):
        def __init__(self):
            super().__init__()
            self.layers = net.decoder.layers

        def forward(self, z):
            return ModelOutput(reconstruction=torch.sigmoid(self.layers(z)))

    size = {"input_dim": (net.x_dim,), "latent_dim": net.z_dim, "reconstruction_loss": "bce"}
    if samples is None:
        return PythaeVAE(VAEConfig(**size), encoder=Encoder(), decoder=Decoder())
    return IWAE(IWAEConfig(**size, number_samples=samples), encoder=Encoder(), decoder=Decoder())


def pyro_programs(net: VAE):
    """The model and the guide of `net` as Pyro programs of a batch x, (B, D)."""
    import pyro
    import pyro.distributions as dist

    def model(x):
        pyro.module("decoder", net.decoder)
        with pyro.plate("pictures", len(x)):
            z = pyro.sample("z", dist.Normal(torch.zeros(len(x), net.z_dim), 1.0).to_event(1))
            pyro.sample("x", dist.Bernoulli(logits=net.decoder(z)).to_event(1), obs=x)

    def guide(x):
        pyro.module("encoder", net.encoder)
        mu, logvar = net.encode(x)
        with pyro.plate("pictures", len(x)):
            pyro.sample("z", dist.Normal(mu, torch.exp(0.5 * logvar)).to_event(1))

    return model, guide
