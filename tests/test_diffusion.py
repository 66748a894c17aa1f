"""Stage 09: its toolbox by other ways than the checks', the toy in the plane, and the figure of the path."""

import math

import pytest
import torch

from vae_course.explore.noise_schedule import T, measured, no_less, sentence
from vae_course.explore.noise_schedule import _path as path_of
from vae_course.models.diffusion import (
    NoiseNet, crescents, crescents_log_density, ddpm_path, energy_distance, even_path, guess_of_x0, thinned,
)
from vae_course.models.toolbox.stage_09 import noise, noise_weight, reverse_posterior, sample_chain, step_kl

PATH = torch.tensor([1.0, 0.9, 0.72, 0.504], dtype=torch.float64)


def numbers(*shape, seed=0):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


# --- toolbox ---


@pytest.mark.parametrize("t", [1, 2, 3])
def test_a_step_back_is_the_conditional_of_three_gaussians(t):
    """x_{t-1} and x_t given x_0 are sums of the noise of each step."""
    walks = torch.zeros(2, 3).double()  # x_{t-1} and x_t, in terms of the noise of three steps
    for step in range(1, t + 1):
        kept = PATH[step] / PATH[step - 1]
        walks[0] = walks[1]
        walks[1] = kept.sqrt() * walks[1]
        walks[1, step - 1] = (1 - kept).sqrt()
    joint = walks @ walks.T
    x0, xt = numbers(5, 7), numbers(5, 7, seed=1)
    gain = joint[0, 1] / joint[1, 1]
    mean, var = reverse_posterior(x0, xt, torch.full((5,), t), PATH)
    torch.testing.assert_close(mean, PATH[t - 1].sqrt() * x0 + gain * (xt - PATH[t].sqrt() * x0))
    torch.testing.assert_close(var, (joint[0, 0] - gain * joint[0, 1]).expand(5))


def test_the_numbers_of_the_worked_example():
    one = torch.ones(1, 1, dtype=torch.float64)
    mean, var = reverse_posterior(1.5 * one, one, torch.tensor([3]), PATH)
    assert mean.item() == pytest.approx(1.2421, abs=5e-5) and var.item() == pytest.approx(0.1694, abs=5e-5)
    assert step_kl(1.5 * one, one, 1.2 * one, torch.tensor([3]), PATH).item() == pytest.approx(0.0700, abs=5e-5)
    mean, var = reverse_posterior(-one, 0.5 * one, torch.tensor([2]), PATH)
    assert mean.item() == pytest.approx(-0.5179, abs=5e-5) and var.item() == pytest.approx(0.0714, abs=5e-5)
    assert step_kl(-one, 0.5 * one, -0.7 * one, torch.tensor([2]), PATH).item() == pytest.approx(0.2893, abs=5e-5)


def test_a_weighted_error_of_the_noise_is_the_kl_of_the_step():
    path = thinned(ddpm_path(), 50)
    t, x0, eps, eps_hat = torch.arange(2, 51), numbers(49, 3), numbers(49, 3, seed=1), numbers(49, 3, seed=2)
    xt = noise(x0, t, path, eps)
    x0_hat = guess_of_x0(lambda xt, t: eps_hat, path)(xt, t)
    weighted = noise_weight(t, path) * (eps - eps_hat).square().sum(-1)
    torch.testing.assert_close(step_kl(x0, xt, x0_hat, t, path), weighted, rtol=1e-6, atol=0)


def test_the_best_guess_brings_gaussian_noise_back_to_gaussian_data():
    """On a fine path the samples have the variance of the data."""
    path = even_path(400, first=1e4, last=1e-4)

    def predict(xt, t):
        left = path[t][:, None]
        return left.sqrt() * 0.25 / (0.25 * left + 1 - left) * xt

    drawn = sample_chain(predict, path, numbers(401, 20_000, 1))
    assert drawn.var().item() == pytest.approx(0.25, rel=0.05) and abs(drawn.mean().item()) < 0.02


# --- paths ---


def test_paths_begin_at_one_and_fall_to_their_ends():
    long = ddpm_path()
    assert long.shape == (1001,) and long[0] == 1 and long[1].item() == pytest.approx(1 - 1e-4)
    assert long[-1].item() == pytest.approx(4.04e-5, rel=1e-2)
    for path in (long, thinned(long, 10), even_path(7)):
        assert path[0] == 1 and (path.diff() < 0).all()
    assert torch.equal(thinned(long, 10), long[::100])
    snr = even_path(7, 100.0, 0.01)[1:] / (1 - even_path(7, 100.0, 0.01)[1:])
    torch.testing.assert_close(snr[1:] / snr[:-1], torch.full((6,), 10 ** (-4 / 6), dtype=torch.float64))


# --- crescents ---


def test_the_density_of_crescents_integrates_to_one_and_gives_their_moments():
    axis = torch.linspace(-2.5, 2.5, 101, dtype=torch.float64)
    grid = torch.cartesian_prod(axis, axis)
    mass = crescents_log_density(grid, points=500).exp() * (axis[1] - axis[0]) ** 2
    points = crescents(50_000, torch.Generator().manual_seed(0)).double()
    assert mass.sum().item() == pytest.approx(1, abs=1e-4)
    torch.testing.assert_close(mass @ grid, points.mean(0), atol=0.02, rtol=0)
    torch.testing.assert_close((grid * mass[:, None]).T @ grid, points.T @ points / len(points), atol=0.02, rtol=0)


def test_the_energy_distance_of_gaussians_on_a_line_is_known():
    """E|X - Y| of N(0, 1) and N(2, 1), from the folded normal distribution."""
    x, y = numbers(2000, 1), 2 + numbers(2000, 1, seed=1)
    folded = 2 / math.sqrt(math.pi) * math.exp(-1) + 2 * math.erf(1.0)
    assert energy_distance(x, y) == pytest.approx(2 * folded - 2 * 2 / math.sqrt(math.pi), abs=0.15)
    assert abs(energy_distance(x, numbers(2000, 1, seed=2))) < 0.03


def test_a_network_answers_rows_one_by_one_and_hears_of_the_step():
    path = even_path(20)
    net = NoiseNet(2, path)
    xt, t = torch.randn(6, 2), torch.tensor([1, 20, 3, 7, 7, 12])
    torch.testing.assert_close(net(xt, t)[2:3], net(xt[2:3], t[2:3]))
    assert not torch.allclose(net(xt, t), net(xt, t.flip(0)))


# --- figure ---


@pytest.mark.parametrize("place", [0.1, 0.5, 0.9])
def test_the_figure_keeps_its_ends_and_moves_its_weights(place):
    path = path_of(place)
    snr = path[1:] / (1 - path[1:])
    assert len(path) == T + 1
    assert snr[0].item() == pytest.approx(1000) and snr[-1].item() == pytest.approx(1e-3)
    weight, cost = measured(path)
    assert abs(int(weight.argmax()) - place * (T - 2)) <= 1 and cost.sum() > no_less()
    assert f"step {int(weight.argmax()) + 2}." in sentence(place)


def test_the_costs_of_the_figure_are_an_average_of_what_the_library_charges():
    path, t = path_of(0.4), 9
    x0 = 0.5 * numbers(200_000, 1)
    steps = torch.full((len(x0),), t)
    xt = noise(x0, steps, path, numbers(200_000, 1, seed=1))
    slope = path[t].sqrt() * 0.25 / (0.25 * path[t] + 1 - path[t])
    charged = step_kl(x0, xt, slope * xt, steps, path).mean()
    assert measured(path)[1][t - 2].item() == pytest.approx(charged.item(), rel=0.02)


def test_endlessly_many_steps_cost_the_integral():
    path = even_path(20_000, 1000.0, 1e-3)
    assert measured(path)[1].sum().item() == pytest.approx(no_less(), rel=1e-3)
