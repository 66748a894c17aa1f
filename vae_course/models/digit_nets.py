"""Two networks of the same size on the digits: one that only copies, and one that is a model of pictures."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from vae_course.models.bug_zoo import Program
from vae_course.models.data import digits
from vae_course.models.toolbox.stage_03 import bernoulli_log_likelihood, gaussian_kl
from vae_course.models.toolbox.stage_04 import sample_posterior
from vae_course.models.toolbox.stage_05 import VAE, Decoder
from vae_course.models.training import fit

HIDDEN = 128


class PlainAutoencoder(nn.Module):
    """Picture to code to picture, D-128-Z-128-D with ReLU; no probabilities anywhere."""

    def __init__(self, x_dim: int, z_dim: int, mean: Tensor | None = None):
        super().__init__()
        self.encode = nn.Sequential(nn.Linear(x_dim, HIDDEN), nn.ReLU(), nn.Linear(HIDDEN, z_dim))
        self.decode = Decoder(z_dim, x_dim, HIDDEN, mean)

    def forward(self, x: Tensor) -> Tensor:
        """x: (B, D). Returns the copy's logits, (B, D)."""
        return self.decode(self.encode(x))


def train_plain_autoencoder(pictures: Tensor, z_dim: int, steps: int, seed: int = 0) -> PlainAutoencoder:
    """An autoencoder trained to copy its input, by cross-entropy. pictures: (N, 64), zeros and ones."""
    net, generator = _at_the_mean(PlainAutoencoder, pictures, z_dim, seed)
    fit(net, pictures, steps, loss=lambda x, _: -bernoulli_log_likelihood(x, net(x)).mean(), generator=generator)
    return net.requires_grad_(False)


def digit_vae(pictures: Tensor, z_dim: int, seed: int = 0) -> VAE:
    """A VAE for these pictures, not trained yet: 64-128-Z-128-64, its last bias at the pixels' log-odds. pictures: (N, 64)."""
    net, _ = _at_the_mean(VAE, pictures, z_dim, seed)
    return net


def train_digit_model(pictures: Tensor, z_dim: int, steps: int, seed: int = 0) -> VAE:
    """A latent-variable model of digits, trained on the bound that stages 02 to 05 build. pictures: (N, 64), zeros and ones."""
    net, generator = _at_the_mean(VAE, pictures, z_dim, seed)
    fit(net, pictures, steps, generator=generator)
    return net.requires_grad_(False)


def train_program(program: Program, steps: int = 600, seed: int = 0) -> list[tuple[int, float, float, float]]:
    """A training script's run on the digits with 8 latents, as (step, loss, recon, kl) at the start and after each quarter.

    loss: as the program computes it, on 360 test pictures. recon, kl: what the same networks earn by a sound measure, on
    the same pictures with one code each drawn from q, in nats/image.
    """
    train, test = digits()
    net, draws = digit_vae(train, 8, seed), torch.Generator().manual_seed(seed)

    def own(x: Tensor, _: object = None) -> Tensor:
        mu, logvar = net.encode(x)
        return program.loss(x, net.decode(program.sample(mu, logvar)), mu, logvar)

    def measured() -> dict[str, Tensor]:
        recon, kl = terms_per_image(net, test, draws=1, generator=draws)
        return {"own": own(test), "recon": recon.mean(), "kl": kl.mean()}

    with torch.random.fork_rng(devices=[]):  # programs draw from torch's global state, which is the caller's
        torch.manual_seed(seed)
        history = fit(net, train, steps + 1, loss=own, log_every=max(steps // 4, 1), watch=measured)
    return [(int(step), *terms) for step, *terms in zip(*(history[name] for name in ("step", "own", "recon", "kl")))]


def terms_per_image(model: VAE, x: Tensor, draws: int = 10, generator: torch.Generator | None = None) -> tuple[Tensor, Tensor]:
    """recon and kl of each picture, in nats: minus the log-likelihood, averaged over draws of the code, and the KL to the prior.

    x: (B, D), zeros and ones. Returns (B,) each; minus their sum is an estimate of the ELBO.
    """
    with torch.no_grad():
        mu, logvar = model.encode(x)
        codes = sample_posterior(mu, logvar, draws, generator)  # (draws, B, Z)
        return -model.log_likelihood(x, codes).mean(0), gaussian_kl(mu, logvar)


def pictures(model: VAE, codes: Tensor) -> Tensor:
    """The mean picture of each code: how likely each pixel is to be inked. codes: (..., Z). Returns (..., D)."""
    with torch.no_grad():
        return model.decode(codes).sigmoid()


def _at_the_mean(kind: type[nn.Module], pictures: Tensor, z_dim: int, seed: int) -> tuple[nn.Module, torch.Generator]:
    """A fresh network that starts at the mean picture, and the generator for everything that is drawn later."""
    with torch.random.fork_rng(devices=[]):  # torch draws first weights from its global state, which is the caller's
        torch.manual_seed(seed)
        net = kind(pictures.shape[1], z_dim, mean=pictures.mean(0))
    return net, torch.Generator().manual_seed(seed)


def pixels_to_nearest(pictures: Tensor, known: Tensor) -> Tensor:
    """In how many pixels each picture differs from the nearest known one. (N, 64), (M, 64), zeros and ones. Returns (N,)."""
    return torch.cdist(pictures, known, p=1).min(dim=1).values
