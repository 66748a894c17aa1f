# %% [markdown] card="05_vae"
# Build a variational autoencoder of the digits, train it, use it.

# %% tags=["setup"]
import torch
from torch import nn
from torch.nn import functional as F

from vae_course.learn import check
from vae_course.models.toolbox.stage_03 import bernoulli_log_likelihood, gaussian_kl

torch.manual_seed(0)
print("torch", torch.__version__)

# %% [markdown] card="Encoder"
# Write the class `Encoder(x_dim, z_dim)`, a torch module: the network of q(z|x).
#
# - Called with `x` (B, D) it returns the pair `mu`, `logvar`, (B, Z) each: two answers about every row.
# - How many layers, how wide, and which nonlinearity is up to you; 128 hidden units with ReLU do well on the digits.
# - Both answers may be any real number. No row looks at another one, and nothing is drawn here.
#
# For example, `mu, logvar = Encoder(64, 8)(x)` gives two tensors of shape (100, 8) for 100 digits.

# %% answer="Encoder"
class Encoder(nn.Module):
    """The network of q(z|x): x (B, D) to mu and logvar, (B, Z) each, in the unit of z and its log-square."""

    def __init__(self, x_dim: int, z_dim: int):
        super().__init__()
        ### BEGIN SOLUTION
        self.hidden = nn.Linear(x_dim, 128)
        self.mu = nn.Linear(128, z_dim)
        self.logvar = nn.Linear(128, z_dim)
        ### END SOLUTION

    def forward(self, x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        ### BEGIN SOLUTION
        h = F.relu(self.hidden(x))  # (B, 128)
        return self.mu(h), self.logvar(h)  # (B, Z) each
        ### END SOLUTION


# %% check="Encoder"
check("Encoder")

# %% [markdown] card="Decoder"
# Write the class `Decoder(z_dim, x_dim)`, a torch module: the network of p(x|z). Mind the order of the two sizes.
#
# - Called with `z` (..., Z) it returns *logits* (..., D), one a pixel; sigmoid comes later, inside the likelihood.
# - `z` may have any number of axes in front of the last one.
#
# For example, codes of shape (11, 5, 8) give logits of shape (11, 5, 64).

# %% answer="Decoder"
class Decoder(nn.Module):
    """The network of p(x|z): z (..., Z) to the logits of the pixels, (..., D)."""

    def __init__(self, z_dim: int, x_dim: int):
        super().__init__()
        ### BEGIN SOLUTION
        self.hidden = nn.Linear(z_dim, 128)
        self.logits = nn.Linear(128, x_dim)
        ### END SOLUTION

    def forward(self, z: torch.Tensor) -> torch.Tensor:
        ### BEGIN SOLUTION
        return self.logits(F.relu(self.hidden(z)))  # (..., D)
        ### END SOLUTION


# %% check="Decoder"
check("Decoder")

# %% [markdown] card="VAE"
# Write the class `VAE(x_dim, z_dim)`, a torch module that owns an `Encoder` and a `Decoder`.
#
# - It keeps `x_dim` and `z_dim` as attributes.
# - `encode(x)` gives mu and logvar; `decode(z)` gives logits.
# - `log_likelihood(x, z)` gives log p(x|z), Bernoulli, summed over pixels. The axes in front of the last one broadcast: `x` (B, D)
#   and `z` (K, B, Z) give (K, B).
# - Called with `x` (B, D) and noise `eps` (B, Z), the model returns (logits, mu, logvar), with the logits at the code that
#   mu, logvar and eps make. `eps` is given: the same x and eps give the same result.
#
# `bernoulli_log_likelihood` of stage 03 is imported.

# %% answer="VAE"
class VAE(nn.Module):
    """A model of binary data with its encoder; the prior of z is N(0, I)."""

    def __init__(self, x_dim: int, z_dim: int):
        super().__init__()
        ### BEGIN SOLUTION
        self.x_dim, self.z_dim = x_dim, z_dim
        self.encoder = Encoder(x_dim, z_dim)
        self.decoder = Decoder(z_dim, x_dim)
        ### END SOLUTION

    def encode(self, x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """x: (B, D). Returns mu and logvar of q(z|x), (B, Z) each."""
        ### BEGIN SOLUTION
        return self.encoder(x)
        ### END SOLUTION

    def decode(self, z: torch.Tensor) -> torch.Tensor:
        """z: (..., Z). Returns the logits of p(x|z), (..., D)."""
        ### BEGIN SOLUTION
        return self.decoder(z)
        ### END SOLUTION

    def log_likelihood(self, x: torch.Tensor, z: torch.Tensor) -> torch.Tensor:
        """x: (B, D), z: (..., B, Z). Returns log p(x|z) in nats, (..., B)."""
        ### BEGIN SOLUTION
        return bernoulli_log_likelihood(x, self.decode(z))
        ### END SOLUTION

    def forward(self, x: torch.Tensor, eps: torch.Tensor) -> tuple[torch.Tensor, ...]:
        """x: (B, D), eps: (B, Z). Returns logits (B, D), mu and logvar, (B, Z) each."""
        ### BEGIN SOLUTION
        mu, logvar = self.encode(x)
        z = mu + torch.exp(0.5 * logvar) * eps  # (B, Z)
        return self.decode(z), mu, logvar
        ### END SOLUTION


# %% check="VAE"
check("VAE")

# %% [markdown] card="negative_elbo"
# Write `negative_elbo(x, logits, mu, logvar)`: the loss of a batch, and its two parts.
#
# - `x`, `logits`: (B, D), the pictures and the decoder's logits for one code of each. `mu`, `logvar`: (B, Z).
# - Return a dict with `recon`, minus log p(x|z); `kl`, the KL to N(0, I); and `loss`, their sum.
# - Each is a tensor without axes, in nats/image: summed over pixels and latent dimensions, averaged over rows. A gradient must flow
#   through `loss`.
#
# For example, one row with x = (1, 0), logits = (0, 0), mu = (1), logvar = (0) gives recon = 1.3863, kl = 0.5, loss = 1.8863.

# %% answer="negative_elbo"
def negative_elbo(
    x: torch.Tensor, logits: torch.Tensor, mu: torch.Tensor, logvar: torch.Tensor
) -> dict[str, torch.Tensor]:
    """Loss, recon and kl in nats/image. x, logits: (B, D). mu, logvar: (B, Z)."""
    ### BEGIN SOLUTION
    recon = -bernoulli_log_likelihood(x, logits).mean()  # (B,) -> ()
    kl = gaussian_kl(mu, logvar).mean()  # (B,) -> ()
    return {"loss": recon + kl, "recon": recon, "kl": kl}
    ### END SOLUTION


# %% check="negative_elbo"
check("negative_elbo")

# %% [markdown] card="train_step"
# Write `train_step(model, optimizer, x, generator=None)`: one step of the optimiser on the loss of one batch.
#
# - `model` is a VAE, called as `model(x, eps)`; it knows its `z_dim`. `x` is (B, D).
# - Draw the noise here, fresh at every call and for every row.
# - Return a dict with the plain numbers `loss`, `recon` and `kl` of this batch, as they were before the step.
#
# For example, two calls with the same batch return different losses: the noise is new and the parameters have moved.

# %% answer="train_step"
def train_step(
    model: nn.Module,
    optimizer: torch.optim.Optimizer,
    x: torch.Tensor,
    generator: torch.Generator | None = None,
) -> dict[str, float]:
    """One optimiser step on a batch x (B, D). Returns loss, recon, kl before it, in nats/image."""
    ### BEGIN SOLUTION
    eps = torch.randn(len(x), model.z_dim, generator=generator)  # (B, Z)
    logits, mu, logvar = model(x, eps)
    terms = negative_elbo(x, logits, mu, logvar)
    optimizer.zero_grad()
    terms["loss"].backward()
    optimizer.step()
    return {name: value.item() for name, value in terms.items()}
    ### END SOLUTION


# %% check="train_step"
check("train_step")

# %% [markdown] card="generate"
# Write `generate(model, n, sample, generator=None)`: n new pictures.
#
# - Codes come from the prior; `model.decode` gives their logits, and `model.z_dim` says how long a code is.
# - With `sample=False` return the mean of every pixel, between 0 and 1; with `sample=True` draw every pixel, 0 or 1.
# - Return (n, D).
#
# For example, where a code gives the logit 0.8473, a pixel's mean is 0.7, and about 7 of 10 draws of it are 1.

# %% answer="generate"
@torch.no_grad()
def generate(
    model: nn.Module, n: int, sample: bool, generator: torch.Generator | None = None
) -> torch.Tensor:
    """New pictures from the prior: means in [0, 1], or draws of 0 and 1. Returns (n, D)."""
    ### BEGIN SOLUTION
    z = torch.randn(n, model.z_dim, generator=generator)  # (n, Z)
    p = torch.sigmoid(model.decode(z))  # (n, D)
    return torch.bernoulli(p, generator=generator) if sample else p
    ### END SOLUTION


# %% check="generate"
check("generate")

# %% [markdown] card="reconstruct"
# Write `reconstruct(x, model)`: each picture after its way through the code.
#
# - `x` is (B, D). Take the mean code, z = mu: nothing is drawn.
# - Return the mean of every pixel, (B, D), between 0 and 1.
#
# For example, where the decoder gives the logits (0, 2), the picture is (0.5, 0.8808).

# %% answer="reconstruct"
@torch.no_grad()
def reconstruct(x: torch.Tensor, model: nn.Module) -> torch.Tensor:
    """The mean picture at the mean code of each x. x: (B, D). Returns (B, D), in [0, 1]."""
    ### BEGIN SOLUTION
    mu, _ = model.encode(x)
    return torch.sigmoid(model.decode(mu))
    ### END SOLUTION


# %% check="reconstruct"
check("reconstruct")

# %% [markdown] card="interpolate"
# Write `interpolate(z1, z2, steps)`: codes on the straight line from one code to another.
#
# - `z1`, `z2`: (Z,). `steps` is 2 or more.
# - Return (steps, Z), at equal distances, z1 first and z2 last.
#
# For example, three steps from (0, 4) to (4, 0) are (0, 4), (2, 2) and (4, 0).

# %% answer="interpolate"
def interpolate(z1: torch.Tensor, z2: torch.Tensor, steps: int) -> torch.Tensor:
    """Codes on the straight line from z1 to z2, (Z,) each, both included. Returns (steps, Z)."""
    ### BEGIN SOLUTION
    t = torch.linspace(0, 1, steps)[:, None]  # (steps, 1)
    return (1 - t) * z1 + t * z2
    ### END SOLUTION


# %% check="interpolate"
check("interpolate")
