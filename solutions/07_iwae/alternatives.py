"""Right answers to stage 07 in other styles: they must pass."""

import math

import numpy as np
import torch

from vae_course.checks.bank import right


# --- bound_is_sound ---


@right("bound_is_sound")
def automatic_differentiation_of_an_oracle(program):
    for K, B, centre in ((4, 3, 0.0), (7, 2, -850.0), (3, 6, 850.0)):
        theirs = (centre + 3 * torch.randn(K, B)).requires_grad_()
        mine = theirs.detach().clone().requires_grad_()
        bound = (torch.logsumexp(mine, dim=0) - math.log(K)).mean()
        (-bound).backward()
        program.loss(theirs).backward()
        if not torch.allclose(theirs.grad, mine.grad, rtol=1e-3, atol=1e-5):
            return False
        if abs(float(program.bound(theirs.detach())) - float(bound)) > 1e-5 * max(10, abs(float(bound))):
            return False
    return True


@right("bound_is_sound")
def numbers_worked_out_before(program):
    log_w = torch.tensor([[-2.0, -5.0], [-4.0, -5.5], [-3.0, -8.0]])
    shares = torch.tensor([[0.665241, 0.603749], [0.090031, 0.366192], [0.244728, 0.030059]])
    for shift in (0, -1000, 1000):
        moved = (log_w + shift).requires_grad_()
        slope = torch.autograd.grad(program.loss(moved), moved)[0]
        report = program.bound(moved).item() - shift
        if not torch.allclose(slope, -shares / 2, atol=1e-4) or abs(report + 4.142511) > 1e-3:
            return False
    return True


@right("bound_is_sound")
def loops_and_the_math_module(program):
    columns = [[-0.4, 1.3, -2.2, 0.6], [2.5, -1.1, 0.9, 3.0], [-3.0, -2.6, -4.4, -2.9]]
    for far in (0, -1200, 1200):
        log_w = torch.tensor(columns, dtype=torch.float64).T + far
        total, shares = 0.0, []
        for column in columns:
            weights = [math.exp(value) for value in column]
            total += math.log(sum(weights) / len(weights)) + far
            shares.append([weight / sum(weights) for weight in weights])
        log_w = log_w.clone().requires_grad_()
        program.loss(log_w).backward()
        if abs(program.bound(log_w.detach()).item() - total / 3) > 1e-3:
            return False
        for image, column in enumerate(shares):
            for sample, share in enumerate(column):
                if not abs(log_w.grad[sample, image].item() + share / 3) < 1e-4:
                    return False
    return True


@right("bound_is_sound")
def numpy_with_a_shift_by_the_best(program):
    log_w = np.random.default_rng(0).normal(-1500.0, 2.5, size=(6, 4))
    best = log_w.max(axis=0)
    weights = np.exp(log_w - best)
    given = torch.from_numpy(log_w).requires_grad_()
    slope = torch.autograd.grad(program.loss(given), given)[0].numpy()
    report = float(program.bound(torch.from_numpy(log_w)))
    return np.isclose(report, (best + np.log(weights.mean(0))).mean(), rtol=1e-6) and np.allclose(
        slope, -weights / weights.sum(0) / 4, atol=1e-6
    )


@right("bound_is_sound")
def two_samples_in_closed_form(program):
    """Weights 1 and e^d: log((1 + e^d) / 2), and the logistic function of d. A second image lies far below."""
    for d, other in ((1.7, -2.0), (-0.6, 3.1), (2.4, 0.8)):
        log_w = torch.tensor([[0.0, -900.0], [d, -900.0 + other]], requires_grad=True)
        rise, rise_of_other = (float(torch.nn.functional.softplus(torch.tensor(v))) - math.log(2) for v in (d, other))
        first, second = float(torch.sigmoid(torch.tensor(d))), float(torch.sigmoid(torch.tensor(other)))
        (slope,) = torch.autograd.grad(program.loss(log_w), log_w)
        shares = torch.tensor([[1 - first, 1 - second], [first, second]])
        report = float(program.bound(log_w))
        if abs(report - (rise + rise_of_other - 900) / 2) > 2e-3 or not torch.allclose(slope, -shares / 2, atol=1e-3):
            return False
    single = torch.tensor([[0.3, -1.9, 4.0]])
    return abs(float(program.bound(single)) - 0.8) < 1e-4 and three_alike(program)


def three_alike(program):
    return abs(float(program.bound(torch.full((3, 2), -1.25))) + 1.25) < 1e-4


@right("bound_is_sound")
def weights_that_are_known(program):
    """Whole numbers as weights: 1, 2, 5 and 8, 1, 3."""
    weights = torch.tensor([[1.0, 8.0], [2.0, 1.0], [5.0, 3.0]], dtype=torch.float64)
    shares = weights / weights.sum(0)
    for scale in (0.0, -2000.0, 2000.0):
        log_w = (weights.log() + scale).requires_grad_()
        report = float(program.bound(log_w))
        slope = torch.autograd.grad(program.loss(log_w), log_w)[0]
        near = abs(report - scale - 0.5 * math.log(8 / 3 * 4)) < 1e-3
        if not (near and torch.allclose(slope, -0.5 * shares, atol=1e-5)):
            return False
    return True


@right("bound_is_sound")
def by_the_course_bound(program):
    verdicts = []
    for centre in (0.0, -880.0, 880.0):
        log_w = centre + 2 * torch.randn(9, 4)
        log_w.requires_grad_(True)
        mine = iwae_bound(log_w).mean()
        (theirs,) = torch.autograd.grad(program.loss(log_w), [log_w])
        (wanted,) = torch.autograd.grad(-mine, [log_w])
        verdicts.append(torch.allclose(theirs, wanted, rtol=1e-3, atol=1e-4))
        verdicts.append(torch.isclose(program.bound(log_w).detach(), mine.detach(), rtol=1e-5, atol=1e-5).item())
    return all(verdicts)
