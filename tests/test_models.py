"""What the lessons compute with: data, small networks, posteriors on a grid, and the alarm of the bound."""

import math

import pytest
import torch
from torch import nn
from torch.distributions import Normal

from vae_course.models.alarm import bound_alarm
from vae_course.models.data import digits
from vae_course.models.decoders import hammock, line, plane
from vae_course.models.digit_nets import (
    digit_vae, pixels_to_nearest, terms_per_image, train_digit_model, train_plain_autoencoder,
)
from vae_course.models.linear_model import LinearModel
from vae_course.models.oracles import best_plane_evidence, plane_elbo
from vae_course.models.posteriors import elbo_on_grid, fit_each, fit_encoder, log_evidence_on_grid
from vae_course.models.toolbox.stage_04 import sgvb_b
from vae_course.models.training import fit


@pytest.mark.parametrize("seed", [1, 2])
def test_random_codes_of_the_model_give_digits_and_those_of_the_plain_autoencoder_do_not(seed):
    """The claim that stage 01 opens with, on seeds that it does not show."""
    train, test = digits()
    state = torch.get_rng_state()
    plain, model = (make(train, z_dim=8, steps=3000, seed=seed) for make in (train_plain_autoencoder, train_digit_model))
    assert torch.equal(state, torch.get_rng_state())  # the caller's draws are the caller's
    z = torch.randn(500, 8, generator=torch.Generator().manual_seed(seed))
    real, copied, drawn = (
        pixels_to_nearest(pictures, train).mean().item()
        for pictures in (test, (plain.decode(z) > 0).float(), (model.decode(z) > 0).float())
    )
    assert 2.9 < real < 3.6 and abs(drawn - real) < 0.8 and copied > 1.6 * drawn
    assert plain.encode(train).std(0).mean() > 4


@pytest.mark.parametrize("seed", [1, 2])
def test_a_trained_vae_of_digits_is_in_the_reference_band(seed):
    """4,000 steps, Z = 8: test ELBO between -18.9 and -17.8 nats/image, where no code at all gives -25.35; KL between 5.5 and 7.5."""
    train, test = digits()
    model = digit_vae(train, z_dim=8, seed=seed)
    fit(model, train, 4000, generator=torch.Generator().manual_seed(seed))
    recon, kl = terms_per_image(model, test, draws=50, generator=torch.Generator().manual_seed(7))
    p = train.mean(0).clamp(0.001, 0.999)
    without_code = (test * p.log() + (1 - test) * (-p).log1p()).sum(1).mean().item()
    assert -25.6 < without_code < -25.2
    assert -18.9 < -(recon + kl).mean().item() < -17.8 and 5.5 < kl.mean().item() < 7.5


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_trained_linear_model_ends_below_the_exact_optimum_and_near_it(seed):
    """At most 0.15 nats below the best evidence of any such model on these rows, by the exact ELBO, and never above it."""
    generator, sigma, steps = torch.Generator().manual_seed(seed), 0.5, 3000
    W = torch.randn(7, 3, generator=generator)
    x = torch.randn(2000, 3, generator=generator) @ W.T + sigma * torch.randn(2000, 7, generator=generator) + 1
    torch.manual_seed(seed)
    model = LinearModel(7, 3, sigma)
    fit(
        model, x, steps, batch_size=200, lr=lambda step: 0.01 * (1 - step / steps), generator=generator,
        loss=lambda rows, noise: -sgvb_b(rows, model, torch.randn(1, len(rows), 3, generator=noise)).mean(),
    )
    with torch.no_grad():
        mu, logvar = model.encode(x)
        elbo = plane_elbo(x - model.to_x.bias, model.to_x.weight, sigma, mu, torch.exp(logvar / 2)).mean().item()
    assert 0 < best_plane_evidence(x, 3, sigma) - elbo < 0.15


def test_a_decoder_is_a_density_around_its_mean():
    W = torch.tensor([[0.8], [0.4]])
    z = torch.tensor([[0.5], [-1.0], [2.0]])
    assert torch.allclose(plane(W, 0.2)(z), z @ W.T)
    assert torch.allclose(hammock()(z), torch.cat([0.6 * z, 0.5 * (z**2 - 1)], 1))
    x = torch.randn(5, 1, 2)
    wanted = Normal(hammock()(z), 0.3).log_prob(x).sum(-1)
    assert hammock().log_likelihood(x, z).shape == (5, 3) and torch.allclose(hammock().log_likelihood(x, z), wanted)


# --- posteriors on a grid ---


def test_on_the_line_the_grid_finds_the_posterior_that_has_a_formula():
    x = torch.tensor([[1.5], [-0.4]])
    mu, sigma = fit_each(x, line())
    assert torch.allclose(mu, x[:, 0] / 1.5, atol=1e-3) and torch.allclose(sigma, torch.tensor(1 / 3).sqrt(), atol=1e-3)
    truth = Normal(0.0, math.sqrt(1.5)).log_prob(x[:, 0])
    assert torch.allclose(log_evidence_on_grid(x, line()), truth, atol=1e-5)
    assert torch.allclose(elbo_on_grid(x, line(), mu, sigma), truth, atol=1e-4)


def test_no_q_on_the_grid_exceeds_the_evidence_however_narrow():
    x = torch.tensor([[0.9, 0.625]])
    for mu in torch.linspace(1.4, 1.5, 21):
        assert elbo_on_grid(x, hammock(), mu[None], torch.tensor([0.02])) < log_evidence_on_grid(x, hammock())


def test_one_encoder_for_all_is_never_better_than_fitting_each():
    generator = torch.Generator().manual_seed(0)
    x = hammock()(torch.randn(50, 1, generator=generator)) + 0.3 * torch.randn(50, 2, generator=generator)
    each = elbo_on_grid(x, hammock(), *fit_each(x, hammock()))
    torch.manual_seed(0)
    linear = elbo_on_grid(x, hammock(), *fit_encoder(nn.Linear(2, 2), x, hammock())(x))
    assert bool((each >= linear - 1e-3).all()) and (each - linear).mean() > 0.2


# --- the alarm ---


def test_an_average_far_above_the_evidence_is_impossible_and_one_below_proves_nothing():
    noise = torch.randn(1000, generator=torch.Generator().manual_seed(0))
    assert bound_alarm(noise - 1.5, -1.8).startswith("impossible: the average bound")
    assert bound_alarm(noise - 2.2, -1.8) == "no alarm, which proves nothing"


def test_chance_alone_never_rings_the_alarm():
    """Log weights of a q that is wrong, whose average is the true bound: 500 times 200 draws."""
    torch.manual_seed(0)
    q = Normal(torch.tensor(0.6).double(), math.sqrt(0.5))
    z = q.sample((500, 200))
    log_w = Normal(z, math.sqrt(0.5)).log_prob(torch.tensor(1.5)) + Normal(0.0, 1.0).log_prob(z) - q.log_prob(z)
    truth = Normal(0.0, math.sqrt(1.5)).log_prob(torch.tensor(1.5)).item()
    assert sum(bound_alarm(draws, truth).startswith("impossible") for draws in log_w) == 0


def test_the_alarm_wants_more_than_one_number():
    with pytest.raises(ValueError, match="at least 2 samples"):
        bound_alarm(torch.tensor([1.0]), 0.0)
