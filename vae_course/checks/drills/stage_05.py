"""Drills of stage 05: the loss of a batch and its units, hidden weights, and what a draw is."""

from __future__ import annotations

import math
import random

from vae_course.checks.drills import Item, drill, transfer


@drill
def hidden_beta_of_a_pixel_mean(rng: random.Random) -> Item:
    """Recon averaged over all pixels, KL summed over the latents: beta = D."""
    B, D, Z = rng.randint(8, 64), rng.randint(16, 99), rng.randint(2, 9)
    return Item(
        f"A training script works on batches of `B = {B}` pictures with `D = {D}` pixels and codes with `Z = {Z}` "
        "dimensions. Its loss is a recon plus a KL. The recon is the mean of minus the log-likelihood over all pixels "
        "of the batch; the KL is summed over the dimensions of each code and averaged over the batch. Up to a common "
        "factor this is `recon + beta*KL`, with both terms in nats a picture. How large is beta?",
        D,
        working=f"(1/{B}) / (1/({B}*{D}))",
        wrong={
            "wrong_term_weighted": 1 / D,
            "means_are_harmless": 1,
            "latents_counted": Z,
            "rows_counted_too": B * D,
            "kl_averaged_as_well": D / Z,
        },
    )


@drill
def hidden_beta_of_two_means(rng: random.Random) -> Item:
    """Recon averaged over the pixels, KL averaged over the latents: beta = D / Z."""
    D, Z = rng.randint(16, 99), rng.randint(2, 9)
    return Item(
        f"A training script works on pictures with `D = {D}` pixels and codes with `Z = {Z}` dimensions. Its loss is a "
        "recon plus a KL, and both are plain means: minus the log-likelihood is averaged over all pixels of the batch, "
        "and the KL over all dimensions of the batch's codes. Up to a common factor this is `recon + beta*KL`, with "
        "both terms in nats a picture. How large is beta?",
        D / Z,
        working=f"(1/{Z}) / (1/{D})",
        wrong={
            "wrong_term_weighted": Z / D,
            "means_are_harmless": 1,
            "kl_mean_overlooked": D,
            "pixel_mean_overlooked": 1 / Z,
            "factors_multiplied": D * Z,
        },
    )


@drill
def hidden_beta_of_a_squared_error(rng: random.Random) -> Item:
    """S + KL under a Gaussian decoder of standard deviation sigma: beta = 1 / (2 sigma^2)."""
    sigma = rng.choice((rng.randint(20, 45), rng.randint(55, 66), rng.randint(77, 92), rng.randint(110, 190))) / 100
    return Item(
        "The authors of a VAE say that its decoder is a Gaussian whose standard deviation is "
        f"`sigma = {sigma:g}` in every pixel, so that recon, minus the log-likelihood, follows from `S`, the squared "
        "error of a picture summed over its pixels. What their script minimises is `S + KL`. Up to a common factor and "
        "a constant this is `recon + beta*KL`. How large is beta?",
        1 / (2 * sigma**2),
        working=f"1/(2*{sigma:g}^2)",
        wrong={
            "wrong_term_weighted": 2 * sigma**2,
            "error_taken_for_nats": 1,
            "half_forgotten": 1 / sigma**2,
            "sigma_for_its_square": 1 / (2 * sigma),
        },
    )


@drill
def bits_a_pixel(rng: random.Random) -> Item:
    """n nats a picture are n / (D log 2) bits a pixel."""
    D = rng.choice((36, 49, 64, 81, 100, 121, 144, 196, 225, 256, 400, 576, 784))
    n = round(D * rng.uniform(0.12, 0.65), 1)
    return Item(
        f"A model's negative ELBO is `n = {n:g}` nats a picture, and a picture has `D = {D}` pixels. How many bits a "
        "pixel is that?",
        n / (D * math.log(2)),
        unit="bits",
        working=f"{n:g}/({D}*log(2))",
        wrong={
            "nats_a_pixel": n / D,
            "bits_a_picture": n / math.log(2),
            "conversion_inverted": n * math.log(2) / D,
        },
    )


@drill
def loss_of_a_batch(rng: random.Random) -> Item:
    """The loss in nats a picture from sums over the batch: (R + K) / B."""
    B = rng.randint(6, 32)
    R, K = round(B * rng.uniform(11, 29), 1), round(B * rng.uniform(3, 9), 1)
    return Item(
        f"A batch holds `B = {B}` pictures. Summed over its pixels and over all of its pictures, minus the "
        f"log-likelihood comes to `R = {R:g}` nats. The KL from the codes to the prior, summed over the dimensions and "
        f"over all pictures, comes to `K = {K:g}` nats. What is the loss of this batch, in nats a picture?",
        (R + K) / B,
        unit="nats",
        working=f"({R:g} + {K:g})/{B}",
        wrong={
            "batch_not_averaged": R + K,
            "kl_rewarded": (R - K) / B,
            "kl_not_averaged": R / B + K,
            "recon_not_averaged": R + K / B,
            "kl_left_out": R / B,
        },
    )


@drill
def cost_of_ignoring_the_code(rng: random.Random) -> Item:
    """The best recon of a decoder that ignores z, for D pixels that are white with probability p: D H(p)."""
    D, p = rng.randint(9, 99), rng.choice((rng.randint(8, 36), rng.randint(64, 92))) / 100
    entropy = _bce(p, p)
    return Item(
        f"Each of the `D = {D}` pixels of a picture is white with probability `p = {p:g}` and otherwise black, "
        "independently of the others. A decoder that ignores the code gives every picture the same "
        "probabilities. What is the smallest recon, minus the log-likelihood of a picture on average, that it can "
        "reach?",
        D * entropy,
        unit="nats",
        working=f"{D}*(-{p:g}*log({p:g}) - (1 - {p:g})*log(1 - {p:g}))",
        wrong={
            "white_pixels_only": -D * math.log(p),
            "coin_assumed": D * math.log(2),
            "one_pixel_only": entropy,
            "recon_in_bits": D * entropy / math.log(2),
            "squared_error_for_recon": D * p * (1 - p),
        },
    )


@drill
def draw_and_mean_picture(rng: random.Random) -> Item:
    """The expected number of pixels in which a draw agrees with the thresholded mean: the sum of max(p, 1 - p)."""
    p = [rng.choice((rng.randint(18, 40), rng.randint(60, 82))) / 100 for _ in range(5)]
    return Item(
        "For one code a decoder gives the five pixels of a picture the probabilities of white "
        + ", ".join(f"`p{i} = {chance:g}`" for i, chance in enumerate(p, 1))
        + ". The thresholded mean picture is white where this probability is above 1/2, and black elsewhere. A picture "
        "is drawn, each pixel by itself. In how many of the five pixels does it agree with the thresholded mean "
        "picture, on average?",
        sum(max(chance, 1 - chance) for chance in p),
        working=" + ".join(f"{max(chance, 1 - chance):g}" for chance in p),
        wrong={
            "mean_for_draw": 5,
            "coins_thrown": 2.5,
            "variances_taken_off": 5 - sum(chance * (1 - chance) for chance in p),
            "two_draws_compared": 5 - 2 * sum(chance * (1 - chance) for chance in p),
        },
    )


@drill
def saving_on_a_grey_pixel(rng: random.Random) -> Item:
    """What training can still take off the cross-entropy of a grey pixel: its loss less H(g)."""
    g = rng.choice((rng.randint(5, 32), rng.randint(68, 95))) / 100
    floor = _bce(g, g)
    loss = round(floor + rng.uniform(0.25, 1.4), 2)
    return Item(
        f"A pixel is grey, `g = {g:g}` on a scale from 0 to 1. A script scores it by "
        "`-g*log(p) - (1 - g)*log(1 - p)`, where `p` is the decoder's mean for it, and at the moment this comes to "
        f"`loss = {loss:g}`. How much of that can training take away at most?",
        loss - floor,
        unit="nats",
        working=f"{loss:g} - (-{g:g}*log({g:g}) - (1 - {g:g})*log(1 - {g:g}))",
        wrong={
            "grey_taken_for_binary": loss,
            "floor_of_a_coin": loss - math.log(2),
            "floor_for_saving": floor,
            "floor_below_reach": loss - g * (1 - g),
        },
    )


@drill
def data_set_from_a_batch(rng: random.Random) -> Item:
    """The estimate of a sum over N pictures from the mean over a batch: N times the mean."""
    N, B, mean = rng.randint(150, 999), rng.randint(8, 64), rng.randint(110, 390) / 10
    return Item(
        f"A data set has `N = {N}` pictures, and the objective is the negative ELBO summed over all of them. In a "
        f"batch of `B = {B}`, chosen at random, the negative ELBO is `mean = {mean:g}` nats a picture, averaged over "
        "the batch. What estimate of the objective does this batch give?",
        N * mean,
        unit="nats",
        working=f"{N}*{mean:g}",
        wrong={
            "mean_taken_for_sum": N / B * mean,
            "one_picture_only": mean,
            "batch_for_data_set": B * mean,
            "batch_counted_twice": N * B * mean,
        },
    )


@drill
def error_of_a_drawn_code(rng: random.Random) -> Item:
    """E_q[(x - w z)^2] = (x - w mu)^2 + w^2 sigma^2."""
    w, mu = _signed(rng, 12, 22) / 10, _signed(rng, 3, 15) / 10
    sigma = rng.randint(40, 85) / 100
    x = round(w * mu + _signed(rng, 8, 24) / 10, 1) + 0.0  # no "-0" in the text
    spread = w**2 * sigma**2
    return Item(
        f"A pixel of a grey picture is `x = {x:g}`, and a decoder's mean for it is `w*z` with `w = {w:g}`. The encoder "
        f"gives the code `z` the mean `mu = {mu:g}` and the standard deviation `sigma = {sigma:g}`. The ELBO averages "
        "over codes drawn from this Gaussian. What is the average of the squared error `(x - w*z)^2` under it?",
        (x - w * mu) ** 2 + spread,
        working=f"({x:g} - ({w:g})*({mu:g}))^2 + ({w:g})^2*{sigma:g}^2",
        wrong={
            "mean_in_place_of_a_sample": (x - w * mu) ** 2,
            "decoder_does_not_stretch": (x - w * mu) ** 2 + sigma**2,
            "spread_not_squared": (x - w * mu) ** 2 + w**2 * sigma,
            "spread_alone": spread,
            "spread_taken_off": (x - w * mu) ** 2 - spread,
        },
    )


@transfer("data_set_from_a_batch")
def data_set_from_a_sum_over_a_batch(rng: random.Random) -> Item:
    """The estimate of a sum over N pictures from the sum over a batch of B: N / B times the sum."""
    N, B = rng.randint(150, 999), rng.randint(8, 32)
    total = round(B * rng.randint(110, 300) / 10, 1)
    return Item(
        f"A data set has `N = {N}` pictures, and the objective is the negative ELBO summed over all of them. In a "
        f"batch of `B = {B}`, chosen at random, a loss with `reduction=\"sum\"` gives the negative ELBO of the batch "
        f"as `total = {total:g}` nats. What estimate of the objective does this batch give?",
        N / B * total,
        unit="nats",
        working=f"{N}/{B}*{total:g}",
        wrong={
            "sum_taken_for_mean": N * total,
            "batch_for_data_set": total,
            "one_picture_only": total / B,
            "share_turned_round": B / N * total,
        },
    )


@transfer("hidden_beta_of_a_squared_error")
def hidden_beta_of_a_mean_squared_error(rng: random.Random) -> Item:
    """M + KL with M the mean squared error over D pixels, under a standard deviation sigma: beta = D / (2 sigma^2)."""
    D = rng.randint(16, 99)
    sigma = rng.choice((rng.randint(20, 45), rng.randint(55, 66), rng.randint(77, 92), rng.randint(110, 190))) / 100
    return Item(
        f"The authors of a VAE for pictures with `D = {D}` pixels say that its decoder is a Gaussian whose standard "
        f"deviation is `sigma = {sigma:g}` in every pixel. What their script minimises is `M + KL`, where `M` is the "
        "squared error of a picture averaged over its pixels, and the KL is summed over the dimensions of its code. Up "
        "to a common factor and a constant this is `recon + beta*KL`, where recon is minus the log-likelihood of the "
        "picture. How large is beta?",
        D / (2 * sigma**2),
        working=f"{D}/(2*{sigma:g}^2)",
        wrong={
            "average_taken_for_a_sum": 1 / (2 * sigma**2),
            "error_taken_for_nats": D,
            "half_forgotten": D / sigma**2,
            "sigma_for_its_square": D / (2 * sigma),
        },
    )


@transfer("cost_of_ignoring_the_code")
def cost_of_ignoring_the_code_in_grey(rng: random.Random) -> Item:
    """The best recon of a Gaussian decoder that ignores z, for D pixels of variance v: D/2 (log(2 pi v) + 1)."""
    D, v = rng.randint(9, 99), rng.randint(18, 44) / 100
    return Item(
        f"Each of the `D = {D}` pixels of a picture is a real number, drawn from a Gaussian of variance `v = {v:g}`, "
        "independently of the others. A Gaussian decoder that ignores the code gives every picture the same means and "
        "the same standard deviation, all of which it may choose. (The log-density of a Gaussian with mean `m` and "
        "variance `s^2` is `-0.5*log(2*pi*s^2) - (x - m)^2/(2*s^2)`.) What is the smallest recon, minus the "
        "log-likelihood of a picture on average, that it can reach?",
        D / 2 * (math.log(2 * math.pi * v) + 1),
        unit="nats",
        working=f"{D}/2*(log(2*pi*{v:g}) + 1)",
        wrong={
            "variance_taken_for_a_chance": D * _bce(v, v),
            "fixed_sigma_of_one": D / 2 * (math.log(2 * math.pi) + v),
            "errors_for_nothing": D / 2 * math.log(2 * math.pi * v),
            "peak_for_nothing": D / 2,
            "one_pixel_only": (math.log(2 * math.pi * v) + 1) / 2,
        },
    )


def _bce(g: float, p: float) -> float:
    return -g * math.log(p) - (1 - g) * math.log(1 - p)


def _signed(rng: random.Random, least: int, most: int) -> int:
    return rng.choice((-1, 1)) * rng.randint(least, most)


MISTAKES = {
    # hidden betas
    "wrong_term_weighted": "That is one over the hidden weight: you weighted the recon where beta weighs the KL. "
    "Which of the two does the script count for less?",
    "means_are_harmless": "You took a mean for as good as a sum: it divides its term by a number, and the two terms "
    "are not divided alike. By what is each of them divided, beside the batch?",
    "latents_counted": "You counted the dimensions of the code, over which this script sums as it should. Which term "
    "is an average over too many things?",
    "rows_counted_too": "You also counted the pictures of the batch: both terms are averaged over them, so they "
    "cancel. By what else is the recon divided?",
    "kl_averaged_as_well": "You divided the KL by the dimensions of the code: this script sums over them. Which of "
    "the two terms is a mean here?",
    "kl_mean_overlooked": "You corrected the recon and forgot that the KL is a mean too. Over how many dimensions?",
    "pixel_mean_overlooked": "You corrected the KL and forgot that the recon is a mean too. Over how many pixels?",
    "factors_multiplied": "You let the two means push beta the same way: one makes the recon smaller, the other the "
    "KL, so they work against each other.",
    "error_taken_for_nats": "You took the squared error for the recon itself: a recon counts nats, and its slope "
    "depends on sigma. How many nats does an error of 1 cost under this Gaussian?",
    "half_forgotten": "Your number lacks the 1/2 of a Gaussian's exponent. What is the squared error divided by "
    "there?",
    "sigma_for_its_square": "You used sigma where the exponent of a Gaussian has the variance.",
    # bits_a_pixel
    "nats_a_pixel": "That is nats a pixel; bits were asked for. How many nats does one bit hold?",
    "bits_a_picture": "That is bits a picture; the question asks for one pixel.",
    "conversion_inverted": "You turned the conversion round: a bit is the smaller unit, about 0.69 nats. Should the "
    "number of bits be larger or smaller than the number of nats?",
    # loss_of_a_batch
    "batch_not_averaged": "That is the loss of the whole batch, which would double with twice as many pictures; the "
    "question asks for nats a picture.",
    "kl_rewarded": "You took the KL off, so that a code far from the prior would be rewarded. Is a loss made larger "
    "or smaller by a price?",
    "kl_not_averaged": "You averaged the recon over the batch and not the KL: that weighs the KL by the size of the "
    "batch, as a beta would.",
    "recon_not_averaged": "You averaged the KL over the batch and not the recon: that makes the KL nearly free. Are "
    "the two sums over the same pictures?",
    "kl_left_out": "That is the recon by itself; the loss also charges for the code.",
    # cost_of_ignoring_the_code
    "white_pixels_only": "You charged every pixel as if it were white: some are black, and they cost something else. "
    "How often does each of the two happen?",
    "coin_assumed": "That is the cost when white and black are given equal chances; a decoder that ignores the code "
    "may still know how common white is.",
    "one_pixel_only": "That is the cost of one pixel; a picture has several, and independent log-likelihoods add up.",
    "recon_in_bits": "That is the cost in bits; the course counts in nats, by the natural logarithm.",
    "squared_error_for_recon": "That is the average squared error, from a decoder with no likelihood. What is the "
    "log-probability of a white pixel, and of a black one?",
    # draw_and_mean_picture
    "mean_for_draw": "You took the mean picture for a draw: the most probable value of a pixel is not the one that "
    "always comes. How often does a pixel with probability 0.6 of white come out black?",
    "coins_thrown": "You let every pixel be a fair coin: these have probabilities of their own.",
    "variances_taken_off": "You took the variances off: the variance of a pixel is not the chance that it differs "
    "from its more probable value. Which of the two values must it take to differ?",
    "two_draws_compared": "That is how often two draws agree with each other; the thresholded mean picture does not "
    "vary.",
    # saving_on_a_grey_pixel
    "grey_taken_for_binary": "You took the whole loss for savings, and that holds only for a black or a white pixel: "
    "a grey one costs something under every `p`. Which `p` costs least?",
    "floor_of_a_coin": "You took log 2 for the least that a grey pixel costs, and that is so only halfway between "
    "black and white. Which `p` costs least for this grey?",
    "floor_for_saving": "That is what this pixel costs at best, and it remains; the question asks what can go.",
    "floor_below_reach": "You took off `g*(1 - g)`, a variance, and this loss never falls that low. What does the "
    "loss come to at its best `p`?",
    # data_set_from_a_batch
    "mean_taken_for_sum": "You treated the average over the batch as a sum: it has been divided by the size of the "
    "batch once already.",
    "one_picture_only": "That is the estimate for one picture; the objective is a sum over the data set.",
    "batch_for_data_set": "That is the sum over this batch, and the data set holds more pictures than these.",
    "batch_counted_twice": "You counted the size of the batch as well: a larger batch makes the estimate steadier and "
    "does not change what it estimates.",
    # error_of_a_drawn_code
    "mean_in_place_of_a_sample": "That is the error at the mean of the code, the mean in place of a sample: the ELBO "
    "averages over codes that vary. What does the spread of `z` add to a square?",
    "decoder_does_not_stretch": "You added the variance of the code to a squared error in pixels: the decoder "
    "stretches the code on the way. What is the variance of `w*z`?",
    "spread_not_squared": "You used sigma where the average of a square asks for the variance.",
    "spread_alone": "That is what the spread adds; the distance at the mean of the code counts too.",
    "spread_taken_off": "You took the spread off, as if noise made the error smaller. Could an average of squares "
    "then fall below 0?",
    # data_set_from_a_sum_over_a_batch
    "sum_taken_for_mean": "You took the sum over the batch for a mean: a larger batch would then make the same data "
    "set dearer. How many pictures does the number that you multiplied stand for?",
    "share_turned_round": "Your estimate for the data set is smaller than the sum over a part of it. How many such "
    "batches fill the data set?",
    # hidden_beta_of_a_mean_squared_error
    "average_taken_for_a_sum": "That would be the weight if the squared error were summed over the pixels; this script "
    "averages it. What does that do to the recon, next to the KL?",
    # cost_of_ignoring_the_code_in_grey
    "variance_taken_for_a_chance": "You used the cost of a coin: these pixels are real numbers, and `v` is a variance "
    "and no probability. Which log-likelihood does this decoder have?",
    "fixed_sigma_of_one": "Your decoder keeps a standard deviation of 1: it may choose a better one. How far are the "
    "pixels from their mean, on average?",
    "errors_for_nothing": "You charged for the height of the peak and let every pixel sit on it: they lie around their "
    "mean. What is the average of a squared distance, over twice the variance?",
    "peak_for_nothing": "You charged for the errors and left out the height of the Gaussian's peak, which depends on "
    "the variance.",
}
