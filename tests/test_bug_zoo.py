"""Audited losses have the beta that the lesson says; programs of the zoo are sound or broken as named."""

import math

import pytest
import torch

from vae_course.models.audit import AUDIT, disguised, likelihood
from vae_course.models import bug_zoo_iwae
from vae_course.models.bug_zoo import LOSSES, SAMPLING, ZOO, program
from vae_course.models.digit_nets import train_program
from vae_course.models.toolbox.stage_03 import bernoulli_log_likelihood, gaussian_kl

SOUND_LOSSES = ("plain", "in_double", "in_pieces")
SOUND_SAMPLING = ("plain", "own_generator", "polar")


def batch(rows=9, pixels=7, codes=3):
    draw = torch.Generator().manual_seed(0)
    x = (torch.rand(rows, pixels, generator=draw) < 0.5).double()
    logits = 4 * torch.randn(rows, pixels, generator=draw).double()
    mu, logvar = torch.randn(2, rows, codes, generator=draw).double()
    return x, logits, mu, logvar


def truth(x, logits, mu, logvar):
    return float((gaussian_kl(mu, logvar) - bernoulli_log_likelihood(x, logits)).mean())


def weights(loss, recon, x, out, mu, logvar):
    """What a nat of recon and one of the KL add to the loss, by its gradients."""
    out, mu = out.clone().requires_grad_(), mu.clone().requires_grad_()
    by_out, by_mu = torch.autograd.grad(loss(x, out, mu, logvar), [out, mu])
    (recon_by_out,) = torch.autograd.grad(recon(x, out).mean(), out)
    (kl_by_mu,) = torch.autograd.grad(gaussian_kl(mu, logvar).mean(), mu)
    return float((by_out / recon_by_out).mean()), float((by_mu / kl_by_mu).mean())


@pytest.mark.parametrize(
    ("name", "beta"), [("A", 64), ("B", 8), ("C", 1 / 8), ("D", 1 / 100), ("E", 1 / 2), ("F", 1)]
)
def test_an_audited_loss_has_the_beta_of_the_lessons_table(name, beta):
    per_recon, per_kl = weights(*AUDIT[name], *batch(100, 64, 8))
    assert per_kl / per_recon == pytest.approx(beta)


@pytest.mark.parametrize("sigma", [0.0, 0.6])
@pytest.mark.parametrize("shape", [(9, 7, 3), (2, 5, 4)])
def test_a_disguised_loss_has_its_beta_at_every_size(sigma, shape):
    recon = likelihood(sigma)
    found = weights(disguised(recon, 0.3, 5.0, constant=2.0), recon, *batch(*shape))
    assert found == pytest.approx((0.3, 1.5))


@pytest.mark.parametrize("name", LOSSES)
def test_a_loss_is_the_negative_bound_where_it_is_sound_and_nowhere_else(name):
    given = batch()
    assert (float(program(loss=name, amount=0.1).loss(*given)) == pytest.approx(truth(*given), rel=1e-6)) == (
        name in SOUND_LOSSES
    )


@pytest.mark.parametrize("name", SOUND_SAMPLING)
def test_sound_codes_have_the_moments_of_q_and_are_new_at_every_call(name):
    mu, logvar = torch.tensor([[1.0, -2.0]]).expand(4000, 2), torch.tensor([[0.6, -1.5]]).expand(4000, 2)
    sound = program(sampling=name, seed=3)
    first, second = sound.sample(mu, logvar), sound.sample(mu, logvar)
    assert torch.allclose(first.mean(0), mu[0], atol=0.1)
    assert torch.allclose(first.std(0), (0.5 * logvar[0]).exp(), rtol=0.1)
    assert first.shape == mu.shape and first.dtype == mu.dtype
    assert torch.corrcoef(torch.cat([first, second], 1).T).fill_diagonal_(0).abs().max() < 0.1


def test_a_program_does_not_say_what_it_does():
    for name in SAMPLING:
        shown = program(sampling=name, amount=0.5)
        assert not hasattr(shown, "__dict__")
        assert repr(shown) == repr(ZOO["first"])
        assert name not in f"{shown!r} {shown.sample!r} {shown.loss!r}" or name == "plain"


def test_the_three_scripts_show_the_symptoms_that_the_lesson_tells():
    logs = {name: train_program(shown)[-1] for name, shown in {"sound": program(), **ZOO}.items()}
    kl = {name: kl for name, (_, _, _, kl) in logs.items()}
    bound = {name: recon + kl for name, (_, _, recon, kl) in logs.items()}
    assert logs["first"][1] > 1000 and kl["first"] > 30
    assert kl["third"] < 0.01 < 3 < kl["second"] < kl["sound"] < 6
    assert 0.5 < bound["second"] - bound["sound"] < 2.5


def test_training_leaves_the_random_state_alone():
    before = torch.get_rng_state()
    assert train_program(program(), steps=4) == train_program(program(), steps=4)
    assert torch.equal(torch.get_rng_state(), before)


# --- programs that train on many samples ---


SOUND_BOUNDS = {"plain", "relative", "in_double", "image_by_image", "one_after_the_other", "shares"}
WRONG_LOSSES = {
    "mean_of_logs", "shares_in_the_graph", "worst_first", "shares_over_images", "equal_shares", "winner", "uphill",
    "written_out",
}
HONEST = SOUND_BOUNDS | WRONG_LOSSES - {"mean_of_logs"}


def exact_bound(log_w):
    """The mean bound of a table and everybody's share of the weight of an image, by the math module."""
    best = log_w.max(0).values
    shares = [[math.exp(v - b) for v in column] for column, b in zip(log_w.T.tolist(), best.tolist(), strict=True)]
    bounds = [b + math.log(sum(column) / len(column)) for column, b in zip(shares, best.tolist(), strict=True)]
    return sum(bounds) / len(bounds), torch.tensor([[v / sum(c) for v in c] for c in shares], dtype=torch.float64).T


@pytest.mark.parametrize("name", bug_zoo_iwae.PROGRAMS)
def test_a_program_reports_the_bound_and_trains_on_it_where_it_is_sound_and_nowhere_else(name):
    log_w = torch.randn(11, 5, generator=torch.Generator().manual_seed(0)).double() * 2
    shown = bug_zoo_iwae.program(name, chunk=2, seed=3)
    honest, trains = [], []
    for far in (0.0, -900.0):
        given = (log_w + far).requires_grad_()
        bound, shares = exact_bound(given.detach())
        honest.append(float(shown.bound(given.detach())) == pytest.approx(bound, rel=1e-9))
        (slope,) = torch.autograd.grad(shown.loss(given), given)
        trains.append(torch.allclose(slope, -shares / 5))
    assert all(honest) == (name in HONEST)
    assert all(trains) == (name not in WRONG_LOSSES)


def test_a_sound_loss_may_have_another_value_than_minus_the_bound():
    log_w = torch.tensor([[-2.0], [-4.0], [-3.0]], dtype=torch.float64)
    shares = bug_zoo_iwae.program("shares")
    assert float(shares.bound(log_w)) == pytest.approx(-2.6910, abs=1e-4)
    assert float(shares.loss(log_w)) == pytest.approx(2.4248, abs=1e-4)


def test_a_program_of_log_weights_does_not_say_what_it_does():
    for name in bug_zoo_iwae.PROGRAMS:
        shown = bug_zoo_iwae.program(name)
        assert not hasattr(shown, "__dict__") and repr(shown) == repr(bug_zoo_iwae.ZOO["first"])
        assert name not in f"{shown!r} {shown.bound!r} {shown.loss!r}"
