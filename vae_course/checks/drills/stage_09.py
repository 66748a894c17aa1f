"""Drills of stage 09: what is left along a chain of noise, one step back, what it costs, and what more steps buy."""

from __future__ import annotations

import math
import random

from vae_course.checks.drills import Item, drill, transfer


@drill
def left_after_three_steps(rng: random.Random) -> Item:
    """The product of what each step keeps of the variance."""
    b1, b2, b3 = (rng.randint(*lost) / 100 for lost in ((15, 22), (25, 30), (30, 40)))
    left = (1 - b1) * (1 - b2) * (1 - b3)
    return Item(
        f"Three steps of a chain bring noise of variance `b1 = {b1:g}`, `b2 = {b2:g}` and `b3 = {b3:g}`; each makes its state smaller, "
        "so that a variance of 1 stays 1. What is `alpha_bar[3]`, the share of the variance of x_0 that is left after them?",
        left,
        working=f"(1 - {b1:g})*(1 - {b2:g})*(1 - {b3:g})",
        wrong={
            "losses_added": 1 - b1 - b2 - b3,
            "noises_multiplied": b1 * b2 * b3,
            "scale_for_variance": math.sqrt(left),
        },
    )


@drill
def state_of_a_chain(rng: random.Random) -> Item:
    """x_t: the root of what is left times x_0, plus the root of the rest times the noise."""
    x0, a, e = _signed(rng, 12, 35) / 10, rng.randint(15, 85) / 100, _signed(rng, 6, 18) / 10
    return Item(
        f"A chain has `a = {a:g}` of the variance of its data left at step t. The data point is `x0 = {x0:g}`, and the standard "
        f"normal noise that is drawn for this step is `e = {e:g}`. What is x_t?",
        math.sqrt(a) * x0 + math.sqrt(1 - a) * e,
        working=f"sqrt({a:g})*({x0:g}) + sqrt(1 - {a:g})*({e:g})",
        wrong={
            "variances_for_scales": a * x0 + (1 - a) * e,
            "data_by_its_variance": a * x0 + math.sqrt(1 - a) * e,
            "data_left_whole": x0 + math.sqrt(1 - a) * e,
        },
    )


@drill
def noise_in_a_state(rng: random.Random) -> Item:
    """The noise: x_t less what is left of x_0, by the standard deviation of the noise."""
    x0, a, xt = _signed(rng, 12, 30) / 10, rng.randint(20, 80) / 100, _signed(rng, 5, 28) / 10
    return Item(
        f"At a step where `a = {a:g}` of the variance is left, the data point `x0 = {x0:g}` has become `xt = {xt:g}`. Which "
        "standard normal noise was drawn?",
        (xt - math.sqrt(a) * x0) / math.sqrt(1 - a),
        working=f"(({xt:g}) - sqrt({a:g})*({x0:g}))/sqrt(1 - {a:g})",
        wrong={
            "scales_ignored": xt - x0,
            "divided_by_the_variance": (xt - math.sqrt(a) * x0) / (1 - a),
            "data_scaled_by_variance": (xt - a * x0) / math.sqrt(1 - a),
            "noise_left_small": xt - math.sqrt(a) * x0,
        },
    )


@drill
def cost_of_the_end(rng: random.Random) -> Item:
    """KL(N(sqrt(a) x0, 1 - a) || N(0, 1))."""
    x0, a = rng.randint(18, 26) / 10, rng.randint(45, 68) / 100
    spread = -a - math.log(1 - a)
    return Item(
        f"A short chain leaves `a = {a:g}` of the variance at its last step. What is the KL from q(x_T|x_0) to the prior N(0, 1) for "
        f"the one number `x0 = {x0:g}`?",
        (a * x0**2 + spread) / 2,
        unit="nats",
        working=f"({a:g}*{x0:g}^2 - {a:g} - log(1 - {a:g}))/2",
        wrong={
            "mean_not_squared": (math.sqrt(a) * x0 + spread) / 2,
            "half_lost": a * x0**2 + spread,
            "spread_for_free": a * x0**2 / 2,
        },
    )


@drill
def spread_of_a_step_back(rng: random.Random) -> Item:
    """The variance of q(x_{t-1}|x_t, x_0): two precisions added."""
    before = rng.randint(45, 90) / 100
    now = round(before * rng.uniform(0.45, 0.85), 2)
    lost = 1 - now / before
    return Item(
        f"Along a chain the share of the variance that is left falls from `before = {before:g}` to `now = {now:g}` in one step. What is "
        "the variance of the state before this step, when the state after it and x_0 are both known?",
        (1 - before) * lost / (1 - now),
        working=f"(1 - {before:g})*(1 - {now:g}/{before:g})/(1 - {now:g})",
        wrong={
            "data_not_known": lost,
            "state_after_the_step": 1 - now,
            "not_shared_out": (1 - before) * lost,
            "next_state_not_known": 1 - before,
        },
    )


@drill
def middle_of_a_step_back(rng: random.Random) -> Item:
    """The mean of q(x_{t-1}|x_t, x_0)."""
    before = rng.randint(70, 92) / 100
    now = round(before * rng.uniform(0.45, 0.75), 2)
    x0 = _signed(rng, 12, 30) / 10
    xt = -math.copysign(rng.randint(5, 25) / 10, x0)  # on the other side, so that it counts which of the two is believed
    kept = now / before
    of_x0, of_xt = math.sqrt(before) * (1 - kept) / (1 - now), math.sqrt(kept) * (1 - before) / (1 - now)
    return Item(
        f"Along a chain the share of the variance that is left falls from `before = {before:g}` to `now = {now:g}` in one step. Known are "
        f"the data point `x0 = {x0:g}` and the state after the step, `xt = {xt:g}`. What is the mean of the state before the step?",
        of_x0 * x0 + of_xt * xt,
        working=f"(sqrt({before:g})*(1 - {now:g}/{before:g})*({x0:g}) + sqrt({now:g}/{before:g})*(1 - {before:g})*({xt:g}))/(1 - {now:g})",
        wrong={
            "factors_swapped": of_xt * x0 + of_x0 * xt,
            "only_the_data": math.sqrt(before) * x0,
            "only_the_state": xt / math.sqrt(kept),
        },
    )


@drill
def cost_of_a_step(rng: random.Random) -> Item:
    """Half of the fall of SNR, times the squared error in x_0."""
    s2 = rng.randint(20, 300) / 100
    s1, e = round(s2 * rng.uniform(1.6, 3.5), 2), rng.randint(30, 80) / 100
    return Item(
        f"In one step of a chain the signal-to-noise ratio falls from `s1 = {s1:g}` to `s2 = {s2:g}`. The model's guess for the data "
        f"point, one number, is off by `e = {e:g}`. What is the KL of this step, when both Gaussians have the same variance?",
        (s1 - s2) * e**2 / 2,
        unit="nats",
        working=f"({s1:g} - {s2:g})*{e:g}^2/2",
        wrong={
            "plain_square": e**2,
            "half_forgotten": (s1 - s2) * e**2,
            "weight_forgotten": e**2 / 2,
            "one_ratio_only": s2 * e**2 / 2,
        },
    )


@drill
def cost_of_wrong_noise(rng: random.Random) -> Item:
    """Half of how much larger SNR was before the step, relatively, times the squared error in the noise."""
    s2 = rng.choice((rng.randint(20, 70), rng.randint(180, 400))) / 100
    s1, e = round(s2 * rng.uniform(1.6, 4.5), 2), rng.randint(30, 90) / 100
    return Item(
        f"In one step of a chain the signal-to-noise ratio falls from `s1 = {s1:g}` to `s2 = {s2:g}`. A network guesses the noise in the "
        f"state after the step, one number, and is off by `e = {e:g}`. What does the step cost?",
        (s1 / s2 - 1) * e**2 / 2,
        unit="nats",
        working=f"({s1:g}/{s2:g} - 1)*{e:g}^2/2",
        wrong={
            "weight_of_the_data": (s1 - s2) * e**2 / 2,
            "one_not_taken_off": s1 / s2 * e**2 / 2,
            "half_of_it_lost": (s1 / s2 - 1) * e**2,
            "no_weight": e**2,
        },
    )


@drill
def bound_from_its_terms(rng: random.Random) -> Item:
    """Reconstruction, less two steps, less the end."""
    recon, end = rng.randint(5, 30) / 10, rng.randint(20, 90) / 100
    k2, k3 = rng.randint(60, 220) / 100, rng.randint(30, 110) / 100
    return Item(
        f"A chain of three steps has for one data point the mean log-likelihood `recon = {recon:g}` at t = 1, KLs of `k2 = {k2:g}` and "
        f"`k3 = {k3:g}` at t = 2 and 3, and a KL of `last = {end:g}` to the prior at its end, all in nats. What is the bound?",
        recon - k2 - k3 - end,
        unit="nats",
        working=f"{recon:g} - {k2:g} - {k3:g} - {end:g}",
        wrong={
            "end_forgotten": recon - k2 - k3,
            "end_as_a_gain": recon - k2 - k3 + end,
            "steps_by_their_mean": recon - (k2 + k3) / 2 - end,
            "reconstruction_as_a_cost": -recon - k2 - k3 - end,
        },
    )


@drill
def gap_with_more_steps(rng: random.Random) -> Item:
    """With the variance of the step forward the gap falls like one over the number of steps."""
    few = rng.randint(100, 250)
    many = round(few * rng.uniform(2.2, 3.9))
    gap = rng.randint(60, 400) / 100
    return Item(
        f"For Gaussian data a chain of `few = {few}` steps, whose steps back have the best mean and the variance of the step "
        f"forward, has a bound that is `gap = {gap:g}` hundredths of a nat too low. The same path is cut into `many = {many}` steps. "
        "By about how many hundredths of a nat is the bound too low then?",
        gap * few / many,
        unit="hundredths of a nat",
        working=f"{gap:g}*{few}/{many}",
        wrong={
            "only_the_path_counts": gap,
            "error_of_one_step": gap * (few / many) ** 2,
            "root_of_the_steps": gap * math.sqrt(few / many),
            "more_steps_more_cost": gap * many / few,
        },
    )


@transfer("noise_in_a_state")
def noise_from_a_velocity(rng: random.Random) -> Item:
    """x_t and v are x_0 and the noise, turned by an angle: turn them back."""
    a = rng.choice((rng.randint(12, 40), rng.randint(60, 88))) / 100
    xt, v = rng.sample((_signed(rng, 4, 13) / 10, _signed(rng, 16, 28) / 10), 2)  # unlike, so that it counts which root each has
    of_data, of_noise = math.sqrt(a), math.sqrt(1 - a)
    return Item(
        f"At a step where `a = {a:g}` of the variance is left, a network is shown the state `xt = {xt:g}`. It guesses neither the noise nor "
        "the data point but a mixture of them: the noise times the root of a, less the data point times the root of 1 - a. It says "
        f"`v = {v:g}`. Which standard normal noise goes with that?",
        of_noise * xt + of_data * v,
        working=f"sqrt(1 - {a:g})*({xt:g}) + sqrt({a:g})*({v:g})",
        wrong={
            "velocity_taken_for_the_data": (xt - of_data * v) / of_noise,
            "data_for_the_noise": of_data * xt - of_noise * v,
            "roots_swapped": of_data * xt + of_noise * v,
        },
    )


@transfer("spread_of_a_step_back")
def spread_from_the_noise_of_a_step(rng: random.Random) -> Item:
    """The variance of q(x_{t-1}|x_t, x_0), from what was left before the step and the noise that it brings."""
    before, b = rng.randint(45, 85) / 100, rng.randint(12, 40) / 100
    now = before * (1 - b)
    return Item(
        f"Before a step of a chain `before = {before:g}` of the variance of x_0 is left. The step brings noise of variance `b = {b:g}` and makes "
        "the state smaller, so that a variance of 1 stays 1. What is the variance of the state before this step, when the state after it "
        "and x_0 are both known?",
        (1 - before) * b / (1 - now),
        working=f"(1 - {before:g})*{b:g}/(1 - {before:g}*(1 - {b:g}))",
        wrong={
            "noise_taken_for_what_is_left": (1 - before) * (1 - b / before) / (1 - b),
            "data_not_known": b,
            "next_state_not_known": 1 - before,
            "not_shared_out": (1 - before) * b,
        },
    )


@transfer("cost_of_a_step")
def cost_of_a_step_in_logs(rng: random.Random) -> Item:
    """Half of the fall of SNR, times the squared error in x_0, from logs of SNR."""
    g2 = rng.randint(15, 130) / 100
    g1, e = round(g2 + rng.uniform(0.5, 1.2), 2), rng.randint(35, 90) / 100
    return Item(
        f"In one step of a chain the natural logarithm of the signal-to-noise ratio falls from `g1 = {g1:g}` to `g2 = {g2:g}`. The model's "
        f"guess for the data point, one number, is off by `e = {e:g}`. What is the KL of this step, when both Gaussians have the same "
        "variance?",
        (math.exp(g1) - math.exp(g2)) * e**2 / 2,
        unit="nats",
        working=f"(exp({g1:g}) - exp({g2:g}))*{e:g}^2/2",
        wrong={
            "logs_taken_for_ratios": (g1 - g2) * e**2 / 2,
            "weight_of_the_noise": (math.exp(g1 - g2) - 1) * e**2 / 2,
            "half_forgotten": (math.exp(g1) - math.exp(g2)) * e**2,
            "one_ratio_only": math.exp(g2) * e**2 / 2,
        },
    )


def _signed(rng: random.Random, least: int, most: int) -> int:
    return rng.choice((-1, 1)) * rng.randint(least, most)


MISTAKES = {
    # left_after_three_steps
    "losses_added": "You added up the losses: the second step takes its share of what the first has left. What does a "
    "step do to what is there?",
    "noises_multiplied": "You multiplied the shares of noise, which is tiny: after three steps with little noise most of the data is "
    "still there.",
    "scale_for_variance": "That is the scale of what is left; the share of variance is its square.",
    # state_of_a_chain
    "variances_for_scales": "You multiplied by shares of variance: a variable that is halved has a quarter of its variance. "
    "Which factor leaves the share `a`?",
    "data_by_its_variance": "You scaled the data by the share of variance: what multiplies is the root of it.",
    "data_left_whole": "You added noise to the whole data point: the variance of such a state would grow above 1.",
    # noise_in_a_state
    "scales_ignored": "You took the difference of the two: the data point has been made smaller on the way, and the noise too.",
    "divided_by_the_variance": "You divided by the variance of the noise. By what was the noise multiplied?",
    "data_scaled_by_variance": "You took off the data times its share of variance. By what was the data point multiplied?",
    "noise_left_small": "That is the noise as it stands in the state. What has it been multiplied by?",
    # cost_of_the_end
    "mean_not_squared": "Your mean came in without its square. What does the KL to N(0, 1) make of a mean?",
    "half_lost": "That is twice the KL: a Gaussian's exponent has a half.",
    "spread_for_free": "You charged for the mean alone: the variance at the end is not 1 either.",
    # spread_of_a_step_back
    "data_not_known": "That is the variance of the step forward: it does not use that x_0 is known. Is more knowledge more "
    "certainty?",
    "state_after_the_step": "That is the variance of the state after the step, given x_0 alone.",
    "not_shared_out": "You multiplied two variances. What has the inverse of a sum of two precisions below the line?",
    "next_state_not_known": "That is the variance when x_0 alone is known: the state after the step says something too.",
    # middle_of_a_step_back
    "factors_swapped": "Your two factors have changed places. Which of the two is the surer witness when the noise so far is small?",
    "only_the_data": "That is where x_0 alone puts the state: the one after the step has a say as well.",
    "only_the_state": "You undid the step as if it had brought no noise: x_0 has a say as well.",
    # cost_of_a_step
    "plain_square": "That is the squared error: a step charges it by its weight. What falls in a step?",
    "half_forgotten": "That is twice the KL: a Gaussian's exponent has a half.",
    "weight_forgotten": "You have the half and the square, without the weight. What falls in a step?",
    "one_ratio_only": "Your weight knows the ratio after the step only: if it did not fall in the step, the step would cost nothing.",
    # cost_of_wrong_noise
    "weight_of_the_data": "That would be the cost if the data point were off by this. How large is its error when the noise is off?",
    "one_not_taken_off": "You used the ratio of the two ratios: it is 1 when nothing falls, and then the step is free.",
    "half_of_it_lost": "That is twice the cost: a Gaussian's exponent has a half.",
    "no_weight": "That is the squared error without a weight, as training often has it: it is not in nats.",
    # bound_from_its_terms
    "end_forgotten": "You left out the end of the chain: the model begins there with plain noise, and the data do not end there quite.",
    "end_as_a_gain": "You added the KL at the end: a KL lowers a bound.",
    "steps_by_their_mean": "You took the mean of the steps: each of them has to be paid.",
    "reconstruction_as_a_cost": "You took the log-likelihood for a cost: it is given as a log, and larger is better.",
    # gap_with_more_steps
    "only_the_path_counts": "You kept the gap: the path is the same, but its steps are smaller, and a small step back is nearly right.",
    "error_of_one_step": "That is how the loss of one step falls. How many steps are there now?",
    "root_of_the_steps": "You divided by the root of the steps, which is how chance averages out: nothing here is chance.",
    "more_steps_more_cost": "You let the gap grow with the number of steps: each of them loses much less. How much less?",
    # noise_from_a_velocity
    "velocity_taken_for_the_data": "You took `v` for the data point. What is `v` when there is no noise at all, and `a` is 1?",
    "data_for_the_noise": "That is the data point that goes with this state and this `v`; the noise was asked for.",
    "roots_swapped": "Your two factors have changed places. When `a` is nearly 1, which of the two is nearly the noise: the state, or `v`?",
    # spread_from_the_noise_of_a_step
    "noise_taken_for_what_is_left": "You took `b` for the share that is left after the step: it is what comes in. How much of what was "
    "left before does the step keep?",
    # cost_of_a_step_in_logs
    "logs_taken_for_ratios": "You took the fall of the logarithm for that of the ratio: the logarithm falls as far from 100 to 10 "
    "as from 10 to 1. Does the ratio?",
    "weight_of_the_noise": "That would be the cost if the noise were off by this: a fall relative to what is left of the ratio. What is off here?",
}
