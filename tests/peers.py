"""The small VAE inside other libraries: the same weights behind their interfaces."""

from __future__ import annotations

import torch
from small_vae import SmallVAE


def pythae_vae(net: SmallVAE, samples: int | None = None):
    """pythae's VAE on the weights of `net`, or its IWAE when a number of samples is given."""
    from pythae.models import IWAE, VAE, IWAEConfig, VAEConfig
    from pythae.models.base.base_utils import ModelOutput
    from pythae.models.nn import BaseDecoder, BaseEncoder

    class Encoder(BaseEncoder):
        def __init__(self):
            super().__init__()
            self.layers = net.encoder

        def forward(self, x):
            mu, logvar = self.layers(x).chunk(2, dim=-1)
            return ModelOutput(embedding=mu, log_covariance=logvar)

    class Decoder(BaseDecoder):
        def __init__(self):
            super().__init__()
            self.layers = net.decoder

        def forward(self, z):
            return ModelOutput(reconstruction=torch.sigmoid(self.layers(z)))

    size = {"input_dim": (net.x_dim,), "latent_dim": net.z_dim, "reconstruction_loss": "bce"}
    if samples is None:
        return VAE(VAEConfig(**size), encoder=Encoder(), decoder=Decoder())
    return IWAE(IWAEConfig(**size, number_samples=samples), encoder=Encoder(), decoder=Decoder())


def pyro_programs(net: SmallVAE):
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
