"""What stage 05 teaches: a variational autoencoder of binary data, its loss and a step on it, and what it is used for.

The prior is N(0, I); decoders give logits, one a pixel. A loss is in nats/image: summed over pixels and latent
dimensions, averaged over the rows of a batch. A log-likelihood of values of x other than 0 and 1 raises ValueError in
torch.distributions; the loss takes them unchecked.
"""

import torch
from torch import nn
from torch.nn import functional as F

from vae_course.models.toolbox.stage_03 import bernoulli_log_likelihood


class Encoder(nn.Module):
    """Network of q(z|x): one hidden layer with ReLU, and from it both the mean and the log-variance of the code.

    x_dim, z_dim: sizes of x and of a code. hidden: width of the hidden layer. Called with x (B, D); returns mu and
    logvar, (B, Z) each. Source: Kingma and Welling, 2014, appendix C.2.
    """

    def __init__(self, x_dim: int, z_dim: int, hidden: int = 128):
        super().__init__()
        self.layers = nn.Sequential(nn.Linear(x_dim, hidden), nn.ReLU(), nn.Linear(hidden, 2 * z_dim))

    def forward(self, x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        mu, logvar = self.layers(x).chunk(2, dim=-1)
        return mu, logvar


class Decoder(nn.Module):
    """Network of p(x|z) for binary x: one hidden layer with ReLU, and from it a logit for each pixel.

    z_dim, x_dim: sizes of a code and of x. hidden: width of the hidden layer. mean: (D,), probabilities of white at which
    the last bias starts, such as the mean picture; by default torch's own start. Called with z (..., Z); returns
    logits (..., D). Source: Kingma and Welling, 2014, appendix C.1.
    """

    def __init__(self, z_dim: int, x_dim: int, hidden: int = 128, mean: torch.Tensor | None = None):
        super().__init__()
        self.layers = nn.Sequential(nn.Linear(z_dim, hidden), nn.ReLU(), nn.Linear(hidden, x_dim))
        if mean is not None:
            with torch.no_grad():
                self.layers[-1].bias.copy_(mean.clamp(0.01, 0.99).logit())  # the logit of 0 or 1 is infinite

    def forward(self, z: torch.Tensor) -> torch.Tensor:
        return self.layers(z)


class VAE(nn.Module):
    """Variational autoencoder of binary data: an encoder and a decoder of mirrored sizes, D-hidden-Z-hidden-D.

    x_dim, z_dim, hidden, mean: as for Encoder and Decoder. Called with x (B, D) and eps (..., B, Z), standard normal; it
    returns logits (..., B, D) at z = mean plus sigma times eps, and mu and logvar, (B, Z) each.
    Source: Kingma and Welling, 2014; Rezende, Mohamed and Wierstra, 2014.
    """

    def __init__(self, x_dim: int, z_dim: int, hidden: int = 128, mean: torch.Tensor | None = None):
        super().__init__()
        self.x_dim, self.z_dim = x_dim, z_dim
        self.encoder = Encoder(x_dim, z_dim, hidden)
        self.decoder = Decoder(z_dim, x_dim, hidden, mean)

    def encode(self, x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Mean and log-variance of q(z|x). x: (B, D). Returns (B, Z) each."""
        return self.encoder(x)

    def decode(self, z: torch.Tensor) -> torch.Tensor:
        """Logits of p(x|z). z: (..., Z). Returns (..., D)."""
        return self.decoder(z)

    def log_likelihood(self, x: torch.Tensor, z: torch.Tensor) -> torch.Tensor:
        """log p(x|z), in nats. x: (..., D), z: (..., Z); their leading axes broadcast. Returns the leading axes."""
        return bernoulli_log_likelihood(x, self.decode(z))

    def forward(self, x: torch.Tensor, eps: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        mu, logvar = self.encode(x)
        return self.decode(torch.addcmul(mu, torch.exp(0.5 * logvar), eps)), mu, logvar


def negative_elbo(
    x: torch.Tensor, logits: torch.Tensor, mu: torch.Tensor, logvar: torch.Tensor
) -> dict[str, torch.Tensor]:
    """Minus the ELBO of binary data and its two parts: recon, minus the log-likelihood, and kl, to N(0, I).

    x, logits: (B, D). mu, logvar: (B, Z). Returns `loss` = recon + kl, `recon` and `kl`: tensors without axes, in
    nats/image. Each part is one sum over the whole batch, since a training step waits for it. Source: Kingma and
    Welling, 2014, equation 10.
    """
    recon = F.binary_cross_entropy_with_logits(logits, x, reduction="sum") / len(x)
    kl = (mu.square() + logvar.expm1() - logvar).sum() * (0.5 / len(x))
    return {"loss": kl + recon, "recon": recon, "kl": kl}


def train_step(
    model: nn.Module, optimizer: torch.optim.Optimizer, x: torch.Tensor, generator: torch.Generator | None = None
) -> dict[str, float]:
    """One step of the optimiser on the negative ELBO of a batch, with one fresh noise vector a row.

    model: called with x (B, D) and eps (B, Z), as a VAE. Returns `loss`, `recon` and `kl` before the step, as floats, in
    nats/image. Source: Kingma and Welling, 2014, algorithm 1.
    """
    optimizer.zero_grad()
    terms = negative_elbo(x, *model(x, torch.randn(x.shape[0], model.z_dim, generator=generator)))
    terms["loss"].backward()
    optimizer.step()
    return {name: float(value.detach()) for name, value in terms.items()}


@torch.no_grad()
def generate(model: nn.Module, n: int, sample: bool, generator: torch.Generator | None = None) -> torch.Tensor:
    """New data: codes from the prior, decoded. Returns (n, D).

    sample: whether to draw every pixel, 0 or 1; otherwise the probabilities of a 1 are returned, the mean pictures.
    Source: Kingma and Welling, 2014, section 2.1.
    """
    means = model.decode(torch.randn(n, model.z_dim, generator=generator)).sigmoid()  # (n, D)
    return means.bernoulli(generator=generator) if sample else means


@torch.no_grad()
def reconstruct(x: torch.Tensor, model: nn.Module) -> torch.Tensor:
    """The mean picture at the mean code of each data point. x: (B, D). Returns probabilities of a 1, (B, D)."""
    code, _ = model.encode(x)
    return model.decode(code).sigmoid()


def interpolate(z1: torch.Tensor, z2: torch.Tensor, steps: int) -> torch.Tensor:
    """Codes at equal distances on the straight line between two codes, both ends included.

    z1, z2: (Z,). steps: how many codes, 2 or more. Returns (steps, Z), from z1 to z2.
    """
    t = torch.linspace(0, 1, steps, dtype=z1.dtype).unsqueeze(-1)  # (steps, 1)
    return torch.lerp(z1, z2, t)
