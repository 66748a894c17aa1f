"""Right answers to stage 05 in other styles: they must pass."""

import math

import numpy as np
import torch
from torch import nn
from torch.distributions import Bernoulli, Independent, Normal, kl_divergence
from torch.nn import functional as F

from vae_course.checks.bank import right


# --- Encoder ---


@right("Encoder")
class sequential_and_chunk(nn.Module):
    def __init__(self, x_dim, z_dim):
        super().__init__()
        self.net = nn.Sequential(nn.Linear(x_dim, 64), nn.ReLU(), nn.Linear(64, z_dim * 2))

    def forward(self, x):
        mu, logvar = torch.chunk(self.net(x), 2, dim=1)
        return mu, logvar


@right("Encoder")
class two_networks(nn.Module):
    def __init__(self, x_dim, z_dim):
        super().__init__()
        self.mean = nn.Sequential(nn.Linear(x_dim, 20), nn.Tanh(), nn.Linear(20, z_dim))
        self.spread = nn.Sequential(nn.Linear(x_dim, 20), nn.Tanh(), nn.Linear(20, z_dim))

    def forward(self, x):
        return [self.mean(x), self.spread(x)]


@right("Encoder")
class no_hidden_layer(nn.Module):
    def __init__(self, x_dim, z_dim):
        super().__init__()
        self.z_dim = z_dim
        self.linear = nn.Linear(x_dim, 2 * z_dim)

    def forward(self, x):
        both = self.linear(x)
        return both[:, : self.z_dim], both[:, self.z_dim :]


@right("Encoder")
class deep_with_layer_norm(nn.Module):
    def __init__(self, x_dim, z_dim):
        super().__init__()
        self.first = nn.Linear(x_dim, 32)
        self.second = nn.Linear(32, 32)
        self.norm = nn.LayerNorm(32)
        self.heads = nn.ModuleList([nn.Linear(32, z_dim) for _ in range(2)])

    def forward(self, x):
        h = F.gelu(self.first(x))
        h = F.gelu(self.norm(h + self.second(h)))
        return tuple(head(h) for head in self.heads)


@right("Encoder")
class bare_parameters(nn.Module):
    def __init__(self, x_dim, z_dim):
        super().__init__()
        self.W1 = nn.Parameter(torch.randn(x_dim, 16) / x_dim**0.5)
        self.b1 = nn.Parameter(torch.zeros(16))
        self.W2 = nn.Parameter(torch.randn(16, 2, z_dim) / 4)
        self.b2 = nn.Parameter(torch.zeros(2, z_dim))

    def forward(self, x):
        h = torch.einsum("bd,dh->bh", x, self.W1).add(self.b1).sigmoid()
        return torch.einsum("bh,hkz->kbz", h, self.W2) + self.b2[:, None]


@right("Encoder")
class sequential_by_inheritance(nn.Sequential):
    def __init__(self, x_dim, z_dim):
        super().__init__(nn.Linear(x_dim, 24), nn.SiLU(), nn.Linear(24, 2 * z_dim), nn.Unflatten(1, (2, z_dim)))

    def forward(self, x):
        return super().forward(x).unbind(dim=1)


@right("Encoder")
class centred_pixels(nn.Module):
    def __init__(self, x_dim, z_dim, hidden=40):
        super().__init__()
        self.hidden = nn.Linear(x_dim, hidden)
        self.mu = nn.Linear(hidden, z_dim)
        self.logvar = nn.Linear(hidden, z_dim)
        nn.init.zeros_(self.logvar.weight)

    def forward(self, x):
        h = F.leaky_relu(self.hidden(2 * x - 1))
        return self.mu(h), self.logvar(h)


# --- Decoder ---


@right("Decoder")
class sequential(nn.Module):
    def __init__(self, z_dim, x_dim):
        super().__init__()
        self.net = nn.Sequential(nn.Linear(z_dim, 64), nn.ReLU(), nn.Linear(64, x_dim))

    def forward(self, z):
        return self.net(z)


@right("Decoder")
class sequential_itself(nn.Sequential):
    def __init__(self, z_dim, x_dim):
        super().__init__(nn.Linear(z_dim, 32), nn.Tanh(), nn.Linear(32, 32), nn.Tanh(), nn.Linear(32, x_dim))


@right("Decoder")
class logistic_factor_analysis(nn.Module):
    def __init__(self, z_dim, x_dim):
        super().__init__()
        self.linear = nn.Linear(z_dim, x_dim)

    def forward(self, z):
        return self.linear(z)


@right("Decoder")
class flattened_and_put_back(nn.Module):
    def __init__(self, z_dim, x_dim):
        super().__init__()
        self.z_dim, self.x_dim = z_dim, x_dim
        self.first, self.last = nn.Linear(z_dim, 32), nn.Linear(32, x_dim)

    def forward(self, z):
        rows = self.last(torch.relu(self.first(z.reshape(-1, self.z_dim))))
        return rows.view(*z.shape[:-1], self.x_dim)


@right("Decoder")
class with_a_bias_of_its_own(nn.Module):
    def __init__(self, z_dim, x_dim):
        super().__init__()
        self.hidden = nn.Linear(z_dim, 48)
        self.weight = nn.Parameter(torch.randn(x_dim, 48) / 7)
        self.bias = nn.Parameter(torch.full((x_dim,), -1.0))

    def forward(self, z):
        return F.linear(F.elu(self.hidden(z)), self.weight, self.bias)


@right("Decoder")
class matrices(nn.Module):
    def __init__(self, z_dim, x_dim):
        super().__init__()
        self.A = nn.Parameter(0.3 * torch.randn(z_dim, 16))
        self.B = nn.Parameter(0.3 * torch.randn(16, x_dim))
        self.c = nn.Parameter(torch.zeros(x_dim))

    def forward(self, z):
        return torch.tanh(z @ self.A) @ self.B + self.c


@right("Decoder")
class with_a_skip(nn.Module):
    def __init__(self, z_dim, x_dim):
        super().__init__()
        self.body = nn.Sequential(nn.Linear(z_dim, 32), nn.ReLU(), nn.LayerNorm(32), nn.Linear(32, x_dim))
        self.skip = nn.Linear(z_dim, x_dim, bias=False)

    def forward(self, z):
        return self.body(z) + self.skip(z)


# --- VAE ---


@right("VAE")
class written_out(nn.Module):
    def __init__(self, x_dim, z_dim):
        super().__init__()
        self.x_dim, self.z_dim = x_dim, z_dim
        self.encoder, self.decoder = Encoder(x_dim, z_dim), Decoder(z_dim, x_dim)

    def encode(self, x):
        return self.encoder(x)

    def decode(self, z):
        return self.decoder(z)

    def log_likelihood(self, x, z):
        logits = self.decode(z)
        return (x * logits - F.softplus(logits)).sum(-1)

    def forward(self, x, eps):
        mu, logvar = self.encoder(x)
        return self.decoder(mu + logvar.mul(0.5).exp() * eps), mu, logvar


@right("VAE")
class networks_inside(nn.Module):
    def __init__(self, x_dim, z_dim):
        super().__init__()
        self.x_dim, self.z_dim = x_dim, z_dim
        self.q = nn.Sequential(nn.Linear(x_dim, 24), nn.ReLU(), nn.Linear(24, 2 * z_dim))
        self.p = nn.Sequential(nn.Linear(z_dim, 24), nn.ReLU(), nn.Linear(24, x_dim))

    def encode(self, x):
        both = self.q(x)
        return both[..., : self.z_dim], both[..., self.z_dim :]

    def decode(self, z):
        return self.p(z)

    def log_likelihood(self, x, z):
        return Independent(Bernoulli(logits=self.p(z)), 1).log_prob(x)

    def forward(self, x, eps):
        mu, logvar = self.encode(x)
        std = torch.sqrt(torch.exp(logvar))
        return self.decode(mu + std * eps), mu, logvar


@right("VAE")
class cross_entropy_on_broadcast_tensors(nn.Module):
    def __init__(self, x_dim, z_dim):
        super().__init__()
        self.x_dim, self.z_dim = x_dim, z_dim
        self.encode = Encoder(x_dim, z_dim)
        self.decode = Decoder(z_dim, x_dim)

    def log_likelihood(self, x, z):
        x, logits = torch.broadcast_tensors(x, self.decode(z))
        return -F.binary_cross_entropy_with_logits(logits, x, reduction="none").sum(dim=-1)

    def forward(self, x, eps):
        mu, logvar = self.encode(x)
        z = torch.addcmul(mu, (logvar / 2).exp(), eps)
        return [self.decode(z), mu, logvar]


@right("VAE")
class methods_and_helpers(nn.Module):
    def __init__(self, x_dim, z_dim, **more):
        super().__init__()
        self.parts = nn.ModuleDict({"encoder": Encoder(x_dim, z_dim), "decoder": Decoder(z_dim, x_dim)})
        self.sizes = (x_dim, z_dim)

    @property
    def x_dim(self):
        return self.sizes[0]

    @property
    def z_dim(self):
        return self.sizes[1]

    def encode(self, x):
        mu, logvar = self.parts["encoder"](x)
        return mu, logvar

    def decode(self, z):
        return self.parts["decoder"](z)

    def pixels(self, z):
        return Bernoulli(logits=self.decode(z))

    def log_likelihood(self, x, z):
        return self.pixels(z).log_prob(x).sum(-1)

    def draw(self, mu, logvar, eps):
        return mu + eps * torch.exp(0.5 * logvar)

    def forward(self, x, eps):
        q = self.encode(x)
        return self.decode(self.draw(*q, eps)), *q


@right("VAE")
class two_logs_of_sigmoids(nn.Module):
    def __init__(self, x_dim, z_dim):
        super().__init__()
        self.x_dim, self.z_dim = x_dim, z_dim
        self.decoder = Decoder(z_dim, x_dim)
        self.encoder = Encoder(x_dim, z_dim)

    def encode(self, x):
        return self.encoder(x)

    def decode(self, z):
        return self.decoder(z)

    def log_likelihood(self, x, z):
        logits = self.decode(z)
        return torch.where(x > 0.5, F.logsigmoid(logits), F.logsigmoid(-logits)).sum(-1)

    def forward(self, x, eps):
        mu, logvar = self.encode(x)
        q = Normal(mu, torch.exp(logvar / 2))
        z = q.loc + q.scale * eps
        return self.decode(z), q.loc, 2 * q.scale.log()


@right("VAE")
class signs_for_pixels(nn.Module):
    def __init__(self, x_dim, z_dim):
        super().__init__()
        self.x_dim, self.z_dim = int(x_dim), int(z_dim)
        self.encoder = Encoder(self.x_dim, self.z_dim)
        self.decoder = Decoder(self.z_dim, self.x_dim)

    def encode(self, x):
        return self.encoder.forward(x)

    def decode(self, z):
        return self.decoder.forward(z)

    def log_likelihood(self, x, z):
        return F.logsigmoid((2 * x - 1) * self.decode(z)).sum(-1)

    def forward(self, x, eps):
        mu, logvar = self.encode(x)
        std = torch.exp(logvar) ** 0.5
        z = mu + torch.stack([s * e for s, e in zip(std, eps)])
        return self.decode(z), mu, logvar


# --- negative_elbo ---


@right("negative_elbo")
def torch_distributions(x, logits, mu, logvar):
    p, q = Bernoulli(logits=logits), Normal(mu, torch.exp(0.5 * logvar))
    prior = Normal(torch.zeros_like(mu), torch.ones_like(mu))
    recon = -p.log_prob(x).sum(1).mean()
    kl = kl_divergence(q, prior).sum(1).mean()
    return dict(loss=recon + kl, recon=recon, kl=kl)


@right("negative_elbo")
def sums_over_the_batch_size(x, logits, mu, logvar):
    B = x.shape[0]
    recon = F.binary_cross_entropy_with_logits(logits, x, reduction="sum") / B
    kl = -0.5 * torch.sum(1 + logvar - mu.pow(2) - logvar.exp()) / B
    return {"kl": kl, "recon": recon, "loss": recon + kl}


@right("negative_elbo")
def means_times_sizes(x, logits, mu, logvar):
    recon = x.shape[1] * F.binary_cross_entropy_with_logits(logits, x)
    kl = mu.shape[1] * 0.5 * (mu * mu + logvar.exp() - 1 - logvar).mean()
    return {"loss": recon + kl, "recon": recon, "kl": kl}


@right("negative_elbo")
def row_by_row(x, logits, mu, logvar):
    recons, kls = [], []
    for row, l, m, s in zip(x, logits, mu, logvar):
        recons.append((F.softplus(l) - row * l).sum())
        kls.append(0.5 * (m.square() + torch.expm1(s) - s).sum())
    recon, kl = torch.stack(recons).mean(), torch.stack(kls).mean()
    return {"loss": recon + kl, "recon": recon, "kl": kl}


@right("negative_elbo")
def in_double_precision(x, logits, mu, logvar):
    x, logits, mu, logvar = (given.double() for given in (x, logits, mu, logvar))
    recon = torch.einsum("bd->b", F.softplus(logits) - x * logits).mean()
    kl = torch.einsum("bz->b", mu**2 + logvar.exp() - logvar - 1).mean() / 2
    return {"loss": recon + kl, "recon": recon, "kl": kl}


@right("negative_elbo")
def loss_of_each_row_first(x, logits, mu, logvar):
    recon = -F.logsigmoid((2 * x - 1) * logits).sum(dim=1)
    kl = 0.5 * (mu**2 + logvar.exp() - logvar - 1).sum(dim=1)
    return {"loss": (recon + kl).mean(), "recon": recon.mean().item(), "kl": kl.mean().item()}


@right("negative_elbo")
def parts_detached(x, logits, mu, logvar):
    recon = -(x * F.logsigmoid(logits) + (1 - x) * F.logsigmoid(-logits)).sum() / len(x)
    kl = 0.5 * (mu.pow(2) + logvar.exp() - logvar - 1).sum() / len(x)
    return {"loss": recon + kl, "recon": recon.detach(), "kl": kl.detach(), "elbo": -(recon + kl).detach()}


# --- train_step ---


@right("train_step")
def written_out(model, optimizer, x, generator=None):
    optimizer.zero_grad()
    eps = torch.randn(x.shape[0], model.z_dim, generator=generator)
    logits, mu, logvar = model(x, eps)
    out = negative_elbo(x, logits, mu, logvar)
    out["loss"].backward()
    optimizer.step()
    return {"loss": float(out["loss"]), "recon": float(out["recon"]), "kl": float(out["kl"])}


@right("train_step")
def own_formulas(model, optimizer, x, generator=None):
    mu, logvar = model.encode(x)
    z = mu + torch.exp(0.5 * logvar) * torch.randn(*mu.shape, generator=generator)
    recon = -model.log_likelihood(x, z).mean()
    kl = 0.5 * (mu**2 + logvar.exp() - logvar - 1).sum(-1).mean()
    for weights in model.parameters():
        weights.grad = None
    (recon + kl).backward()
    optimizer.step()
    return {"loss": (recon + kl).item(), "recon": recon.item(), "kl": kl.item()}


@right("train_step")
def rsample_of_a_normal(model, optimizer, x, generator=None):
    mu, logvar = model.encode(x)
    z = Normal(mu, torch.exp(logvar / 2)).rsample()
    terms = negative_elbo(x, model.decode(z), mu, logvar)
    optimizer.zero_grad(set_to_none=False)
    terms["loss"].backward()
    optimizer.step()
    return {key: terms[key].item() for key in ("loss", "recon", "kl")}


@right("train_step")
def gradients_asked_for(model, optimizer, x, generator=None):
    eps = torch.randn(len(x), model.z_dim, generator=generator, dtype=x.dtype)
    terms = negative_elbo(x, *model(x, eps))
    weights = list(model.parameters())
    for weight, grad in zip(weights, torch.autograd.grad(terms["loss"], weights)):
        weight.grad = grad
    optimizer.step()
    return {key: np.float64(value.detach().numpy()) for key, value in terms.items()}


@right("train_step")
def closure(model, optimizer, x, generator=None):
    eps = torch.normal(0.0, 1.0, (len(x), model.z_dim), generator=generator)
    told = {}

    def evaluate():
        optimizer.zero_grad()
        terms = negative_elbo(x, *model(x, eps))
        told.update({key: value.item() for key, value in terms.items()})
        terms["loss"].backward()
        return terms["loss"]

    optimizer.step(evaluate)
    return told


@right("train_step")
def cleared_at_the_end(model, optimizer, x, generator=None):
    model.train()
    eps = torch.empty(len(x), model.z_dim).normal_(generator=generator)
    terms = negative_elbo(x, *model(x, eps))
    terms["loss"].backward()
    optimizer.step()
    optimizer.zero_grad()
    return {key: value.item() for key, value in terms.items()}


@right("train_step")
def picture_by_picture(model, optimizer, x, generator=None):
    optimizer.zero_grad()
    totals = dict.fromkeys(("loss", "recon", "kl"), 0.0)
    for row in x:
        eps = torch.randn(1, model.z_dim, generator=generator)
        terms = negative_elbo(row[None], *model(row[None], eps))
        (terms["loss"] / len(x)).backward()
        for key in totals:
            totals[key] += terms[key].item() / len(x)
    optimizer.step()
    return totals


@right("train_step")
def shuffled_in_small_batches(model, optimizer, x, generator=None):
    optimizer.zero_grad()
    totals = dict.fromkeys(("loss", "recon", "kl"), 0.0)
    for some in x[torch.randperm(len(x))].split(2):
        terms = negative_elbo(some, *model(some, torch.randn(len(some), model.z_dim, generator=generator)))
        share = len(some) / len(x)
        (share * terms["loss"]).backward()
        for key in totals:
            totals[key] += share * terms[key].item()
    optimizer.step()
    return totals


# --- generate ---


@right("generate")
def detached_at_the_end(model, n, sample, generator=None):
    z = torch.randn(n, model.z_dim, generator=generator)
    means = model.decode(z).sigmoid().detach()
    if not sample:
        return means
    return (torch.rand(means.shape, generator=generator) < means).float()


@right("generate")
def distributions(model, n, sample, generator=None):
    z = Normal(torch.zeros(model.z_dim), torch.ones(model.z_dim)).sample((n,))
    pixels = Bernoulli(logits=model.decode(z))
    return pixels.sample() if sample else pixels.mean


@right("generate")
def one_by_one(model, n, sample, generator=None):
    with torch.no_grad():
        z = torch.stack([torch.randn(model.z_dim, generator=generator) for _ in range(n)])
        p = 1 / (1 + torch.exp(-model.decode(z)))
        return torch.bernoulli(p) if sample else p


@right("generate")
def gumbel_of_the_logits(model, n, sample, generator=None):
    z = torch.normal(torch.zeros(n, model.z_dim), 1.0, generator=generator)
    logits = model.decode(z).detach()
    if sample:
        u = torch.rand(logits.shape, generator=generator).clamp(1e-6, 1 - 1e-6)
        return (logits + torch.log(u) - torch.log1p(-u) > 0).float()
    return torch.special.expit(logits)


@right("generate")
def integers_for_draws(model, n, sample, generator=None):
    z = torch.empty(n, model.z_dim).normal_(generator=generator)
    p = torch.sigmoid(model.decode(z))
    return torch.bernoulli(p).long() if sample else p


@right("generate")
@torch.no_grad()
def a_picture_at_a_time(model, n, sample, generator=None):
    rows = []
    for _ in range(n):
        p = torch.sigmoid(model.decode(torch.randn(1, model.z_dim, generator=generator)))
        rows.append(torch.bernoulli(p, generator=generator) if sample else p)
    return torch.cat(rows)


@right("generate")
def decoded_in_pieces(model, n, sample, generator=None):
    z = torch.randn(n, model.z_dim, generator=generator)
    means = torch.cat([torch.sigmoid(model.decode(some)).detach() for some in z.split(50)])
    return torch.bernoulli(means, generator=generator) if sample else means


@right("generate")
def asks_for_the_number_of_pixels(model, n, sample, generator=None):
    D = model.decode(torch.zeros(1, model.z_dim)).shape[1]
    with torch.no_grad():
        p = torch.sigmoid(model.decode(torch.randn(n, model.z_dim, generator=generator)))
    return (torch.rand(n, D, generator=generator) < p).float() if sample else p


@right("generate")
def asks_for_the_number_of_pixels_afterwards(model, n, sample, generator=None):
    z = torch.randn(n, model.z_dim, generator=generator)
    pixels = Bernoulli(logits=model.decode(z).detach())
    out = torch.empty(n, model.decode(torch.zeros(model.z_dim)).numel())
    out[:] = pixels.sample() if sample else pixels.probs
    return out


# --- reconstruct ---


@right("reconstruct")
def in_one_line(x, model):
    return model.decode(model.encode(x)[0]).sigmoid().detach()


@right("reconstruct")
def without_noise(x, model):
    with torch.no_grad():
        logits, _, _ = model(x, torch.zeros(len(x), model.z_dim))
        return torch.sigmoid(logits)


@right("reconstruct")
def mean_of_a_distribution(x, model):
    mu, logvar = model.encode(x)
    return Bernoulli(logits=model.decode(Normal(mu, torch.exp(logvar / 2)).mean)).mean


@right("reconstruct")
def picture_by_picture(x, model):
    return torch.cat([torch.sigmoid(model.decode(model.encode(row[None])[0])) for row in x])


@right("reconstruct")
def logistic_by_hand(x, model):
    mu, _ = model.encode(x)
    logits = model.decode(mu).double()
    return 0.5 * (1 + torch.tanh(0.5 * logits))


# --- interpolate ---


@right("interpolate")
def from_the_first_on(z1, z2, steps):
    t = torch.linspace(0, 1, steps, dtype=z1.dtype).unsqueeze(1)
    return z1 + t * (z2 - z1)


@right("interpolate")
def lerp(z1, z2, steps):
    return torch.stack([torch.lerp(z1, z2, i / (steps - 1)) for i in range(steps)])


@right("interpolate")
def outer_products(z1, z2, steps):
    t = torch.arange(steps, dtype=torch.float64) / (steps - 1)
    return torch.outer(1 - t, z1) + torch.outer(t, z2)


@right("interpolate")
def one_by_one_in_a_list(z1, z2, steps):
    path = []
    for i in range(steps):
        share = i / (steps - 1)
        path.append((1 - share) * z1 + share * z2)
    return torch.stack(path)


@right("interpolate")
def column_by_column(z1, z2, steps):
    return torch.stack([torch.linspace(float(a), float(b), steps, dtype=torch.float64) for a, b in zip(z1, z2)], dim=1)


@right("interpolate")
def matrix_of_weights(z1, z2, steps):
    t = torch.linspace(0, 1, steps, dtype=torch.float64)
    return torch.stack([1 - t, t], dim=1) @ torch.stack([z1, z2])


# --- effective_beta ---


@right("effective_beta")
def gradients_of_both(loss, recon):
    x, out = torch.ones(4, 3), torch.randn(4, 3).requires_grad_()
    mu, logvar = torch.randn(4, 2).requires_grad_(), torch.zeros(4, 2)
    by_out, by_mu = torch.autograd.grad(loss(x, out, mu, logvar), [out, mu])
    (declared,) = torch.autograd.grad(recon(x, out).mean(), out)
    price = mu / 4  # the slope of half a square, averaged over four rows
    return (by_mu.norm() / price.norm() / (by_out.norm() / declared.norm())).item()


@right("effective_beta")
def least_squares_on_many_calls(loss, recon):
    rows, values = [], []
    for _ in range(9):
        x, out = torch.ones(3, 5).double(), torch.randn(3, 5).double()
        mu, logvar = torch.randn(3, 2).double(), torch.randn(3, 2).double()
        kl = (mu**2 + logvar.exp() - 1 - logvar).sum() / 6
        rows.append([recon(x, out).mean().item(), kl.item(), 1.0])
        values.append([loss(x, out, mu, logvar).item()])
    unit, weight, _ = torch.linalg.lstsq(torch.tensor(rows).double(), torch.tensor(values).double()).solution[:, 0]
    return weight / unit


@right("effective_beta")
def three_calls_and_two_equations(loss, recon):
    def look(out_size, mu_size):
        x, out = torch.zeros(2, 6, dtype=torch.float64), torch.full((2, 6), out_size, dtype=torch.float64)
        mu = torch.full((2, 3), mu_size, dtype=torch.float64)
        kl = 0.5 * (mu * mu).sum(-1).mean()
        return torch.stack([recon(x, out).mean(), kl, loss(x, out, mu, torch.zeros_like(mu))])

    first, second, third = look(0.1, 0.2), look(1.1, 0.9), look(-0.7, 2.0)
    table = torch.stack([second - first, third - first])
    unit, weight = torch.linalg.solve(table[:, :2], table[:, 2])
    return float(weight) / float(unit)


@right("effective_beta")
def one_row_and_its_logvar(loss, recon):
    x, out = torch.ones(1, 2), torch.zeros(1, 2)
    mu, logvar = torch.zeros(1, 1), torch.full((1, 1), 2.0)
    kl = kl_divergence(Normal(0.0, math.e), Normal(0.0, 1.0))
    nat_of_kl = (loss(x, out, mu, logvar) - loss(x, out, mu, mu)) / kl
    nat_of_recon = (loss(x, out - 2, mu, mu) - loss(x, out, mu, mu)) / (recon(x, out - 2) - recon(x, out))[0]
    return nat_of_kl / nat_of_recon


@right("effective_beta")
def far_from_the_prior(loss, recon):
    x, sizes = (torch.rand(7, 9) > 0.5).float(), torch.linspace(1.0, 3.0, 7)[:, None]
    near, far = (size * sizes.expand(7, 4) for size in (1.0, 2.0))
    kl = (far.pow(2) - near.pow(2)).sum(1).mean() / 2
    blank, bright = torch.zeros(7, 9), sizes.expand(7, 9)
    change = loss(x, blank, far, 0 * far) - loss(x, blank, near, 0 * far)
    declared = recon(x, bright).mean() - recon(x, blank).mean()
    unit = (loss(x, bright, near, 0 * near) - loss(x, blank, near, 0 * near)) / declared
    return (change / kl / unit).double()


@right("effective_beta")
def with_the_stage_03_function(loss, recon):
    def slope(term, first, second):
        return (loss(*second) - loss(*first)) / (term(*second) - term(*first)).mean()

    x, code = torch.ones(8, 5), torch.full((8, 3), 0.4)
    start, other_out, other_code = (x, x, code, code), (x, -x, code, code), (x, x, 2 * code, -code)
    per_recon = slope(lambda x, out, mu, logvar: recon(x, out), start, other_out)
    return float(slope(lambda x, out, mu, logvar: gaussian_kl(mu, logvar), start, other_code) / per_recon)


@right("effective_beta")
def finite_steps_in_numpy_numbers(loss, recon):
    x, out, code = torch.zeros(3, 8), torch.zeros(3, 8), torch.zeros(3, 2)
    a, b, c = (loss(x, o, m, code).numpy() for o, m in ((out, code), (out + 2, code), (out, code - 3)))
    return (c - a) / 9.0 * (recon(x, out + 2) - recon(x, out)).numpy().mean() / (b - a)


# --- samples_are_fresh ---


@right("samples_are_fresh")
def correlations(program):
    mean, spread = torch.linspace(-2, 2, 3).expand(4000, 3), torch.tensor([-2.0, 0.4, 1.0]).expand(4000, 3)
    calls = torch.stack([program.sample(mean, spread) for _ in range(2)])  # (2, 4000, 3)
    left = ((calls - mean) * torch.exp(-spread / 2)).permute(0, 2, 1).reshape(6, 4000)
    size = (left.mean(1).abs() < 0.1).all() and ((left.var(1) - 1).abs() < 0.2).all()
    return bool(size) and bool((torch.corrcoef(left).fill_diagonal_(0).abs() < 0.2).all())


@right("samples_are_fresh")
def second_moments_of_everything(program):
    mean, log_variance = torch.randn(3000, 5), torch.randn(3000, 5) - 1
    a, b = ((program.sample(mean, log_variance) - mean) / log_variance.div(2).exp() for _ in "ab")
    moments = torch.cat([a, b], 1).T @ torch.cat([a, b], 1) / 3000
    neighbours = (a[1:] * a[:-1]).mean()
    return torch.allclose(moments, torch.eye(10), atol=0.25) and abs(neighbours) < 0.2 and abs(a.mean()) < 0.1


@right("samples_are_fresh")
def quantiles_of_slices(program):
    mean = torch.full((1500, 6), -3.0)
    log_variance = torch.full_like(mean, 1.5)
    one, two = program.sample(mean, log_variance), program.sample(mean, log_variance)

    def normal(values):
        inside = ((values + 3).abs() < math.exp(0.75)).double().mean()
        return abs(inside - 0.683) < 0.06 and abs((values > -3).double().mean() - 0.5) < 0.08

    gaps = [(one - two) / 2**0.5 - 3, (one[:750] - one[750:]) / 2**0.5 - 3, (one[:, :3] - one[:, 3:]) / 2**0.5 - 3]
    return bool(all(normal(values) for values in [one, two, *gaps]))


@right("samples_are_fresh")
def stops_at_the_first_fault(program):
    mean, log_variance = torch.ones(5000, 2), torch.full((5000, 2), -0.8)
    z, again = program.sample(mean, log_variance), program.sample(mean, log_variance)
    if (z == again).all():
        return False
    if (z[0] - z[1]).abs().max() < 1e-3 or (z[:, 0] - z[:, 1]).abs().max() < 1e-3:
        return False
    if abs(z.mean() - 1) > 0.05:
        return False
    return abs(z.std().item() - math.exp(-0.4)) < 0.05


@right("samples_are_fresh")
def distinct_rows(program):
    mean, log_variance = torch.full((1000, 3), 2.0), torch.full((1000, 3), -2.0)
    z = torch.cat([program.sample(mean, log_variance), program.sample(mean, log_variance)])
    columns = [z[:, index].contiguous() for index in range(3)]
    fresh = len(torch.unique(z[::10], dim=0)) == 200 and not torch.allclose(columns[0], columns[1])
    deviations = (z - 2) * math.e
    return fresh and abs(deviations.mean()).item() < 0.08 and 0.85 < deviations.square().mean().item() < 1.15


@right("samples_are_fresh")
def average_log_density(program):
    shape = (3000, 3)
    q = Normal(torch.full(shape, 0.5), torch.full(shape, 0.4))
    draws = [program.sample(q.loc, 2 * q.scale.log()).double() for _ in range(2)]
    expected = -q.entropy().mean().item()
    likely = all(abs(q.log_prob(z.float()).mean().item() - expected) < 0.05 for z in draws)
    centred = all(abs(z.mean().item() - 0.5) < 0.04 for z in draws)
    pooled = [draws[0] - draws[1], draws[0][1:] - draws[0][:-1], draws[0][:, 1:] - draws[0][:, :-1]]
    return likely and centred and all(0.5 < d.std().item() < 0.64 for d in pooled)


# --- loss_is_sound ---


@right("loss_is_sound")
def loops_and_the_math_module(program):
    x = [[1, 0, 1], [0, 0, 1]]
    logits = [[-6.0, 4.0, 0.3], [5.0, -5.5, 2.0]]
    mu, logvar = [[0.6, -2.0], [1.7, 0.4]], [[-1.3, 0.8], [0.5, -2.2]]
    total = 0.0
    for picture, outputs, means, logs in zip(x, logits, mu, logvar):
        for pixel, logit in zip(picture, outputs):
            white = 1 / (1 + math.exp(-logit))
            total -= math.log(white if pixel else 1 - white)
        for mean, log in zip(means, logs):
            total += (mean**2 + math.exp(log) - log - 1) / 2
    given = [torch.tensor(rows, dtype=torch.float32) for rows in (x, logits, mu, logvar)]
    return abs(program.loss(*given).item() - total / 2) < 1e-3


@right("loss_is_sound")
def a_number_worked_out_before(program):
    x = torch.tensor([[1.0, 0.0], [0.0, 1.0], [1.0, 1.0]])
    logits = torch.tensor([[4.0, 3.0], [-5.0, 0.5], [-4.0, -0.2]])
    mu = torch.tensor([[0.3, -1.5], [2.0, 0.7], [-0.4, 1.2]])
    logvar = torch.tensor([[-2.0, 0.6], [1.1, -0.5], [0.4, -1.0]])
    return bool(abs(program.loss(x, logits, mu, logvar) - 4.664249) < 5e-4)


@right("loss_is_sound")
def by_torch_distributions_in_double(program):
    q = Normal(1 + torch.rand(4, 2).double(), torch.rand(4, 2).double() + 1.2)
    p = Bernoulli(logits=torch.linspace(-7, 7, 20).reshape(4, 5).double())
    x = torch.bernoulli(torch.full((4, 5), 0.5)).double()
    bound = p.log_prob(x).sum(1) - kl_divergence(q, Normal(0.0, 1.0)).sum(1)
    given = program.loss(x, p.logits, q.mean, 2 * torch.log(q.stddev))
    return torch.isclose(given, -bound.mean(), rtol=1e-5).item()


@right("loss_is_sound")
def several_batches_of_several_sizes(program):
    for rows, pixels, codes in ((2, 3, 5), (7, 2, 3), (3, 11, 2)):
        pictures, outputs = torch.randint(2, (rows, pixels)).float(), 5 * torch.randn(rows, pixels)
        means, logs = 1.5 * torch.randn(rows, codes), torch.randn(rows, codes)
        expected = negative_elbo(pictures, outputs, means, logs)["loss"]
        if not torch.allclose(program.loss(pictures, outputs, means, logs), expected, rtol=1e-5):
            return False
    return True


@right("loss_is_sound")
def one_row_at_a_time(program):
    x, logits = torch.eye(6), torch.linspace(-8, 8, 36).reshape(6, 6)
    mu, logvar = torch.linspace(-2, 2.3, 24).reshape(6, 4), torch.linspace(1.4, -1.7, 24).reshape(6, 4)
    whole = float(program.loss(x, logits, mu, logvar))
    rows = [float(program.loss(x[i : i + 1], logits[i : i + 1], mu[i : i + 1], logvar[i : i + 1])) for i in range(6)]
    recon = F.binary_cross_entropy_with_logits(logits, x, reduction="none")
    each = recon.sum(1) + 0.5 * (mu**2 + logvar.exp() - 1 - logvar).sum(1)
    return math.isclose(whole, sum(rows) / 6, rel_tol=1e-5) and torch.allclose(torch.tensor(rows), each, rtol=1e-5)


@right("loss_is_sound")
def properties_and_two_closed_forms(program):
    def loss(pixel, logit, mean, log):
        return float(program.loss(*(torch.tensor([[float(v)]]) for v in (pixel, logit, mean, log))))

    zero = loss(1, 0, 0, 0)
    near = abs(zero - math.log(2)) < 1e-4 and abs(loss(0, 5, 0, 0) - loss(1, 5, 0, 0) - 5) < 1e-3
    near = near and abs(loss(1, -9, 0, 0) - 9) < 1e-2 and abs(loss(0, 3, 0, 0) - math.log(1 + math.exp(3))) < 1e-3
    near = near and abs(loss(1, 0, 2, 0) - zero - 2) < 1e-3 and abs(loss(1, 0, 0, 1) - zero - (math.e - 2) / 2) < 1e-3
    near = near and abs(loss(1, 0, 0, -3) - zero - (2 + math.exp(-3)) / 2) < 1e-3
    x, logits, mu, logvar = (torch.rand(3, 4) < 0.5).float(), torch.randn(3, 4), torch.randn(3, 2), torch.randn(3, 2)
    whole = float(program.loss(x, logits, mu, logvar))
    parts = 0.0
    for row in range(3):
        parts += sum(loss(x[row, d], logits[row, d], 0, 0) for d in range(4))
        parts += sum(loss(1, 0, mu[row, d], logvar[row, d]) - zero for d in range(2))
    return near and abs(whole - parts / 3) < 1e-3
