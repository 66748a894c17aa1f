"""The rates of the best linear VAE, against linear VAEs that were trained until nothing changed."""

import pytest
import torch
from torch.distributions import Normal, kl_divergence

from vae_course.models.oracles import plane_elbo
from vae_course.models.toolbox.stage_06 import linear_rates

VARIANCES = torch.tensor([2.0, 0.8, 0.3, 0.05], dtype=torch.float64)
PRICES = pytest.mark.parametrize("beta", [0.5, 1.0, 2.0, 4.0, 9.0])
SIGMA = 0.5


def data(rows: int = 200) -> torch.Tensor:
    """Rows whose columns have exactly these variances, the mean 0, and nothing to do with each other."""
    draws = torch.randn(rows, len(VARIANCES), generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    return torch.linalg.qr(draws - draws.mean(0)).Q * (rows * VARIANCES).sqrt()


def train(beta: float, shape) -> tuple[torch.Tensor, torch.Tensor]:
    """Mean KL of each code, (Z,), and mean squared error of each column, (D,), of the best linear VAE with noise SIGMA.

    `shape` makes a matrix of what is trained; q has one spread a code, the same for every x.
    """
    x, Z = data(), len(VARIANCES)
    start = torch.Generator().manual_seed(1)
    to_mu, to_x, log_std = (
        (0.3 * torch.randn(*size, generator=start, dtype=torch.float64)).requires_grad_()
        for size in ((Z, Z), (Z, Z), (Z,))
    )

    def codes():
        std = log_std.exp().expand(len(x), Z)
        return x @ shape(to_mu).T, std

    def loss():
        mu, std = codes()
        kl = kl_divergence(Normal(mu, std), Normal(torch.zeros_like(mu), 1.0)).sum(-1)
        return ((beta - 1) * kl - plane_elbo(x, shape(to_x), SIGMA, mu, std)).mean()

    parameters = [to_mu, to_x, log_std]
    optimizer = torch.optim.LBFGS(
        parameters, max_iter=2000, tolerance_grad=1e-11, tolerance_change=0, line_search_fn="strong_wolfe",
    )

    def closure():
        optimizer.zero_grad()
        value = loss()
        value.backward()
        return value

    optimizer.step(closure)
    with torch.no_grad():
        mu, std = codes()
        kl = kl_divergence(Normal(mu, std), Normal(torch.zeros_like(mu), 1.0)).mean(0)
        error = (x - mu @ shape(to_x).T).square().mean(0) + std[0].square() @ shape(to_x).T.square()
    return kl, error


@PRICES
def test_one_code_for_each_direction(beta):
    kl, error = train(beta, lambda matrix: matrix.diagonal().diag())
    rate, left = linear_rates(VARIANCES, SIGMA, beta)
    torch.testing.assert_close(kl, rate, atol=1e-5, rtol=0)
    torch.testing.assert_close(error, left, atol=1e-5, rtol=0)


@PRICES
def test_any_linear_encoder_and_decoder(beta):
    """Nobody tells this one where the directions are; which code takes which direction is left to chance."""
    kl, error = train(beta, lambda matrix: matrix)
    rate, left = linear_rates(VARIANCES, SIGMA, beta)
    torch.testing.assert_close(kl.sort().values, rate.sort().values, atol=1e-4, rtol=0)
    torch.testing.assert_close(error, left, atol=1e-4, rtol=0)


def test_directions_die_one_at_a_time():
    rates = torch.stack([linear_rates(VARIANCES[:3], SIGMA, beta)[0] for beta in (1.0, 2.0, 4.0)])
    expected = torch.tensor([[1.0397, 0.5816, 0.0912], [0.6931, 0.2350, 0], [0.3466, 0, 0]]).double()
    torch.testing.assert_close(rates, expected, atol=1e-4, rtol=0)
    errors = [linear_rates(VARIANCES[:3], SIGMA, beta)[1].sum().item() for beta in (1.0, 2.0, 4.0)]
    assert errors == pytest.approx([0.75, 1.3, 2.1])


def test_price_and_noise_are_one_dial():
    for beta in (0.5, 3.0):
        one, other = (linear_rates(VARIANCES, *dial) for dial in ((SIGMA, beta), (SIGMA * beta**0.5, 1.0)))
        torch.testing.assert_close(one, other)


def test_without_variance_there_is_nothing_to_send():
    rate, error = linear_rates(torch.zeros(2).double(), SIGMA, 1.0)
    assert torch.equal(rate, torch.zeros(2).double()) and torch.equal(error, torch.zeros(2).double())
