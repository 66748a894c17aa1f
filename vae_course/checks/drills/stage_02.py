"""Drills of stage 02: the bound, its two terms, what it leaves out, and what that means."""

from __future__ import annotations

import math
import random

from vae_course.checks.drills import Item, drill, transfer


@drill
def elbo_of_two_states(rng: random.Random) -> Item:
    """The ELBO of a code with two states: the sum of q log(j / q)."""
    (j1, q1), (j2, q2) = rng.sample(_poor_choice(rng), 2)
    expected = q1 * math.log(j1) + q2 * math.log(j2)
    entropy = -q1 * math.log(q1) - q2 * math.log(q2)
    return Item(
        f"A code `z` has two states. For what was seen, `x`, the joint probability `p(x, z)` is `j1 = {j1:g}` in "
        f"state 1 and `j2 = {j2:g}` in state 2. You choose a `q` that gives state 1 the probability `q1 = {q1:g}` "
        "and state 2 the rest. What is the ELBO?",
        expected + entropy,
        unit="nats",
        working=f"{q1:g}*log({j1:g}/{q1:g}) + (1 - {q1:g})*log({j2:g}/(1 - {q1:g}))",
        wrong={
            "entropy_forgotten": expected,
            "not_averaged_under_q": (math.log(j1 / q1) + math.log(j2 / q2)) / 2,
            "evidence_for_bound": math.log(j1 + j2),
            "entropy_subtracted": expected - entropy,
        },
    )


@drill
def evidence_from_its_pieces(rng: random.Random) -> Item:
    """log p(x) = R - KL(q || p(z)) + gap."""
    R, KL, gap = -rng.randint(15, 40) / 10, rng.randint(18, 30) / 10, rng.randint(4, 8) / 10
    return Item(
        f"For one `x` and one `q`, the average of `log p(x|z)` under `q` is `R = {R:g}`. The KL from `q` to the "
        f"prior `p(z)` is `KL = {KL:g}`, and the KL from `q` to the posterior `p(z|x)` is `gap = {gap:g}`. What is "
        "`log p(x)`?",
        R - KL + gap,
        unit="nats",
        working=f"{R:g} - {KL:g} + {gap:g}",
        wrong={
            "bound_for_evidence": R - KL,
            "gap_subtracted": R - KL - gap,
            "price_added": R + KL + gap,
            "price_forgotten": R + gap,
            "signs_exchanged": R + KL - gap,
        },
    )


@drill
def lost_by_jensen(rng: random.Random) -> Item:
    """The log of the mean of two weights less the mean of their logs."""
    w1, w2 = rng.randint(12, 30) / 10, rng.randint(130, 300) / 10
    if rng.random() < 0.5:
        w1, w2 = w2, w1
    of_mean, of_logs = math.log((w1 + w2) / 2), (math.log(w1) + math.log(w2)) / 2
    return Item(
        f"A weight is `w1 = {w1:g}` or `w2 = {w2:g}`, with equal chance. By how many nats does the average of its "
        "logarithm lie below the logarithm of its average?",
        of_mean - of_logs,
        unit="nats",
        working=f"log(({w1:g} + {w2:g})/2) - (log({w1:g}) + log({w2:g}))/2",
        wrong={
            "log_of_the_mean_alone": of_mean,
            "mean_of_logs_alone": of_logs,
            "inequality_reversed": of_logs - of_mean,
            "halving_forgotten": math.log(w1 + w2) - of_logs,
            "logs_never_taken": (w1 + w2) / 2 - math.sqrt(w1 * w2),
        },
    )


@drill
def exact_or_bound(rng: random.Random) -> Item:
    """Three steps lead from log p(x) to the bound, and one of them loses something: log E_q[w] - E_q[log w]."""
    q1 = rng.choice((rng.randint(15, 35), rng.randint(65, 85))) / 100
    w1, w2 = rng.sample((rng.randint(4, 14) / 100, rng.randint(40, 95) / 100), 2)
    evidence = math.log(q1 * w1 + (1 - q1) * w2)
    bound = q1 * math.log(w1) + (1 - q1) * math.log(w2)
    unweighted = math.log((w1 + w2) / 2) - (math.log(w1) + math.log(w2)) / 2
    return Item(
        "Four lines lead from the evidence to the bound: first `log p(x)`; second `log E_q[w]`, where `w` is "
        "`p(x, z) / q(z)` and `E_q` averages under `q`; third `E_q[log w]`; fourth "
        "`E_q[log p(x|z)] - KL(q || p(z))`. The code has two states, in which the weight `w` is "
        f"`w1 = {w1:g}` and `w2 = {w2:g}`; `q` gives state 1 the probability `q1 = {q1:g}` and state 2 the rest. "
        "By how many nats does the fourth line lie below the first?",
        evidence - bound,
        unit="nats",
        working=f"log({q1:g}*{w1:g} + (1 - {q1:g})*{w2:g}) - ({q1:g}*log({w1:g}) + (1 - {q1:g})*log({w2:g}))",
        wrong={
            "every_step_a_bound": 3 * (evidence - bound),
            "two_steps_a_bound": 2 * (evidence - bound),
            "states_counted_equally": unweighted,
            "bound_for_loss": bound,
            "evidence_for_loss": evidence,
            "order_reversed": bound - evidence,
        },
    )


@drill
def gap_on_the_line(rng: random.Random) -> Item:
    """The gap of a Gaussian q on the Line: KL(q || N(x / 1.5, 1/3))."""
    x = rng.choice((-1, 1)) * rng.randint(6, 30) / 10
    mean = x / 1.5
    mu = round(mean + rng.choice((-1, 1)) * rng.randint(3, 9) / 10, 1) + 0.0  # no "-0" in the text
    v = rng.choice((rng.randint(10, 22), rng.randint(55, 90))) / 100
    gap = _kl(mu, v, mean, 1 / 3)
    return Item(
        "On the Line, `z` is drawn from N(0, 1), and `x` given `z` from N(z, 0.5), where the second number is a "
        f"variance. For `x = {x:g}` the posterior of `z` is then N(x/1.5, 1/3). Your `q` is a Gaussian with mean "
        f"`mu = {mu:g}` and variance `v = {v:g}`. (The KL from N(a, b) to N(c, d) is "
        "`0.5*(log(d/b) + (b + (a - c)^2)/d - 1)`.) By how many nats does the ELBO of this `q` lie below `log p(x)`?",
        gap,
        unit="nats",
        working=f"0.5*(log((1/3)/{v:g}) + ({v:g} + ({mu:g} - ({x:g})/1.5)^2)/(1/3) - 1)",
        wrong={
            "term_taken_for_gap": _kl(mu, v, 0, 1),
            "roles_swapped": _kl(mean, 1 / 3, mu, v),
            "half_forgotten": 2 * gap,
            "spread_ignored": 1.5 * (mu - mean) ** 2,
            "prior_to_posterior": _kl(0, 1, mean, 1 / 3),
        },
    )


@drill
def elbo_of_the_prior(rng: random.Random) -> Item:
    """The ELBO at q = prior when x given z is N(z, v): -log(2 pi v) / 2 - (x^2 + 1) / (2 v)."""
    v, x = rng.randint(28, 55) / 100, rng.choice((-1, 1)) * rng.randint(6, 14) / 10
    constant = -0.5 * math.log(2 * math.pi * v)
    return Item(
        f"A code `z` is drawn from N(0, 1), and `x` given `z` is a Gaussian with mean `z` and variance `v = {v:g}`. "
        f"You see `x = {x:g}`, and you take the prior itself for `q`, so that the KL to the prior is 0. (The "
        "log-density of a Gaussian with mean `z` and variance `v` is `-0.5*log(2*pi*v) - (x - z)^2/(2*v)`.) What "
        "is the ELBO?",
        constant - (x**2 + 1) / (2 * v),
        unit="nats",
        working=f"-0.5*log(2*pi*{v:g}) - (({x:g})^2 + 1)/(2*{v:g})",
        wrong={
            "no_price_so_tight": -0.5 * math.log(2 * math.pi * (1 + v)) - x**2 / (2 * (1 + v)),
            "spread_of_the_prior_forgotten": constant - x**2 / (2 * v),
            "constant_dropped": -(x**2 + 1) / (2 * v),
            "half_of_the_exponent_forgotten": constant - (x**2 + 1) / v,
        },
    )


@drill
def gap_of_one_bump(rng: random.Random) -> Item:
    """The gap of the best single Gaussian on a posterior of far bumps: minus the log of the largest bump's weight."""
    large = rng.randint(59, 74)
    middle = round((100 - large) * rng.uniform(0.55, 0.8))
    weights = [part / 100 for part in (large, middle, 100 - large - middle)]
    rng.shuffle(weights)
    return Item(
        "A posterior has three Gaussian bumps, equally narrow and very far apart, which hold "
        + ", ".join(f"`b{i} = {b:g}`" for i, b in enumerate(weights, 1))
        + " of its probability. Your `q` must be a single Gaussian, whichever you like. How small can you make the gap "
        "`KL(q || p(z|x))`?",
        -math.log(max(weights)),
        unit="nats",
        working=f"-log({max(weights):g})",
        wrong={
            "probability_for_nats": 1 - max(weights),
            "bumps_taken_for_equal": math.log(3),
            "smallest_bump": -math.log(min(weights)),
            "average_over_bumps": -sum(b * math.log(b) for b in weights),
            "weight_itself": max(weights),
        },
    )


@drill
def alarm_in_standard_errors(rng: random.Random) -> Item:
    """How many standard errors an average of K estimates lies above log p(x): (average - log p) / (s / sqrt(K))."""
    log_p = -rng.randint(150, 400) / 100
    above, s, K = rng.randint(4, 30) / 100, rng.randint(3, 19) / 10, rng.choice((25, 49, 64, 81, 100, 144, 225, 400))
    average = round(log_p + above, 2)
    return Item(
        f"On a model whose exact `log p(x)` is `log_p = {log_p:g}`, you average `K = {K}` independent one-sample "
        f"estimates of the ELBO. You get `average = {average:g}`, and the standard deviation of a single estimate is "
        f"`s = {s:g}`. By how many standard errors does your average lie above `log p(x)`, which no ELBO can exceed?",
        (average - log_p) / (s / K**0.5),
        working=f"({average:g} - ({log_p:g})) / ({s:g}/sqrt({K}))",
        wrong={
            "spread_for_error": (average - log_p) / s,
            "error_shrinks_with_K": (average - log_p) / (s / K),
            "nats_for_errors": average - log_p,
            "below_for_above": (log_p - average) / (s / K**0.5),
        },
    )


@drill
def amortization_gap(rng: random.Random) -> Item:
    """The best ELBO of a family of q for this x, less the ELBO of the q that the encoder gives."""
    shape, encoder = rng.sample((rng.randint(5, 40) / 100, rng.randint(50, 150) / 100), 2)
    log_p = -rng.randint(150, 300) / 100
    best = round(log_p - shape, 2)
    given = round(best - encoder, 2)
    return Item(
        f"For one `x`, `log p(x)` is `log_p = {log_p:g}`. The best Gaussian `q` for this `x` alone has the ELBO "
        f"`best = {best:g}`; the Gaussian that an encoder, shared by all data points, gives for it has the ELBO "
        f"`given = {given:g}`. How large is the amortization gap?",
        best - given,
        unit="nats",
        working=f"{best:g} - ({given:g})",
        wrong={
            "whole_gap": log_p - given,
            "approximation_gap": log_p - best,
            "gap_below_zero": given - best,
            "gaps_subtracted": (log_p - best) - (best - given),
        },
    )


@transfer("evidence_from_its_pieces")
def evidence_from_joint_and_entropy(rng: random.Random) -> Item:
    """log p(x) = E_q[log p(x, z)] + entropy of q + gap."""
    J, H, gap = -rng.randint(45, 75) / 10, rng.randint(17, 26) / 10, rng.randint(4, 6) / 10
    return Item(
        f"For one `x` and one `q`, the average of `log p(x, z)` under `q` is `J = {J:g}`. The average of `-log q(z)` "
        f"under `q`, its entropy, is `H = {H:g}`, and the KL from `q` to the posterior `p(z|x)` is `gap = {gap:g}`. "
        "What is `log p(x)`?",
        J + H + gap,
        unit="nats",
        working=f"{J:g} + {H:g} + {gap:g}",
        wrong={
            "entropy_paid": J - H + gap,
            "entropy_left_out": J + gap,
            "bound_for_evidence": J + H,
            "gap_subtracted": J + H - gap,
        },
    )


@transfer("lost_by_jensen")
def lost_by_jensen_in_logs(rng: random.Random) -> Item:
    """The log of the mean of two weights less the mean of their logs, from the logs."""
    l1 = rng.randint(5, 16) / 10
    l2 = round(l1 + rng.randint(16, 36) / 10, 1)
    if rng.random() < 0.5:
        l1, l2 = l2, l1
    of_mean, of_logs = math.log((math.exp(l1) + math.exp(l2)) / 2), (l1 + l2) / 2
    return Item(
        f"The logarithm of a weight is `l1 = {l1:g}` or `l2 = {l2:g}`, with equal chance. By how many nats does the "
        "average of this logarithm lie below the logarithm of the average weight?",
        of_mean - of_logs,
        unit="nats",
        working=f"log((exp({l1:g}) + exp({l2:g}))/2) - ({l1:g} + {l2:g})/2",
        wrong={
            "logs_taken_for_weights": math.log((l1 + l2) / 2) - (math.log(l1) + math.log(l2)) / 2,
            "log_of_the_mean_alone": of_mean,
            "mean_of_logs_alone": of_logs,
            "inequality_reversed": of_logs - of_mean,
            "halving_forgotten": of_mean + math.log(2) - of_logs,
        },
    )


@transfer("amortization_gap")
def amortization_gap_in_losses(rng: random.Random) -> Item:
    """The loss of the encoder's q less that of the best q, from sums over N pictures, for one picture."""
    N = rng.randint(12, 40)
    shape, encoder = rng.sample((rng.randint(5, 40) / 100, rng.randint(50, 150) / 100), 2)
    log_p = rng.randint(1500, 6500) / 10
    best = round(log_p + N * shape, 1)
    given = round(best + N * encoder, 1)
    return Item(
        f"All numbers here are losses, minus a logarithm in nats, summed over `N = {N}` test pictures. `-log p(x)` "
        f"comes to `exact = {log_p:g}`. The negative ELBO comes to `best = {best:g}` with the best Gaussian `q` for "
        f"each picture alone, and to `given = {given:g}` with the Gaussians that an encoder, shared by all pictures, "
        "gives. How many nats a picture is the amortization gap?",
        (given - best) / N,
        unit="nats",
        working=f"({given:g} - {best:g})/{N}",
        wrong={
            "gap_below_zero": best - given,
            "gap_of_the_set": given - best,
            "whole_gap": (given - log_p) / N,
            "approximation_gap": (best - log_p) / N,
        },
    )


def _poor_choice(rng: random.Random) -> list[tuple[float, float]]:
    """Two states, each with its joint probability and q, which prefers the state that explains less: a clear gap."""
    q = rng.randint(56, 66)
    return [(rng.randint(4, 12) / 100, q / 100), (rng.randint(20, 34) / 100, (100 - q) / 100)]


def _kl(mu_q: float, v_q: float, mu_p: float, v_p: float) -> float:
    return (math.log(v_p / v_q) + (v_q + (mu_q - mu_p) ** 2) / v_p - 1) / 2


MISTAKES = {
    # elbo_of_two_states
    "entropy_forgotten": "That is the average of the log joint: the ratio also has `q` in it, and its log is "
    "averaged too. What is the best `q` for your formula, and would it leave any doubt?",
    "not_averaged_under_q": "You counted both states alike, and `q` visits one of them more often. Under which "
    "distribution is the bound an average?",
    "evidence_for_bound": "That is `log p(x)` itself, with no `q` in it; the bound depends on `q` and lies below, "
    "unless `q` is the posterior.",
    "entropy_subtracted": "You multiplied the joint by `q` where the ratio divides by it: that takes the entropy of "
    "`q` off instead of adding it.",
    # evidence_from_its_pieces
    "bound_for_evidence": "That is the ELBO; it lies below `log p(x)`, and you were told by how much.",
    "gap_subtracted": "You went down from the ELBO by the gap, as if it were a ceiling. On which side of a floor "
    "does `log p(x)` lie?",
    "price_added": "You added the KL to the prior: it is a price, and the ELBO pays it.",
    "price_forgotten": "You left out the KL to the prior: it is a term of the ELBO, and so it has to be paid first.",
    "signs_exchanged": "The two divergences have changed places: one is a price inside the ELBO, the other is what "
    "the ELBO lacks. Which of them knows the posterior?",
    # lost_by_jensen
    "log_of_the_mean_alone": "That is the logarithm of the average, the larger of the two sides; the question asks "
    "how far apart the two are.",
    "mean_of_logs_alone": "That is the average of the logarithms, one of the two sides; the question asks how far "
    "apart the two are.",
    "inequality_reversed": "Your number is below 0, as if the average of the logs were the larger one. Does a log "
    "reward a large weight as much as it punishes a small one?",
    "halving_forgotten": "You took the log of the sum: the average of two weights is half of that, and here it "
    "costs you log 2.",
    "logs_never_taken": "You compared two averages of the weights themselves: that difference doubles when the "
    "weights do, and a difference of logs would not.",
    # exact_or_bound
    "every_step_a_bound": "You charged the loss at each of the three steps, as if all of them were bounds: some "
    "only rewrite the same number. Which step moves the log past an average?",
    "two_steps_a_bound": "You charged the loss at two steps, and one of those only rewrites the same number. Which "
    "step moves the log past an average?",
    "states_counted_equally": "You counted both states alike: `E_q` weighs them by `q`.",
    "bound_for_loss": "That is the bound itself, the value of the last two lines. How far does it lie below the "
    "first?",
    "evidence_for_loss": "That is `log p(x)`, the value of the first two lines. How far below it does the last one "
    "lie?",
    "order_reversed": "Your number is below 0, as if the bound were above `log p(x)`. Which of the two is the "
    "floor?",
    # gap_on_the_line
    "term_taken_for_gap": "That is the KL to the prior, a term of the ELBO: the gap compares `q` with another "
    "distribution. With which one is the ELBO exact?",
    "roles_swapped": "You took the average under the posterior, with the roles swapped: the ELBO averages under "
    "`q`.",
    "half_forgotten": "Your number lacks the 1/2 that stands in front of the whole KL.",
    "spread_ignored": "You compared the means and left out the spreads: a `q` in the right place may still be too "
    "sure or too unsure.",
    "prior_to_posterior": "That is the KL from the prior to the posterior, and your `q` plays no part in it.",
    # elbo_of_the_prior
    "no_price_so_tight": "That is `log p(x)`: no price to the prior does not mean that nothing is lost. To which "
    "distribution must `q` be equal for that?",
    "spread_of_the_prior_forgotten": "You scored the decoder at `z` equal to 0, the middle of the prior: the bound "
    "averages over all codes that `q` draws. What is the average of `(x - z)^2` when `z` varies?",
    "constant_dropped": "You left out the height of the Gaussian's peak, which does not depend on `z` and is there "
    "all the same.",
    "half_of_the_exponent_forgotten": "In your number the squared distance costs twice what it should: there is a "
    "1/2 in the exponent.",
    # gap_of_one_bump
    "probability_for_nats": "That is the probability that `q` leaves out; a gap is counted in nats, as an average "
    "of a log-ratio. How many times higher than the posterior is `q` on its bump?",
    "bumps_taken_for_equal": "That is the gap for three equal bumps, and these are not equal.",
    "smallest_bump": "Your `q` sits on the smallest bump, and you may choose a better one.",
    "average_over_bumps": "You averaged over the bumps as the posterior visits them; the KL averages under `q`. On "
    "how many of them can a single narrow Gaussian sit?",
    "weight_itself": "That is the probability of a bump; the gap is an average of log-ratios, and it shrinks as `q` "
    "covers more.",
    # alarm_in_standard_errors
    "spread_for_error": "You measured in standard deviations of one estimate; an average of many is steadier than "
    "that.",
    "error_shrinks_with_K": "You let the error shrink in proportion to `K`: that is too fast, since in a sum of "
    "independent draws highs and lows cancel only in part.",
    "nats_for_errors": "That is the distance in nats; whether it is chance or a mistake depends on how much an "
    "average of `K` estimates wobbles.",
    "below_for_above": "The sign is turned round: this average is higher than `log p(x)`.",
    # amortization_gap
    "whole_gap": "That is all that is lost, and a part of it no Gaussian could have avoided. Which part is due to "
    "the encoder?",
    "approximation_gap": "That is the approximation gap, what the family of Gaussians costs even at its best. What "
    "does sharing one encoder add?",
    "gap_below_zero": "Your number is below 0: the encoder's `q` cannot be better than the best one.",
    "gaps_subtracted": "You took the two gaps from each other: they are two pieces of what lies between `log p(x)` "
    "and the encoder's ELBO.",
    # evidence_from_joint_and_entropy
    "entropy_paid": "You took the entropy off as if it were a price: a KL to the prior is paid, and the entropy is "
    "what keeps `q` from shrinking to a point. Should a `q` that leaves more open have a lower bound?",
    "entropy_left_out": "You left out the entropy of `q`: the average of the log joint by itself is not a bound that "
    "the gap could close. Of which ratio is the bound the average log?",
    # lost_by_jensen_in_logs
    "logs_taken_for_weights": "You took the two numbers for weights, and they are the logarithms of weights already. "
    "What has to be undone before anything is averaged?",
    # amortization_gap_in_losses
    "gap_of_the_set": "That is the gap of all the pictures together; the question asks for one picture.",
}
