"""Right answers to stage 05 in other styles: they must pass."""

import math

import torch
from torch.distributions import Bernoulli, Normal, kl_divergence
from torch.nn import functional as F

from vae_course.checks.bank import right


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
