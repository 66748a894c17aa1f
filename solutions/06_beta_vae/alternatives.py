"""Right answers to stage 06 in other styles: they must pass."""

import math
from collections import ChainMap, OrderedDict
from types import MappingProxyType

import numpy as np
import torch
from torch.distributions import Independent, Normal, kl_divergence

from vae_course.checks.bank import right


# --- beta_elbo ---


@right("beta_elbo")
def minus_the_loss(expected_log_likelihood, kl, beta):
    recon = -expected_log_likelihood
    loss = recon + beta * kl
    return -loss


@right("beta_elbo")
def torch_sub(expected_log_likelihood, kl, beta):
    return torch.sub(expected_log_likelihood, kl, alpha=beta)


@right("beta_elbo")
def the_bound_and_a_surcharge(expected_log_likelihood, kl, beta):
    elbo = expected_log_likelihood - kl
    return elbo - (beta - 1) * kl


@right("beta_elbo")
def as_a_product(expected_log_likelihood, kl, beta):
    prices = torch.tensor([1.0, -beta], dtype=kl.dtype)
    return torch.stack([expected_log_likelihood, kl], dim=-1) @ prices


@right("beta_elbo")
def row_by_row(expected_log_likelihood, kl, beta):
    return torch.stack([score - beta * price for score, price in zip(expected_log_likelihood, kl)])


@right("beta_elbo")
def addcmul(expected_log_likelihood, kl, beta):
    return torch.addcmul(expected_log_likelihood, kl, torch.full_like(kl, beta), value=-1)


@right("beta_elbo")
def lerp_beyond_its_end(expected_log_likelihood, kl, beta):
    return torch.lerp(expected_log_likelihood, expected_log_likelihood - kl, beta)


# --- linear_rates ---


@right("linear_rates")
def where(variances, sigma, beta):
    level = beta * sigma**2
    alive = variances > level
    rate = torch.where(alive, 0.5 * torch.log(variances / level), torch.zeros_like(variances))
    return rate, torch.where(alive, torch.full_like(variances, level), variances)


@right("linear_rates")
def by_the_error(variances, sigma, beta):
    error = torch.minimum(variances, torch.tensor(beta * sigma * sigma, dtype=variances.dtype))
    rate = torch.zeros_like(variances)
    kept = error < variances
    rate[kept] = -0.5 * torch.log(error[kept] / variances[kept])
    return rate, error


@right("linear_rates")
def standard_deviations(variances, sigma, beta):
    noise = sigma * math.sqrt(beta)
    rate = torch.relu(torch.log(variances.sqrt() / noise))
    return rate, torch.clamp(variances, max=noise**2)


@right("linear_rates")
def one_after_the_other(variances, sigma, beta):
    level = beta * sigma**2
    rates, errors = [], []
    for variance in variances.tolist():
        if variance > level:
            rates.append((math.log(variance) - math.log(level)) / 2)
            errors.append(level)
        else:
            rates.append(0.0)
            errors.append(variance)
    return torch.tensor(rates, dtype=variances.dtype), torch.tensor(errors, dtype=variances.dtype)


@right("linear_rates")
def through_numpy(variances, sigma, beta):
    level = beta * sigma**2
    with np.errstate(divide="ignore"):
        rate = np.maximum(0.0, 0.5 * np.log(variances.numpy() / level))
    return torch.from_numpy(rate), torch.from_numpy(np.minimum(variances.numpy(), level))


@right("linear_rates")
def weights_of_the_best_decoder(variances, sigma, beta):
    noise = beta * sigma**2
    squared_weight = torch.relu(variances - noise)  # of the direction in W
    spread = noise / (squared_weight + noise)  # variance of q
    mean_square = 1 - spread  # of mu, over the data
    rate = 0.5 * (mean_square + spread - torch.log(spread) - 1)
    return rate, variances - squared_weight


@right("linear_rates")
def maximum_inside_the_logarithm(variances, sigma, beta):
    level = torch.full_like(variances, beta * sigma**2)
    rate = 0.5 * (torch.maximum(variances, level).log() - level.log())
    return [rate, torch.minimum(variances, level)]


@right("linear_rates")
def natural_logarithm_from_bits(variances, sigma, beta):
    ratio = (variances / (beta * sigma**2)).clamp(min=1)
    return 0.5 * math.log(2) * torch.log2(ratio), variances / ratio


# --- rate_distortion ---


@right("rate_distortion")
def by_hand(x, model, eps):
    mu, logvar = model.encode(x)
    kl = 0.5 * (mu**2 + logvar.exp() - logvar - 1).sum(dim=1)  # (B,)
    recon = -model.log_likelihood(x, mu + (logvar / 2).exp() * eps).mean(dim=0)  # (B,)
    return kl.mean(), recon.mean()


@right("rate_distortion")
def torch_distributions(x, model, eps):
    mu, logvar = model.encode(x)
    q = Normal(mu, torch.exp(0.5 * logvar))
    prior = Normal(torch.zeros_like(mu), torch.ones_like(mu))
    rate = kl_divergence(Independent(q, 1), Independent(prior, 1)).mean()
    return rate, model.log_likelihood(x, q.loc + q.scale * eps).mean().neg()


@right("rate_distortion")
def sample_by_sample(x, model, eps):
    mu, logvar = model.encode(x)
    total = 0.0
    for noise in eps:
        total = total - model.log_likelihood(x, mu + torch.exp(0.5 * logvar) * noise).mean()
    return gaussian_kl(mu, logvar).mean(), total / len(eps)


@right("rate_distortion")
def cross_entropy_less_entropy(x, model, eps):
    mu, logvar = model.encode(x)
    q = Normal(mu, torch.exp(0.5 * logvar))
    cross_entropy = 0.5 * (math.log(2 * math.pi) + mu**2 + q.variance)
    rate = (cross_entropy - q.entropy()).sum(-1).mean()
    return rate, -model.log_likelihood(x, torch.lerp(mu, mu + q.stddev, eps)).mean()


@right("rate_distortion")
def row_by_row(x, model, eps):
    rates, distortions = [], []
    for b in range(len(x)):
        mu, logvar = model.encode(x[b : b + 1])
        z = reparameterize(mu, logvar, eps[:, b : b + 1])
        rates.append(gaussian_kl(mu, logvar).sum())
        distortions.append(-model.log_likelihood(x[b : b + 1], z).mean())
    return sum(rates) / len(x), sum(distortions) / len(x)


@right("rate_distortion")
def without_gradients(x, model, eps):
    with torch.no_grad():
        mu, logvar = model.encode(x)
        kl = gaussian_kl(mu, logvar)
        score = model.log_likelihood(x, reparameterize(mu, logvar, eps))
    return torch.mean(kl), -torch.mean(score)


@right("rate_distortion")
def sums_divided(x, model, eps):
    K, B, _ = eps.shape
    mu, logvar = model.encode(x)
    z = torch.addcmul(mu, torch.exp(0.5 * logvar), eps)
    return gaussian_kl(mu, logvar).sum() / B, model.log_likelihood(x, z).sum() / -(K * B)


@right("rate_distortion")
def flat_batch_of_samples(x, model, eps):
    mu, logvar = model.encode(x)
    z = reparameterize(mu, logvar, eps).reshape(-1, mu.shape[1])
    score = model.log_likelihood(x.repeat(len(eps), 1), z)
    return [gaussian_kl(mu, logvar).mean(), -score.mean()]


# --- active_units ---


@right("active_units")
def biased_variance(mu, threshold=0.01):
    return (mu.var(dim=0, unbiased=False) > threshold).sum().item()


@right("active_units")
def centred_by_hand(mu, threshold=0.01):
    centred = mu - mu.mean(dim=0, keepdim=True)
    variance = (centred**2).mean(dim=0)
    return int(torch.count_nonzero(variance > threshold))


@right("active_units")
def column_by_column(mu, threshold=0.01):
    count = 0
    for column in mu.T:
        if column.var() > threshold:
            count += 1
    return count


@right("active_units")
def through_numpy(mu, threshold=0.01):
    return int(np.count_nonzero(np.var(mu.detach().numpy(), axis=0) > threshold))


@right("active_units")
def numpys_own_int(mu, threshold=0.01):
    return (np.var(mu.detach().numpy(), axis=0, ddof=1) > threshold).sum()


@right("active_units")
def covariance(mu, threshold=0.01):
    return int((torch.cov(mu.T).diag() > threshold).sum())


@right("active_units")
def list_of_the_active(mu, threshold=0.01):
    return len([v for v in mu.var(0).tolist() if v > threshold])


@right("active_units")
def std_and_root(mu, threshold=0.01):
    return int((mu.std(0) > math.sqrt(threshold)).sum())


@right("active_units")
def length_of_the_indices(mu, threshold=0.01):
    return len(torch.nonzero(torch.var(mu, 0) > threshold))


# --- kl_weight ---


@right("kl_weight")
def branches(step, warmup_steps):
    if warmup_steps == 0 or step > warmup_steps:
        return 1.0
    return float(step) / float(warmup_steps)


@right("kl_weight")
def smaller_of_two(step, warmup_steps):
    return min(1, step / warmup_steps) if warmup_steps > 0 else 1


@right("kl_weight")
def smaller_before_the_division(step, warmup_steps):
    return min(step, warmup_steps) / warmup_steps if warmup_steps else 1.0


@right("kl_weight")
def caught(step, warmup_steps):
    try:
        return min(1.0, step / warmup_steps)
    except ZeroDivisionError:
        return 1.0


@right("kl_weight")
def interpolated(step, warmup_steps):
    if not warmup_steps:
        return 1.0
    return float(np.interp(step, [0, warmup_steps], [0.0, 1.0]))


@right("kl_weight")
def what_is_left(step, warmup_steps):
    left = max(0, warmup_steps - step)
    return 1 - left / max(1, warmup_steps)


@right("kl_weight")
def numpys_clip(step, warmup_steps):
    return np.clip(step / warmup_steps, 0, 1) if warmup_steps else np.float64(1)


# --- free_bits ---


@right("free_bits")
def maximum(kl_per_dim, floor):
    means = kl_per_dim.mean(0)
    return torch.maximum(means, torch.full_like(means, floor)).sum()


@right("free_bits")
def floor_and_excess(kl_per_dim, floor):
    excess = torch.relu(torch.mean(kl_per_dim, dim=0) - floor)
    return (floor + excess).sum()


@right("free_bits")
def where(kl_per_dim, floor):
    means = kl_per_dim.sum(0) / len(kl_per_dim)
    return torch.where(means > floor, means, floor).sum()


@right("free_bits")
def column_by_column(kl_per_dim, floor):
    total = torch.zeros((), dtype=kl_per_dim.dtype)
    for column in kl_per_dim.T:
        total = total + torch.clamp(column.mean(), min=floor)
    return total


@right("free_bits")
def pythons_max(kl_per_dim, floor):
    least = torch.tensor(floor, dtype=kl_per_dim.dtype)
    return torch.stack([max(mean, least) for mean in kl_per_dim.mean(0)]).sum()


@right("free_bits")
def einsum(kl_per_dim, floor):
    means = torch.einsum("bz->z", kl_per_dim) / kl_per_dim.shape[0]
    return means.clamp_min(floor).sum()


@right("free_bits")
def masks(kl_per_dim, floor):
    means = kl_per_dim.mean(dim=0)
    above = (means > floor).to(means.dtype)
    return (above * means).sum() + floor * (1 - above).sum()


@right("free_bits")
def threshold_function(kl_per_dim, floor):
    return torch.nn.functional.threshold(kl_per_dim.mean(0), floor, floor).sum()


# --- rate_target ---


@right("rate_target")
def l1_loss(recon, kl, target):
    return recon + torch.nn.functional.l1_loss(kl, torch.tensor(target, dtype=kl.dtype))


@right("rate_target")
def larger_of_two(recon, kl, target):
    return recon + torch.maximum(kl - target, target - kl)


@right("rate_target")
def two_slopes(recon, kl, target):
    return recon + torch.relu(kl - target) + torch.relu(target - kl)


@right("rate_target")
def branches(recon, kl, target):
    if kl > target:
        return recon + kl - target
    return recon + target - kl


@right("rate_target")
def root_of_the_square(recon, kl, target):
    return recon + (kl - target).square().sqrt()


@right("rate_target")
def sign_times_distance(recon, kl, target):
    distance = kl - target
    return recon + torch.sign(distance) * distance


@right("rate_target")
def pythons_abs(recon, kl, target):
    return abs(target - kl) + recon


@right("rate_target")
def norm(recon, kl, target):
    return recon + torch.linalg.vector_norm(kl - target, ord=1)


# --- running_log_odds ---


@right("running_log_odds")
def shifted_counts(x):
    nothing = torch.zeros_like(x[:, :1])
    heads = torch.cat([nothing, x.cumsum(1)[:, :-1]], dim=1)
    tails = torch.cat([nothing, (1 - x).cumsum(1)[:, :-1]], dim=1)
    return torch.log((heads + 0.5) / (tails + 0.5))


@right("running_log_odds")
def logit_of_the_probability(x):
    flips = torch.arange(x.shape[1], dtype=x.dtype)
    heads = x.cumsum(1) - x
    return torch.logit((heads + 0.5) / (flips + 1))


@right("running_log_odds")
def two_loops(x):
    B, T = x.shape
    odds = torch.zeros(B, T, dtype=x.dtype)
    for b in range(B):
        heads = tails = 0
        for t in range(T):
            odds[b, t] = math.log((heads + 0.5) / (tails + 0.5))
            heads += int(x[b, t] == 1)
            tails += int(x[b, t] == 0)
    return odds


@right("running_log_odds")
def triangular_matrix(x):
    T = x.shape[1]
    before = torch.triu(torch.ones(T, T, dtype=x.dtype), diagonal=1)
    heads, tails = x @ before, (1 - x) @ before
    return (heads + 0.5).log() - (tails + 0.5).log()


@right("running_log_odds")
def through_numpy(x):
    counts = np.cumsum(x.numpy(), axis=1)
    heads = np.pad(counts, ((0, 0), (1, 0)))[:, :-1]
    tails = np.arange(x.shape[1]) - heads
    return torch.from_numpy(np.log(heads + 0.5) - np.log(tails + 0.5))


@right("running_log_odds")
def an_urn_that_grows(x):
    urn = torch.full((len(x), 2), 0.5, dtype=x.dtype)
    columns = []
    for flip in x.T:
        columns.append(urn[:, 1].log() - urn[:, 0].log())
        urn = urn + torch.stack([1 - flip, flip], dim=1)
    return torch.stack(columns, dim=1)


@right("running_log_odds")
def doubled_counts(x):
    heads = torch.roll(x.cumsum(1), 1, dims=1)
    heads[:, 0] = 0
    n = torch.arange(x.shape[1])
    return torch.log((2 * heads + 1) / (2 * (n - heads) + 1))


@right("running_log_odds")
def slices(x):
    odds = [torch.log((x[:, :t].sum(1) + 0.5) / ((1 - x[:, :t]).sum(1) + 0.5)) for t in range(x.shape[1])]
    return torch.stack(odds, dim=-1)


# --- clinic_diagnoses ---


@right("clinic_diagnoses")
def zipped_with_the_letters():
    return dict(zip("ABCDE", ("low beta", "cut path", "sound", "mean over pixels", "cut sigma"), strict=True))


@right("clinic_diagnoses")
def capitals_and_underscores():
    return {"A": "LOW_BETA", "B": "Cut_Path", "C": "Sound", "D": "MEAN_OVER_PIXELS", "E": "Cut-Sigma"}


@right("clinic_diagnoses")
def small_letters_for_patients():
    return dict(a="low beta", b="cut path", c="sound", d="mean over pixels", e="cut sigma")


@right("clinic_diagnoses")
def by_cause():
    found = {"cut sigma": "E", "low beta": "A", "sound": "C", "cut path": "B", "mean over pixels": "D"}
    return {letter: cause for cause, letter in found.items()}


@right("clinic_diagnoses")
def with_spaces_from_the_end():
    return OrderedDict([(" E ", " cut  sigma"), ("D", "mean over pixels "), ("C", "sound"), ("B", "cut path"), ("A", "low beta")])


@right("clinic_diagnoses")
def typed_as_a_table():
    table = """
        A: low beta
        B: cut path
        C: sound
        D: mean over pixels
        E: cut sigma
    """
    return MappingProxyType(dict(line.strip().split(": ") for line in table.strip().splitlines()))


# --- clinic_treatments ---


@right("clinic_treatments")
def treatments_zipped_with_the_letters():
    return dict(zip("ABCDE", ("raise beta", "keep path", "accept", "sum over pixels", "keep path"), strict=True))


@right("clinic_treatments")
def treatments_in_capitals():
    return {"A": "RAISE_BETA", "B": "Keep-Path", "C": "Accept", "D": "Sum over pixels", "E": "KEEP PATH"}


@right("clinic_treatments")
def treatments_by_small_letters():
    return dict(e="keep path", d="sum over pixels", c="accept", b="keep path", a="raise beta")


@right("clinic_treatments")
def one_treatment_for_two():
    return ChainMap(dict.fromkeys("BE", "keep path"), {"A": "raise beta", "C": "accept", "D": "sum over pixels"})


@right("clinic_treatments")
def treatment_after_diagnosis():
    remedies = {"low": "raise beta", "cut": "keep path", "well": "accept", "mean": "sum over pixels"}
    return {letter: remedies[ill] for letter, ill in zip("ABCDE", ("low", "cut", "well", "mean", "cut"), strict=True)}


@right("clinic_treatments")
def treatments_with_a_change_of_mind():
    chart = dict.fromkeys("ABCDE", "accept")
    chart["B"] = chart["E"] = "keep path"
    chart.update(A="raise beta ", D=" sum  over pixels")
    return chart
