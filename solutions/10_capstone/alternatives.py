"""Right answers to stage 10 in other styles: they must pass."""

import math
from collections import OrderedDict, defaultdict

import numpy as np
import torch
from torch.distributions import Bernoulli, Categorical, Independent, MixtureSameFamily, Normal, kl_divergence
from torch.nn import functional as F

from vae_course.checks.bank import right


def sampled(model, x, eps):
    """mu, sigma and codes."""
    mu, logvar = model.encode(x)
    sigma = (0.5 * logvar).exp()
    return mu, sigma, mu + sigma * eps


def to_the_prior(mu, sigma):
    """KL of each row, (B,)."""
    return kl_divergence(Independent(Normal(mu, sigma), 1), Independent(Normal(torch.zeros_like(mu), 1.0), 1))


# --- gauge_evidence ---


@right("gauge_evidence")
def mixture_of_the_library(x, states, flip):
    coins = Independent(Bernoulli(probs=states * (1 - 2 * flip) + flip), 1)
    return MixtureSameFamily(Categorical(logits=torch.zeros(len(states), dtype=x.dtype)), coins).log_prob(x)


@right("gauge_evidence")
def by_a_product_of_matrices(x, states, flip):
    agree = x @ states.T + (1 - x) @ (1 - states).T  # (B, S)
    each = x.shape[1] * math.log(flip) + agree * (math.log1p(-flip) - math.log(flip))
    return each.logsumexp(1) - math.log(states.shape[0])


@right("gauge_evidence")
def one_state_after_another(x, states, flip):
    total = torch.full_like(x[:, 0], -math.inf)
    for state in states:
        same = (x == state).sum(1)
        total = torch.logaddexp(total, same * math.log(1 - flip) + (x.shape[1] - same) * math.log(flip))
    return total - math.log(len(states))


@right("gauge_evidence")
def with_the_largest_taken_out(x, states, flip):
    different = torch.cdist(x, states, p=1).round()
    each = different * np.log(flip) + (x.shape[1] - different) * np.log(1 - flip)
    top = each.amax(1, keepdim=True)
    return top[:, 0] + (each - top).exp().mean(1).log()


@right("gauge_evidence")
def by_logits(x, states, flip):
    logit = math.log((1 - flip) / flip)
    logits = (logit * (2 * states - 1)).expand(len(x), *states.shape)
    each = -F.binary_cross_entropy_with_logits(logits, x[:, None].expand_as(logits), reduction="none").sum(-1)
    return torch.logsumexp(each - math.log(len(states)), -1)


@right("gauge_evidence")
def in_double_precision(x, states, flip):
    x, states = x.double(), states.double()
    off = (x.unsqueeze(1) != states.unsqueeze(0)).sum(2)
    each = torch.xlogy(off, torch.tensor(flip).double()) + (x.shape[1] - off) * math.log(1 - flip)
    return torch.logsumexp(each, 1).sub(math.log(len(states)))


# --- impossible ---


@right("impossible")
def in_standard_errors(elbo, log_evidence):
    above = (elbo - log_evidence).double()
    return (above.mean() / (above.std() / len(above) ** 0.5)).item() > 4


@right("impossible")
def squared(elbo, log_evidence):
    above = elbo - log_evidence
    return bool(above.mean() > 0 and len(above) * above.mean() ** 2 > 16 * above.var())


@right("impossible")
def by_numpy(elbo, log_evidence):
    above = elbo.numpy() - log_evidence.numpy()
    return above.mean() > 4 * above.std(ddof=1) / np.sqrt(above.size)


@right("impossible")
def truth_value_of_torch(elbo, log_evidence):
    spread, mean = torch.std_mean(elbo - log_evidence, correction=1)
    return mean - 4 * spread / math.sqrt(elbo.numel()) > 0


@right("impossible")
def by_hand(elbo, log_evidence):
    above = [a - b for a, b in zip(elbo.tolist(), log_evidence.tolist())]
    n, mean = len(above), sum(above) / len(above)
    error = math.sqrt(sum((value - mean) ** 2 for value in above) / (n - 1) / n)
    return mean > 4 * error


# --- capstone_faults ---


@right("capstone_faults")
def only_the_faults_listed():
    faults = {
        "A": "shared photographs", "C": "warm-up too long", "E": "variance for sigma", "F": "pixel mean", "H": "part price",
        "I": "mean of logs",
    }
    return dict.fromkeys("ABCDEFGHIJ", "sound") | faults


@right("capstone_faults")
def capitals_and_hyphens():
    words = (
        "SHARED_PHOTOGRAPHS", "Sound", "Warm up too long", "sound", "Variance for sigma", "Pixel-mean", "sound ", "part_price",
        "mean  of logs", "SOUND",
    )
    return dict(zip("ABCDEFGHIJ", words, strict=True))


@right("capstone_faults")
def small_letters():
    return dict(
        a="shared photographs", b="sound", c="warm-up too long", d="sound", e="variance for sigma", f="pixel mean", g="sound",
        h="part price", i="mean of logs", j="sound",
    )


@right("capstone_faults")
def from_the_end():
    return OrderedDict([
        ("J", "sound"), ("I", "mean of logs"), ("H", "part price"), ("G", "sound"), ("F", "pixel mean"), ("E", "variance for sigma"),
        ("D", "sound"), ("C", "warm-up too long"), ("B", "sound"), ("A", "shared photographs"),
    ])


@right("capstone_faults")
def by_fault():
    found = {
        "shared photographs": "A", "warm-up too long": "C", "variance for sigma": "E", "pixel mean": "F", "part price": "H",
        "mean of logs": "I", "sound": "BDGJ",
    }
    return {letter: fault for fault, letters in found.items() for letter in letters}


# --- capstone_split ---


@right("capstone_split")
def chance_by_photograph(photo, generator):
    names, place = photo.unique(return_inverse=True)
    held_out = len(names) * 15 // 100
    rank = torch.rand(len(names), generator=generator).argsort().argsort()[place]
    train = torch.where(rank >= 2 * held_out)[0]
    return train, torch.where((held_out <= rank) & (rank < 2 * held_out))[0], torch.where(rank < held_out)[0]


@right("capstone_split")
def by_sets_of_numbers(photo, generator):
    numbers = sorted(set(photo.tolist()))
    order = [numbers[i] for i in torch.randperm(len(numbers), generator=generator).tolist()]
    n = int(0.15 * len(order) + 1e-9)
    sides = set(order[: len(order) - 2 * n]), set(order[len(order) - 2 * n : len(order) - n]), set(order[len(order) - n :])
    return [torch.tensor([i for i, number in enumerate(photo.tolist()) if number in side]) for side in sides]


@right("capstone_split")
def files_of_each_photograph(photo, generator):
    files = defaultdict(list)
    for place, number in enumerate(photo.tolist()):
        files[number].append(place)
    groups = list(files.values())
    order = torch.randperm(len(groups), generator=generator)
    n = 15 * len(groups) // 100

    def places(some):
        return torch.tensor([place for group in some.tolist() for place in groups[group]])

    return places(order[2 * n :]), places(order[:n]), places(order[n : 2 * n])


@right("capstone_split")
def by_numpy_seeded_from_the_generator(photo, generator):
    rng = np.random.default_rng(int(torch.randint(2**31, (), generator=generator)))
    names = rng.permutation(np.unique(photo.numpy()))
    n = math.floor(len(names) * 0.15)
    cuts = np.split(names, [n, 2 * n])
    validation, test, train = (torch.from_numpy(np.flatnonzero(np.isin(photo.numpy(), part))) for part in cuts)
    return train, validation, test


@right("capstone_split")
def by_comparison(photo, generator):
    names = torch.unique(photo)
    names = names[torch.randperm(names.numel(), generator=generator)]
    n = (15 * names.numel()) // 100
    test, validation, train = names.tensor_split((n, 2 * n))

    def files(of):
        return (photo[:, None] == of).any(1).nonzero().flatten()

    return files(train), files(validation), files(test)


# --- capstone_loss ---


@right("capstone_loss")
def with_the_library(model, x, eps, step, warmup_steps):
    mu, sigma, z = sampled(model, x, eps)
    recon = -Independent(Bernoulli(logits=model.decode(z)), 1).log_prob(x).mean()
    kl = to_the_prior(mu, sigma).mean()
    weight = 1.0 if step >= warmup_steps else step / warmup_steps
    return {"loss": recon + weight * kl, "recon": recon, "kl": kl}


@right("capstone_loss")
def sums_over_the_batch(model, x, eps, step, warmup_steps):
    mu, logvar = model.encode(x)
    logits = model.decode(torch.addcmul(mu, torch.exp(logvar / 2), eps))
    recon = F.binary_cross_entropy_with_logits(logits, x, reduction="sum") / len(x)
    kl = (mu**2 + logvar.exp() - 1 - logvar).sum() / (2 * len(x))
    return dict(loss=torch.lerp(recon, recon + kl, min(1.0, step / max(warmup_steps, 1)) if warmup_steps else 1.0), recon=recon, kl=kl)


@right("capstone_loss")
def by_the_models_likelihood(model, x, eps, step, warmup_steps):
    mu, sigma, z = sampled(model, x, eps)
    recon, kl = -model.log_likelihood(x, z).mean(), to_the_prior(mu, sigma).mean()
    price = float(np.clip(step / warmup_steps, 0, 1)) if warmup_steps > 0 else 1.0
    return {"recon": recon, "kl": kl, "loss": recon + price * kl}


@right("capstone_loss")
def row_by_row(model, x, eps, step, warmup_steps):
    recon, kl = [], []
    for row, noise in zip(x, eps):
        mu, logvar = (out[0] for out in model.encode(row[None]))
        logits = model.decode((mu + torch.exp(0.5 * logvar) * noise)[None])[0]
        recon.append(F.softplus(logits).sum() - row @ logits)
        kl.append(0.5 * (mu @ mu + logvar.exp().sum() - logvar.sum() - len(mu)))
    recon, kl = torch.stack(recon).mean(), torch.stack(kl).mean()
    return {"loss": recon + (min(step, warmup_steps) / warmup_steps if warmup_steps else 1) * kl, "recon": recon, "kl": kl}


@right("capstone_loss")
def normals_of_the_library(model, x, eps, step, warmup_steps):
    mu, logvar = model.encode(x)
    q = Normal(mu, torch.sqrt(torch.exp(logvar)))
    logits = model.decode(q.loc + q.scale * eps)
    recon = -(x * F.logsigmoid(logits) + (1 - x) * F.logsigmoid(-logits)).sum(dim=1).mean()
    kl = kl_divergence(q, Normal(0.0, 1.0)).sum(dim=1).mean()
    if warmup_steps == 0 or step > warmup_steps:
        return {"loss": recon + kl, "recon": recon, "kl": kl}
    return {"loss": recon + kl * step / warmup_steps, "recon": recon, "kl": kl}


# --- capstone_train ---


def priced(model, x, eps, weight):
    mu, sigma, z = sampled(model, x, eps)
    return -model.log_likelihood(x, z).mean() + weight * to_the_prior(mu, sigma).mean()


@right("capstone_train")
def by_epochs(model, pictures, steps, generator):
    optimizer, order = torch.optim.Adam(model.parameters(), lr=0.01), []
    for step in range(steps):
        if len(order) < 64:
            order = torch.randperm(len(pictures), generator=generator)
        rows, order = order[:64], order[64:]
        eps = torch.randn(64, model.z_dim, generator=generator)
        model.zero_grad()
        priced(model, pictures[rows], eps, min(1.0, step / (steps / 4))).backward()
        optimizer.step()
    return model


@right("capstone_train")
def own_loss(model, pictures, steps, generator):
    model.train()
    optimizer = torch.optim.Adam([*model.encoder.parameters(), *model.decoder.parameters()], lr=1e-2)
    for step in range(steps):
        x = pictures[torch.randint(0, pictures.shape[0], (64,), generator=generator)]
        mu, logvar = model.encode(x)
        eps = torch.empty_like(mu).normal_(generator=generator)
        logits = model.decode(mu + torch.exp(0.5 * logvar) * eps)
        recon = F.binary_cross_entropy_with_logits(logits, x, reduction="none").sum(1).mean()
        kl = 0.5 * (mu**2 + logvar.exp() - logvar - 1).sum(1).mean()
        loss = recon + min(1.0, 4 * step / steps) * kl
        optimizer.zero_grad(set_to_none=False)
        loss.backward()
        optimizer.step()
    return model


@right("capstone_train")
def with_what_it_builds_on(model, pictures, steps, generator):
    optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
    for step in range(steps):
        rows = torch.randperm(len(pictures), generator=generator)[:64]
        eps = torch.randn((64, model.z_dim), generator=generator, dtype=pictures.dtype)
        optimizer.zero_grad()
        capstone_loss(model, pictures[rows], eps, step, steps // 4)["loss"].backward()  # noqa: F821
        optimizer.step()
    return model


@right("capstone_train")
def calls_the_model(model, pictures, steps, generator):
    optimizer = torch.optim.Adam(params=list(model.parameters()), lr=0.01, foreach=True)
    for step in range(steps):
        chosen = torch.multinomial(torch.ones(len(pictures)), 64, generator=generator)
        x = pictures.index_select(0, chosen)
        logits, mu, logvar = model(x, torch.randn(64, model.z_dim, generator=generator))
        recon = -Bernoulli(logits=logits).log_prob(x).sum() / 64
        kl = kl_divergence(Normal(mu, torch.exp(0.5 * logvar)), Normal(0.0, 1.0)).sum() / 64
        weight = 1.0 if step >= steps // 4 else step / (steps // 4)
        optimizer.zero_grad()
        (recon + weight * kl).backward()
        optimizer.step()
    return model


@right("capstone_train")
def noise_drawn_beforehand(model, pictures, steps, generator):
    optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
    rows = torch.randint(len(pictures), (steps, 64), generator=generator)
    noise = torch.randn(steps, 64, model.z_dim, generator=generator)
    weights = (torch.arange(steps) / (steps // 4)).clamp(max=1).tolist()
    for some, eps, weight in zip(rows, noise, weights):
        for parameter in model.parameters():
            parameter.grad = None
        priced(model, pictures[some], eps, weight).backward()
        optimizer.step()
    return model.eval()


# --- capstone_report ---


@right("capstone_report")
@torch.no_grad()
def plain_numbers(model, x, log_evidence, eps):
    mu, sigma, z = sampled(model, x, eps)
    prior, q = Normal(0.0, 1.0), Normal(mu, sigma)
    log_w = model.log_likelihood(x, z) + (prior.log_prob(z) - q.log_prob(z)).sum(-1)
    elbo, iwae = log_w.mean().item(), (log_w.logsumexp(0) - math.log(len(eps))).mean().item()
    return {
        "elbo": elbo, "iwae": iwae, "kl": to_the_prior(mu, sigma).mean().item(), "active_units": int((mu.var(0) > 0.01).sum()),
        "encoder_gap": iwae - elbo, "model_gap": log_evidence.mean().item() - iwae,
    }


@right("capstone_report")
def gaps_of_each_picture(model, x, log_evidence, eps):
    mu, sigma, z = sampled(model, x, eps)
    ratio = 0.5 * (eps**2 - z**2).sum(-1) + sigma.log().sum(-1)  # the constants of prior and q cancel
    log_w = model.log_likelihood(x, z) + ratio
    iwae = (log_w - log_w.log_softmax(0))[0] - math.log(len(log_w))
    return dict(
        elbo=log_w.mean(0).mean(), iwae=iwae.mean(), kl=to_the_prior(mu, sigma).mean(),
        active_units=(mu.var(dim=0, unbiased=False) > 0.01).sum(), encoder_gap=(iwae - log_w.mean(0)).mean(),
        model_gap=(log_evidence - iwae).mean(),
    )


@right("capstone_report")
def sample_by_sample(model, x, log_evidence, eps):
    mu, logvar = model.encode(x)
    q = Independent(Normal(mu, torch.exp(0.5 * logvar)), 1)
    prior = Independent(Normal(torch.zeros_like(mu), torch.ones_like(mu)), 1)
    log_w = []
    for noise in eps:
        z = q.mean + q.stddev * noise
        log_w.append(model.log_likelihood(x, z) + prior.log_prob(z) - q.log_prob(z))
    log_w = torch.stack(log_w)
    numbers = {"elbo": log_w.mean(), "kl": kl_divergence(q, prior).mean(), "active_units": float((mu.std(0) > 0.1).sum())}
    numbers["iwae"] = torch.logsumexp(log_w - math.log(log_w.shape[0]), 0).mean()
    return numbers | {
        "encoder_gap": numbers["iwae"] - numbers["elbo"], "model_gap": log_evidence.mean() - numbers["iwae"],
    }


@right("capstone_report")
def in_float64(model, x, log_evidence, eps):
    mu, logvar = (out.double() for out in model.encode(x))
    z = mu + (0.5 * logvar).exp() * eps.double()
    log_w = model.log_likelihood(x, z.to(x.dtype)).double() - 0.5 * (z**2).sum(-1) + 0.5 * (eps**2 + logvar).sum(-1)
    top = log_w.max(0).values
    iwae = (top + (log_w - top).exp().mean(0).log()).mean()
    kl = 0.5 * (mu**2 + logvar.exp() - logvar - 1).sum(-1).mean()
    return {
        "model_gap": log_evidence.double().mean() - iwae, "encoder_gap": iwae - log_w.mean(), "active_units": np.int64((mu.var(0) > 0.01).sum()),
        "kl": kl, "iwae": iwae, "elbo": log_w.mean(),
    }


@right("capstone_report")
def with_the_functions_of_the_course(model, x, log_evidence, eps):
    mu, logvar = model.encode(x)
    weights = log_weights(x, model, eps)  # noqa: F821
    bound = iwae_bound(weights)  # noqa: F821
    return {
        "elbo": weights.mean(), "iwae": bound.mean(), "kl": gaussian_kl(mu, logvar).mean(),  # noqa: F821
        "active_units": active_units(mu), "encoder_gap": (bound - weights.mean(0)).mean(),  # noqa: F821
        "model_gap": (log_evidence - bound).mean(),
    }


# --- factor_scores ---


def r_squared(read, right):
    return 1 - (right - read).square().sum(0) / (right - right.mean(0)).square().sum(0)


@right("factor_scores")
def centred_by_the_old(codes, factors, new_codes, new_factors):
    centre, level = codes.mean(0), factors.mean(0)
    slopes = torch.linalg.pinv(codes - centre) @ (factors - level)
    return r_squared((new_codes - centre) @ slopes + level, new_factors)


@right("factor_scores")
def normal_equations(codes, factors, new_codes, new_factors):
    old, new = (torch.hstack([torch.ones(len(z), 1, dtype=z.dtype), z]) for z in (codes, new_codes))
    return r_squared(new @ torch.linalg.solve(old.T @ old, old.T @ factors), new_factors)


@right("factor_scores")
def by_qr(codes, factors, new_codes, new_factors):
    Q, R = torch.linalg.qr(F.pad(codes, (0, 1), value=1.0))
    return r_squared(F.pad(new_codes, (0, 1), value=1.0) @ torch.linalg.solve_triangular(R, Q.T @ factors, upper=True), new_factors)


@right("factor_scores")
def by_numpy_and_variances(codes, factors, new_codes, new_factors):
    old, new = (np.column_stack([z.numpy(), np.ones(len(z))]) for z in (codes, new_codes))
    slopes, *_ = np.linalg.lstsq(old, factors.numpy(), rcond=None)
    error = new_factors.numpy() - new @ slopes
    return torch.from_numpy(1 - (error**2).mean(0) / new_factors.numpy().var(0))


@right("factor_scores")
def factor_by_factor(codes, factors, new_codes, new_factors):
    scores = []
    for old, new in zip(factors.T, new_factors.T):
        covariance = torch.cov(torch.cat([codes.T, old[None]]))
        slope = torch.linalg.solve(covariance[:-1, :-1], covariance[:-1, -1])
        error = new - old.mean() - (new_codes - codes.mean(0)) @ slope
        scores.append(1 - error.square().mean() / new.var(correction=0))
    return torch.stack(scores)
