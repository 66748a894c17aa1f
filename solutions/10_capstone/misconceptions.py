"""Wrong answers to stage 10, each with the sentence that names it and a question that leads out of it."""

import copy
import math

import torch
from torch.distributions import Bernoulli, Normal, kl_divergence

from vae_course.checks.bank import wrong


def differing(x, states):
    """In how many pixels each picture differs from each state, (B, S)."""
    return (x[:, None] - states).abs().sum(-1)


def chances(x, states, flip):
    """log p(x|state), (B, S)."""
    flipped = differing(x, states)
    return flipped * math.log(flip) + (x.shape[1] - flipped) * math.log(1 - flip)


def said(**changes):
    """The right diagnoses, with some changed."""
    words = {
        "A": "shared photographs", "B": "sound", "C": "warm-up too long", "D": "sound", "E": "variance for sigma", "F": "pixel mean",
        "G": "sound", "H": "part price", "I": "mean of logs", "J": "sound",
    }
    return words | changes


def places_of(photo, sets):
    """The places of the files of each set of photographs."""
    return tuple(torch.isin(photo, chosen).nonzero()[:, 0] for chosen in sets)


def dealt(photo, generator):
    """The photographs in a random order."""
    photographs = photo.unique()
    return photographs[torch.randperm(len(photographs), generator=generator)]


def bernoulli(x, logits):
    return Bernoulli(logits=logits, validate_args=False).log_prob(x)


def price(mu, logvar):
    """The KL of each latent, (B, Z)."""
    return kl_divergence(Normal(mu, torch.exp(0.5 * logvar)), Normal(0.0, 1.0))


def terms(model, x, eps):
    """recon and kl, as they should be."""
    mu, logvar = model.encode(x)
    z = mu + torch.exp(0.5 * logvar) * eps
    return -bernoulli(x, model.decode(z)).sum(-1).mean(), price(mu, logvar).sum(-1).mean()


def weight_at(step, warmup_steps):
    return min(step / warmup_steps, 1.0) if warmup_steps else 1.0


def told(recon, kl, weight):
    return {"loss": recon + weight * kl, "recon": recon, "kl": kl}


def log_weights_of(model, x, eps):
    """Log-weights, (K, N), with the encoder's outputs."""
    mu, logvar = model.encode(x)
    sigma = torch.exp(0.5 * logvar)
    z = mu + sigma * eps
    log_q = Normal(mu, sigma).log_prob(z).sum(-1)
    return model.log_likelihood(x, z) + Normal(0.0, 1.0).log_prob(z).sum(-1) - log_q, mu, logvar


def reported(model, x, log_evidence, eps, **changes):
    """The right report, with some of its numbers changed; the gaps follow from the two bounds."""
    log_w, mu, logvar = log_weights_of(model, x, eps)
    numbers = {
        "elbo": log_w.mean(), "iwae": (torch.logsumexp(log_w, 0) - math.log(len(log_w))).mean(),
        "kl": price(mu, logvar).sum(-1).mean(), "active_units": int((mu.var(0) > 0.01).sum()),
    } | changes
    gaps = {"encoder_gap": numbers["iwae"] - numbers["elbo"], "model_gap": log_evidence.mean() - numbers["iwae"]}
    return gaps | numbers


def readout(codes, factors):
    """Slopes and constants of the least-squares readout, (Z + 1, F)."""
    return torch.linalg.lstsq(with_ones(codes), factors).solution


def with_ones(codes):
    return torch.cat([codes, torch.ones_like(codes[:, :1])], 1)


def squares_left(codes, factors, new_codes, new_factors):
    """The squared errors of the readout on new data, (M, F)."""
    return (new_factors - with_ones(new_codes) @ readout(codes, factors)).square()


def squares_around(values, centre):
    return (values - centre).square().sum(0)


def run(model, pictures, steps, generator, loss, parameters=None, lr=0.01):
    """Train by a loss of model, x, eps and step."""
    optimizer = torch.optim.Adam(list(parameters or model.parameters()), lr=lr)
    for step in range(steps):
        rows = torch.randint(len(pictures), (64,), generator=generator)
        eps = torch.randn(64, model.z_dim, generator=generator)
        optimizer.zero_grad()
        loss(model, pictures[rows], eps, step).backward()
        optimizer.step()
    return model


def sound_loss(steps):
    """The loss as it should be, with a warm-up of a quarter of the steps."""
    return lambda model, x, eps, step: told(*terms(model, x, eps), weight_at(step, steps // 4))["loss"]


# --- gauge_evidence ---


@wrong(
    "gauge_evidence",
    "You add the chances of the states up and do not average them: each value is too large by the log of how many states there are.",
    "How likely is one state before a picture is seen?",
)
def states_added_up(x, states, flip):
    return torch.logsumexp(chances(x, states, flip), 1)


@wrong(
    "gauge_evidence",
    "You average the logarithms over the states. By Jensen's inequality that lies below log p(x), and far below it here, as states that are out "
    "of the question pull it down.",
    "Which comes first, the mean over the states or the logarithm?",
)
def mean_of_the_logs(x, states, flip):
    return chances(x, states, flip).mean(1)


@wrong(
    "gauge_evidence",
    "You keep the nearest state, at its share of the prior, and drop the others. That is a bound on log p(x): other states could have made the "
    "picture too.",
    "What do the states that come second and third add to the chance?",
)
def nearest_state(x, states, flip):
    return chances(x, states, flip).max(1).values - math.log(len(states))


@wrong(
    "gauge_evidence",
    "You give the log-likelihood of the nearest state: how likely that state is in itself has no part in it.",
    "Once the state is known nothing is hidden; what is the price of not knowing it?",
)
def nearest_state_for_certain(x, states, flip):
    return chances(x, states, flip).max(1).values


@wrong(
    "gauge_evidence",
    "You average each pixel over the states and multiply the pixels afterwards, as if every pixel chose a state of its own.",
    "One state made all pixels of a picture: over what is the product then, inside the mean?",
)
def every_pixel_by_itself(x, states, flip):
    lit = (states * (1 - flip) + (1 - states) * flip).mean(0)
    return (x * lit.log() + (1 - x) * (1 - lit).log()).sum(1)


@wrong(
    "gauge_evidence",
    "The chance of each picture is written out before the logarithm. On 900 pixels it is smaller than single precision can hold, and becomes 0.",
    "What can be taken out of a sum of exponentials before it is formed?",
)
def written_out(x, states, flip):
    return chances(x, states, flip).exp().mean(1).log()


@wrong(
    "gauge_evidence",
    "The two chances have changed places: with yours a pixel that agrees with the state counts as flipped.",
    "If no pixel differs, should the chance be large or small?",
)
def flips_exchanged(x, states, flip):
    return torch.logsumexp(chances(x, 1 - states, flip), 1) - math.log(len(states))


@wrong(
    "gauge_evidence",
    "Only pixels that differ count with you. That the others were not flipped has a chance too, below 1 for each of them.",
    "What is the chance that a pixel is seen as it is?",
)
def only_what_was_flipped(x, states, flip):
    return torch.logsumexp(differing(x, states) * math.log(flip), 1) - math.log(len(states))


@wrong(
    "gauge_evidence",
    "Only pixels that agree count with you; the flipped ones cost nothing.",
    "How likely is it that a pixel is flipped?",
)
def only_what_was_kept(x, states, flip):
    kept = x.shape[1] - differing(x, states)
    return torch.logsumexp(kept * math.log(1 - flip), 1) - math.log(len(states))


@wrong(
    "gauge_evidence",
    "Only lit pixels of the picture count with you. A dark one has a chance as well, and says as much.",
    "What does a dark pixel say about a state that is lit there?",
)
def lit_pixels_only(x, states, flip):
    lit = states * (1 - flip) + (1 - states) * flip
    return torch.logsumexp(x @ lit.log().T, 1) - math.log(len(states))


@wrong(
    "gauge_evidence",
    "You average over the pixels where their logarithms add up: the values are as if each picture had a single pixel.",
    "The pixels are flipped independently; what becomes of their chances, and of the logs?",
)
def averaged_over_pixels(x, states, flip):
    return torch.logsumexp(chances(x, states, flip) / x.shape[1], 1) - math.log(len(states))


@wrong(
    "gauge_evidence",
    "The result is in bits: everything is right but the base of the logarithm.",
    "Which logarithm gives nats?",
)
def in_bits(x, states, flip):
    return (torch.logsumexp(chances(x, states, flip), 1) - math.log(len(states))) / math.log(2)


@wrong(
    "gauge_evidence",
    "You add the log of the number of states where it has to be taken off.",
    "Is a mean of S numbers larger or smaller than their sum?",
)
def log_S_added(x, states, flip):
    return torch.logsumexp(chances(x, states, flip), 1) + math.log(len(states))


@wrong(
    "gauge_evidence",
    "You divide the logarithm by the number of states. To average chances, the sum inside the logarithm is divided.",
    "What happens to a logarithm when its argument is divided by S?",
)
def logarithm_divided(x, states, flip):
    return torch.logsumexp(chances(x, states, flip), 1) / len(states)


@wrong(
    "gauge_evidence",
    "You treat a flip as a Gaussian error with the standard deviation `flip`. Pixels are 0 or 1, and the camera turns some round.",
    "How many values can a pixel take, and with which chance does it take each?",
)
def gaussian_pixels(x, states, flip):
    each = Normal(states, flip).log_prob(x[:, None]).sum(-1)
    return torch.logsumexp(each, 1) - math.log(len(states))


@wrong(
    "gauge_evidence",
    "You take the pixels of a state for logits: a lit one then has the chance 0.73 and a dark one 0.5, whatever `flip` is.",
    "Which logit belongs to the chance 1 − flip, and which to flip?",
)
def states_as_logits(x, states, flip):
    each = bernoulli(x[:, None], states + 0 * x[:, None]).sum(-1)
    return torch.logsumexp(each, 1) - math.log(len(states))


@wrong(
    "gauge_evidence",
    "You put the chance of a lit pixel where a logit is expected, so it is squashed once more.",
    "What does the function that you call expect: a chance, or something that becomes one?",
)
def chances_as_logits(x, states, flip):
    lit = states * (1 - flip) + (1 - states) * flip
    return torch.logsumexp(bernoulli(x[:, None], lit + 0 * x[:, None]).sum(-1), 1) - math.log(len(states))


@wrong(
    "gauge_evidence",
    "You return one number, the mean over the pictures; each keeps its own here.",
    "How many numbers does a batch of B pictures need?",
)
def mean_over_pictures(x, states, flip):
    return (torch.logsumexp(chances(x, states, flip), 1) - math.log(len(states))).mean()


# --- impossible ---


@wrong(
    "impossible",
    "You sound the alarm as soon as one bound is above the evidence of its picture. Estimates scatter, and about half of all single ones are.",
    "Which average does the law of the bound speak about?",
)
def any_above(elbo, log_evidence):
    return bool((elbo > log_evidence).any())


@wrong(
    "impossible",
    "You wait until every bound is above its evidence. A report is impossible long before that.",
    "Can an average be above 0 with some of its numbers below?",
)
def all_above(elbo, log_evidence):
    return bool((elbo > log_evidence).all())


@wrong(
    "impossible",
    "You compare the two means and never ask how far chance moves them: every second harmless report raises the alarm.",
    "How much does a mean of N differences scatter?",
)
def means_compared(elbo, log_evidence):
    return bool(elbo.mean() > log_evidence.mean())


@wrong(
    "impossible",
    "You ask for one standard error. Chance exceeds that once in six reports.",
    "How many standard errors are asked for?",
)
def one_standard_error(elbo, log_evidence):
    above = elbo - log_evidence
    return bool(above.mean() > above.std() / len(above) ** 0.5)


@wrong(
    "impossible",
    "You ask for two standard errors, and four are needed.",
    "How many standard errors are asked for?",
)
def two_standard_errors(elbo, log_evidence):
    above = elbo - log_evidence
    return bool(above.mean() > 2 * above.std() / len(above) ** 0.5)


@wrong(
    "impossible",
    "You ask for three standard errors, and four are needed: over many reports, three raise false alarms.",
    "How many standard errors are asked for?",
)
def three_standard_errors(elbo, log_evidence):
    above = elbo - log_evidence
    return bool(above.mean() > 3 * above.std() / len(above) ** 0.5)


@wrong(
    "impossible",
    "You compare the mean with the spread of single differences. That does not shrink with more pictures, so a thousand of them prove no more than "
    "five.",
    "What has to be done to a standard deviation to get the standard error of a mean?",
)
def spread_of_single_differences(elbo, log_evidence):
    above = elbo - log_evidence
    return bool(above.mean() > 4 * above.std())


@wrong(
    "impossible",
    "Your difference is turned round: you raise the alarm for bounds far below the evidence, which is where bounds should be.",
    "On which side of the evidence may a lower bound not be?",
)
def turned_round(elbo, log_evidence):
    below = log_evidence - elbo
    return bool(below.mean() > 4 * below.std() / len(below) ** 0.5)


@wrong(
    "impossible",
    "You raise the alarm on both sides. A bound far below the evidence is a poor one, and possible.",
    "Which of the two sides breaks a law?",
)
def both_sides(elbo, log_evidence):
    above = elbo - log_evidence
    return bool(above.mean().abs() > 4 * above.std() / len(above) ** 0.5)


@wrong(
    "impossible",
    "You take the spreads of the two lists, and with them how much pictures differ from each other. That cancels in the differences.",
    "Every bound has its own evidence beside it: which list of N numbers scatters least?",
)
def lists_apart(elbo, log_evidence):
    error = ((elbo.var() + log_evidence.var()) / len(elbo)) ** 0.5
    return bool(elbo.mean() - log_evidence.mean() > 4 * error)


@wrong(
    "impossible",
    "You divide the standard deviation by N. A mean of N numbers scatters less than one of them, but only by the root of N.",
    "With four times as many pictures, what becomes of the standard error?",
)
def divided_by_N(elbo, log_evidence):
    above = elbo - log_evidence
    return bool(above.mean() > 4 * above.std() / len(above))


@wrong(
    "impossible",
    "Your function says True when all is well. The question is whether the report is impossible.",
    "What should come out for bounds that lie far above the evidence?",
)
def all_is_well(elbo, log_evidence):
    above = elbo - log_evidence
    return not bool(above.mean() > 4 * above.std() / len(above) ** 0.5)


@wrong(
    "impossible",
    "Your standard error grows with the number of pictures, so the alarm is never raised.",
    "Does a mean scatter more or less when it is taken over more pictures?",
)
def error_that_grows(elbo, log_evidence):
    above = elbo - log_evidence
    return bool(above.mean() > 4 * above.std() * len(above) ** 0.5)


# --- capstone_faults ---


@wrong(
    "capstone_faults",
    "You find nothing wrong with part H. Its weight is the last one of the warm-up, 0.05 here, so that nearly all of the KL is left out of the "
    "reported bound.",
    "What is the value of `weight` in the report, and which value has a bound?",
)
def h_is_sound():
    return said(H="sound")


@wrong(
    "capstone_faults",
    "The mean of logs is taken a line further on, and it can only lower a report. Part H makes one that is too high.",
    "Which of the three log-densities in part H is not there in full?",
)
def h_takes_logs():
    return said(H="mean of logs")


@wrong(
    "capstone_faults",
    "The warm-up is part C. Even if it were a sensible one, part H would state a result with the weight of training in it.",
    "Should a report know at all how the model was trained?",
)
def h_is_the_warm_up():
    return said(H="warm-up too long")


@wrong(
    "capstone_faults",
    "Part H averages nothing over samples, so no log K belongs there.",
    "What multiplies the log-ratio of prior and q in part H?",
)
def h_lacks_log_K():
    return said(H="log K missing")


@wrong(
    "capstone_faults",
    "Part H sums over the pixels and over the latents. What it does with the sum over the latents is the trouble.",
    "Which weight has a nat of KL in part H, and which should it have?",
)
def h_averages_pixels():
    return said(H="pixel mean")


@wrong(
    "capstone_faults",
    "You find nothing wrong with part A. It shuffles files, and many photographs are there in two or three files.",
    "A photograph was saved twice: how likely is it that both files end up on the same side?",
)
def a_is_sound():
    return said(A="sound")


@wrong(
    "capstone_faults",
    "You find nothing wrong with part C. It divides a number of epochs by a number of steps.",
    "Which value does it give in the last epoch?",
)
def c_is_sound():
    return said(C="sound")


@wrong(
    "capstone_faults",
    "Part C states no result. What it does to training is the trouble.",
    "How large is the weight in the last epoch, and what does a nat of KL cost then?",
)
def c_is_a_report():
    return said(C="part price")


@wrong(
    "capstone_faults",
    "You find nothing wrong with part E. Part G reads the same output as the logarithm of a variance.",
    "If logvar is the logarithm of sigma squared, what is sigma?",
)
def e_is_sound():
    return said(E="sound")


@wrong(
    "capstone_faults",
    "Nothing is cut in part E: no detach, no item, and gradients reach the encoder.",
    "By which number is the noise multiplied, and by which one should it be?",
)
def e_is_cut():
    return said(E="cut path")


@wrong(
    "capstone_faults",
    "Every row has noise of its own, from part D. In part E it is stretched by the wrong amount.",
    "By which number is the noise multiplied?",
)
def e_shares_noise():
    return said(E="shared noise")


@wrong(
    "capstone_faults",
    "You find nothing wrong with part F. Left to itself this function averages over all pixels of all rows, while part G adds up over the latents.",
    "How many nats does a picture of 64 pixels cost, and how many does part F say?",
)
def f_is_sound():
    return said(F="sound")


@wrong(
    "capstone_faults",
    "Part F gets logits and expects logits; no sigmoid comes before it.",
    "Over how many numbers does part F average?",
)
def f_squashes_twice():
    return said(F="twice squashed")


@wrong(
    "capstone_faults",
    "There are no latents in part F. There is something else in it that is averaged and should be added up.",
    "What are the two axes of x?",
)
def f_averages_latents():
    return said(F="latent mean")


@wrong(
    "capstone_faults",
    "You find nothing wrong with part I. Log-weights are added up and divided, so 50 samples can give nothing but the ELBO.",
    "What stands inside the logarithm of the bound of K samples?",
)
def i_is_sound():
    return said(I="sound")


@wrong(
    "capstone_faults",
    "Part I does divide by K. What it divides is the trouble: a sum of logarithms.",
    "Which sum should be divided by K?",
)
def i_lacks_log_K():
    return said(I="log K missing")


@wrong(
    "capstone_faults",
    "The price came in with part H; judged by its own line, part I would still be at fault if that were repaired.",
    "Give part I the right log-weights: is the result the bound of K samples?",
)
def i_is_a_part_price():
    return said(I="part price")


@wrong(
    "capstone_faults",
    "Part B hands over `model.parameters()`, which are those of the encoder and of the decoder.",
    "Which weights of the model would not move?",
)
def b_leaves_weights_out():
    return said(B="weights left out")


@wrong(
    "capstone_faults",
    "Part D draws as many numbers as there are codes in the batch, one for each latent of each row.",
    "Which shape has mu, and which has the noise?",
)
def d_shares_noise():
    return said(D="shared noise")


@wrong(
    "capstone_faults",
    "Part G adds up over the latents; the mean is over the rows, as it should be.",
    "Over which axis is the sum, and over which the mean?",
)
def g_averages_latents():
    return said(G="latent mean")


@wrong(
    "capstone_faults",
    "Part G reads logvar as the logarithm of a variance, as its name says: the exponential of it stands where the variance belongs. The other "
    "reading is elsewhere.",
    "Which of the two places reads the output by its name?",
)
def g_reads_it_wrongly():
    return said(G="variance for sigma")


@wrong(
    "capstone_faults",
    "In part J the variance is taken down the rows, so over pictures, and there is one for each latent.",
    "How many numbers come out of the variance in part J?",
)
def j_counts_the_wrong_way():
    return said(J="over the latents")


# --- capstone_split ---


@wrong(
    "capstone_split",
    "You deal out files. Copies of one photograph go to different sides, and what is tested was trained on: that is part A of the script.",
    "What must stay together, and what is it therefore that you shuffle?",
)
def files_dealt_out(photo, generator):
    order = torch.randperm(len(photo), generator=generator)
    held_out = len(photo) * 15 // 100
    return order[2 * held_out :], order[held_out : 2 * held_out], order[:held_out]


@wrong(
    "capstone_split",
    "You sort the files by photograph and cut the list at fixed places. The cuts go through photographs, and which ones are tested was clear before.",
    "At which places may such a list be cut, and where does chance come in?",
)
def sorted_and_cut(photo, generator):
    order = photo.argsort()
    held_out = len(photo) * 15 // 100
    return order[2 * held_out :], order[held_out : 2 * held_out], order[:held_out]


@wrong(
    "capstone_split",
    "Your split is the same for every generator: photographs are taken in the order of their numbers, or your random numbers start afresh each time.",
    "What does your code do with the generator?",
)
def in_the_order_of_numbers(photo, generator):
    photographs = photo.unique()
    held_out = len(photographs) * 15 // 100
    return places_of(photo, (photographs[2 * held_out :], photographs[held_out : 2 * held_out], photographs[:held_out]))


@wrong("capstone_split", alias_of="in_the_order_of_numbers")
def seed_set_inside(photo, generator):
    order = dealt(photo, torch.Generator().manual_seed(0))
    held_out = len(order) * 15 // 100
    return places_of(photo, (order[2 * held_out :], order[held_out : 2 * held_out], order[:held_out]))


@wrong(
    "capstone_split",
    "Your random numbers do not come from the generator: the same generator gives another split each time, and nobody can repeat yours.",
    "Which function draws your order, and what was it given?",
)
def global_random_numbers(photo, generator):
    order = dealt(photo, None)
    held_out = len(order) * 15 // 100
    return places_of(photo, (order[2 * held_out :], order[held_out : 2 * held_out], order[:held_out]))


@wrong(
    "capstone_split",
    "You keep one file of each photograph and leave the other copies out of all three sets.",
    "How many files come in, and how many places come out?",
)
def one_file_each(photo, generator):
    order = dealt(photo, generator)
    first = torch.stack([(photo == number).nonzero()[0, 0] for number in order])
    held_out = len(order) * 15 // 100
    return first[2 * held_out :], first[held_out : 2 * held_out], first[:held_out]


@wrong(
    "capstone_split",
    "You hold out as many photographs as 15 % of the *files* would be. There are more files than photographs.",
    "Fifteen per cent of what?",
)
def share_of_the_files(photo, generator):
    order = dealt(photo, generator)
    held_out = len(photo) * 15 // 100
    return places_of(photo, (order[2 * held_out :], order[held_out : 2 * held_out], order[:held_out]))


@wrong(
    "capstone_split",
    "You hold out 10 % for validation and 10 % for test.",
    "Which share is asked for?",
)
def ten_per_cent(photo, generator):
    order = dealt(photo, generator)
    held_out = len(order) // 10
    return places_of(photo, (order[2 * held_out :], order[held_out : 2 * held_out], order[:held_out]))


@wrong(
    "capstone_split",
    "The three sets come in another order: what you train on would be the smallest.",
    "In which order are train, validation and test returned?",
)
def other_order(photo, generator):
    order = dealt(photo, generator)
    held_out = len(order) * 15 // 100
    return places_of(photo, (order[:held_out], order[held_out : 2 * held_out], order[2 * held_out :]))


@wrong(
    "capstone_split",
    "Validation and test are the same photographs. What is chosen on the one is then tested on itself.",
    "What is validation used for, and what must test not have had a say in?",
)
def validation_is_test(photo, generator):
    order = dealt(photo, generator)
    held_out = len(order) * 15 // 100
    return places_of(photo, (order[2 * held_out :], order[:held_out], order[:held_out]))


@wrong(
    "capstone_split",
    "The validation photographs are among those that you train on.",
    "What would a model that learns by heart score on your validation set?",
)
def validation_is_trained_on(photo, generator):
    order = dealt(photo, generator)
    held_out = len(order) * 15 // 100
    return places_of(photo, (order[held_out:], order[held_out : 2 * held_out], order[:held_out]))


@wrong(
    "capstone_split",
    "You round 15 % up where it is to be rounded down.",
    "With 47 photographs, how many go into validation?",
)
def rounded_up(photo, generator):
    order = dealt(photo, generator)
    held_out = -(-len(order) * 15 // 100)
    return places_of(photo, (order[2 * held_out :], order[held_out : 2 * held_out], order[:held_out]))


@wrong(
    "capstone_split",
    "You round all three shares down, and what is left over goes nowhere.",
    "With 47 photographs, how many are in your three sets together?",
)
def remainder_lost(photo, generator):
    order = dealt(photo, generator)
    train, held_out = len(order) * 70 // 100, len(order) * 15 // 100
    return places_of(photo, (order[:train], order[train : train + held_out], order[train + held_out : train + 2 * held_out]))


@wrong(
    "capstone_split",
    "You sort photo where it lies. Whoever called you has other numbers now, which no longer belong to the pictures.",
    "Which of your calls writes into its argument?",
)
def sorts_the_argument(photo, generator):
    photo.copy_(photo.sort().values)
    order = dealt(photo, generator)
    held_out = len(order) * 15 // 100
    return places_of(photo, (order[2 * held_out :], order[held_out : 2 * held_out], order[:held_out]))


# --- capstone_loss ---


@wrong(
    "capstone_loss",
    "recon is averaged over the pixels: part F of the script is still there.",
    "How many nats does a picture cost, if each of its pixels costs that much?",
)
def pixel_mean(model, x, eps, step, warmup_steps):
    recon, kl = terms(model, x, eps)
    return told(recon / x.shape[1], kl, weight_at(step, warmup_steps))


@wrong(
    "capstone_loss",
    "kl is averaged over the latents and not added up: each latent is charged a share of its price.",
    "Two independent latents cost 1 and 2 nats; what does the code cost?",
)
def latent_mean(model, x, eps, step, warmup_steps):
    recon, kl = terms(model, x, eps)
    return told(recon, kl / eps.shape[1], weight_at(step, warmup_steps))


@wrong(
    "capstone_loss",
    "The noise is multiplied by the exponential of logvar, which is the variance: part E of the script is still there.",
    "If logvar is the logarithm of sigma squared, what is sigma?",
)
def variance_for_sigma(model, x, eps, step, warmup_steps):
    mu, logvar = model.encode(x)
    recon = -bernoulli(x, model.decode(mu + torch.exp(logvar) * eps)).sum(-1).mean()
    return told(recon, price(mu, logvar).sum(-1).mean(), weight_at(step, warmup_steps))


@wrong(
    "capstone_loss",
    "The decoder gets the mean of q, so that it never meets sigma, and nothing but the KL decides how wide codes are.",
    "Which code of q(z|x) does one sample of the bound ask for?",
)
def mean_code(model, x, eps, step, warmup_steps):
    return told(*terms(model, x, 0 * eps), weight_at(step, warmup_steps))


@wrong(
    "capstone_loss",
    "All rows get the noise of the first one.",
    "Which shape has eps, and which row of it belongs to which picture?",
)
def noise_of_the_first_row(model, x, eps, step, warmup_steps):
    return told(*terms(model, x, eps[:1].expand_as(eps)), weight_at(step, warmup_steps))


@wrong(
    "capstone_loss",
    "kl is estimated from the sample: log q at the code less log p. On average that is the KL, and for one sample it is another number.",
    "Is there a formula for this KL that needs no sample?",
)
def kl_from_the_sample(model, x, eps, step, warmup_steps):
    mu, logvar = model.encode(x)
    sigma = torch.exp(0.5 * logvar)
    z = mu + sigma * eps
    kl = (Normal(mu, sigma).log_prob(z) - Normal(0.0, 1.0).log_prob(z)).sum(-1).mean()
    return told(-bernoulli(x, model.decode(z)).sum(-1).mean(), kl, weight_at(step, warmup_steps))


@wrong(
    "capstone_loss",
    "All three numbers are summed over the batch: a larger batch is a larger loss.",
    "In nats per what are they to be stated?",
)
def summed_over_the_batch(model, x, eps, step, warmup_steps):
    recon, kl = terms(model, x, eps)
    return told(len(x) * recon, len(x) * kl, weight_at(step, warmup_steps))


@wrong(
    "capstone_loss",
    "The KL is taken off the loss, so a dearer code makes it better.",
    "Which sign has the KL in the bound, and which in minus the bound?",
)
def kl_taken_off(model, x, eps, step, warmup_steps):
    recon, kl = terms(model, x, eps)
    return told(recon, kl, -weight_at(step, warmup_steps))


@wrong(
    "capstone_loss",
    "recon is the log-likelihood itself and not minus it: the loss would fall for worse pictures.",
    "Which sign has the logarithm of a chance?",
)
def recon_turned_round(model, x, eps, step, warmup_steps):
    recon, kl = terms(model, x, eps)
    return told(-recon, kl, weight_at(step, warmup_steps))


@wrong(
    "capstone_loss",
    "The weight multiplies recon: the picture is free at the start and the code is dear.",
    "Which of the two terms is warmed up?",
)
def weight_on_recon(model, x, eps, step, warmup_steps):
    recon, kl = terms(model, x, eps)
    return {"loss": weight_at(step, warmup_steps) * recon + kl, "recon": recon, "kl": kl}


@wrong(
    "capstone_loss",
    "The kl that you return is the weighted one. After the warm-up that is the same, and before it whoever reads kl sees too little.",
    "Which of the three numbers knows the weight?",
)
def weighted_kl_returned(model, x, eps, step, warmup_steps):
    recon, kl = terms(model, x, eps)
    weight = weight_at(step, warmup_steps)
    return {"loss": recon + weight * kl, "recon": recon, "kl": weight * kl}


@wrong(
    "capstone_loss",
    "There is no warm-up: the KL has its full weight from the first step on.",
    "What are `step` and `warmup_steps` for?",
)
def no_warm_up(model, x, eps, step, warmup_steps):
    return told(*terms(model, x, eps), 1.0)


@wrong(
    "capstone_loss",
    "The weight goes on growing after the warm-up and passes 1.",
    "What holds the weight at 1 from the end of the warm-up on?",
)
def weight_without_end(model, x, eps, step, warmup_steps):
    return told(*terms(model, x, eps), step / warmup_steps if warmup_steps else 1.0)


@wrong(
    "capstone_loss",
    "The weight comes near 1 and never gets there, as step / (step + warmup_steps) does.",
    "At step `warmup_steps`, what should the weight be?",
)
def never_full(model, x, eps, step, warmup_steps):
    return told(*terms(model, x, eps), step / (step + warmup_steps) if step + warmup_steps else 1.0)


@wrong(
    "capstone_loss",
    "A warm-up of 0 steps gives the KL no weight at all: it is over before it begins, so the weight is 1.",
    "When a warm-up has no steps, which price holds at step 0?",
)
def no_steps_no_price(model, x, eps, step, warmup_steps):
    return told(*terms(model, x, eps), weight_at(step, warmup_steps) if step else 0.0)


@wrong(
    "capstone_loss",
    "The warm-up is counted from step 1: at step 0 the KL has some weight already.",
    "How much of the warm-up is over before the first step?",
)
def counted_from_one(model, x, eps, step, warmup_steps):
    return told(*terms(model, x, eps), weight_at(step + 1, warmup_steps))


@wrong(
    "capstone_loss",
    "The decoder's logits go through a sigmoid, and then to a function that expects logits: no pixel can be nearly certain.",
    "What does decode give, and what does the log-likelihood expect?",
)
def squashed_twice(model, x, eps, step, warmup_steps):
    mu, logvar = model.encode(x)
    logits = model.decode(mu + torch.exp(0.5 * logvar) * eps).sigmoid()
    return told(-bernoulli(x, logits).sum(-1).mean(), price(mu, logvar).sum(-1).mean(), weight_at(step, warmup_steps))


@wrong(
    "capstone_loss",
    "kl is twice the KL: the half in front of the bracket is lost.",
    "For mu = 1 and logvar = 0, how many nats does a latent cost?",
)
def kl_without_the_half(model, x, eps, step, warmup_steps):
    recon, kl = terms(model, x, eps)
    return told(recon, 2 * kl, weight_at(step, warmup_steps))


@wrong(
    "capstone_loss",
    "kl reads logvar as the logarithm of sigma: the sampler and the price disagree, the other way round than in the script.",
    "Which of the exponentials in your KL is a variance?",
)
def kl_by_log_sigma(model, x, eps, step, warmup_steps):
    mu, logvar = model.encode(x)
    return told(terms(model, x, eps)[0], price(mu, 2 * logvar).sum(-1).mean(), weight_at(step, warmup_steps))


@wrong(
    "capstone_loss",
    "The sample is cut from the graph: recon moves the decoder and never reaches the encoder, to which the KL alone speaks.",
    "Which call on the code turns it into a number without a history?",
)
def sample_detached(model, x, eps, step, warmup_steps):
    mu, logvar = model.encode(x)
    z = (mu + torch.exp(0.5 * logvar) * eps).detach()
    recon = -bernoulli(x, model.decode(z)).sum(-1).mean()
    return told(recon, price(mu, logvar).sum(-1).mean(), weight_at(step, warmup_steps))


@wrong(
    "capstone_loss",
    "The values are right and the loss has no gradient: it was turned into a number on the way.",
    "What does whoever calls you want to do with the loss?",
)
def without_gradients(model, x, eps, step, warmup_steps):
    with torch.no_grad():
        return told(*terms(model, x, eps), weight_at(step, warmup_steps))


# --- capstone_train ---


@wrong(
    "capstone_train",
    "Nothing is trained: the weights that come back are those that went in.",
    "Which call moves weights, and does it happen in every step?",
)
def nothing_happens(model, pictures, steps, generator):
    for step in range(steps):
        rows = torch.randint(len(pictures), (64,), generator=generator)
        sound_loss(steps)(model, pictures[rows], torch.randn(64, model.z_dim, generator=generator), step)
    return model


@wrong(
    "capstone_train",
    "Only the decoder was trained: the optimiser does not know the encoder's weights.",
    "Whose parameters does your optimiser hold?",
)
def decoder_only(model, pictures, steps, generator):
    return run(model, pictures, steps, generator, sound_loss(steps), model.decoder.parameters())


@wrong(
    "capstone_train",
    "Only the encoder was trained: the optimiser does not know the decoder's weights.",
    "Whose parameters does your optimiser hold?",
)
def encoder_only(model, pictures, steps, generator):
    return run(model, pictures, steps, generator, sound_loss(steps), model.encoder.parameters())


@wrong(
    "capstone_train",
    "The KL never gets a weight: step 0 is handed on in every step. Codes are free, and the bound pays for them afterwards.",
    "Which step does the loss hear of?",
)
def always_step_0(model, pictures, steps, generator):
    return run(model, pictures, steps, generator, lambda model, x, eps, step: terms(model, x, eps)[0])


@wrong(
    "capstone_train",
    "The codes of your trained model are empty, a KL of 0. Either a nat costs too much, since recon is averaged over the pixels in what is "
    "minimised, or recon does not reach the encoder, since the sample is cut off.",
    "Which loss do your steps follow, what is averaged in it, and by which way does it get to the encoder?",
)
def trained_on_pixel_means(model, pictures, steps, generator):
    def loss(model, x, eps, step):
        recon, kl = terms(model, x, eps)
        return recon / x.shape[1] + weight_at(step, steps // 4) * kl

    return run(model, pictures, steps, generator, loss)


@wrong(
    "capstone_train",
    "Every step is taken on the same 64 rows. They are learned by heart, and unseen photographs pay for it.",
    "Which rows does your second step see?",
)
def always_the_first_rows(model, pictures, steps, generator):
    return run(
        model, pictures[:64], steps, generator,
        lambda model, x, eps, step: sound_loss(steps)(model, pictures[:64], eps, step),
    )


@wrong(
    "capstone_train",
    "There is no noise in training: the decoder gets the mean of q, nothing but the KL sets the widths of the codes, and the decoder was never "
    "shown codes so wide.",
    "Which codes does the decoder meet in training, and which ones in the bound?",
)
def without_noise(model, pictures, steps, generator):
    return run(model, pictures, steps, generator, lambda model, x, eps, step: sound_loss(steps)(model, x, 0 * eps, step))


@wrong(
    "capstone_train",
    "The weights went the wrong way: the loss was made larger.",
    "Which sign has the number whose gradient your optimiser follows?",
)
def uphill(model, pictures, steps, generator):
    return run(model, pictures, steps, generator, lambda model, x, eps, step: -sound_loss(steps)(model, x, eps, step))


@wrong(
    "capstone_train",
    "One step is taken and no more: the return, or the step of the optimiser, stands in the wrong place.",
    "Which lines belong inside the loop?",
)
def a_single_step(model, pictures, steps, generator):
    return run(model, pictures, 1, generator, sound_loss(steps))


@wrong(
    "capstone_train",
    "The model has hardly moved after all its steps: the rate of your optimiser is a hundredth of the one that was asked for.",
    "How far does Adam move a weight in one step, and how far in all of them?",
)
def tiny_rate(model, pictures, steps, generator):
    return run(model, pictures, steps, generator, sound_loss(steps), lr=1e-4)


@wrong("capstone_train", alias_of="trained_on_pixel_means")
def encoder_cut_off(model, pictures, steps, generator):
    def loss(model, x, eps, step):
        mu, logvar = model.encode(x)
        z = (mu + torch.exp(0.5 * logvar) * eps).detach()
        return -bernoulli(x, model.decode(z)).sum(-1).mean() + weight_at(step, steps // 4) * price(mu, logvar).sum(-1).mean()

    return run(model, pictures, steps, generator, loss)


@wrong(
    "capstone_train",
    "Gradients pile up from step to step: each step follows the sum of all gradients before it.",
    "What lies in .grad when a step begins, and who puts it there?",
)
def gradients_pile_up(model, pictures, steps, generator):
    optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
    for step in range(steps):
        rows = torch.randint(len(pictures), (64,), generator=generator)
        sound_loss(steps)(model, pictures[rows], torch.randn(64, model.z_dim, generator=generator), step).backward()
        optimizer.step()
    return model


@wrong(
    "capstone_train",
    "You take steps of plain gradient descent at a rate of 0.01, and Adam is asked for. So few of them hardly bring the code to life.",
    "Which optimiser is asked for, and what does it do with the size of a gradient?",
)
def gradient_descent(model, pictures, steps, generator):
    optimizer = torch.optim.SGD(model.parameters(), lr=0.01)
    for step in range(steps):
        rows = torch.randint(len(pictures), (64,), generator=generator)
        optimizer.zero_grad()
        sound_loss(steps)(model, pictures[rows], torch.randn(64, model.z_dim, generator=generator), step).backward()
        optimizer.step()
    return model


@wrong(
    "capstone_train",
    "Everything is right but the rate: with Adam's usual 0.001 so few steps end halfway.",
    "Which rate is asked for, and which one does Adam take if none is named?",
)
def usual_rate(model, pictures, steps, generator):
    return run(model, pictures, steps, generator, sound_loss(steps), lr=1e-3)


@wrong(
    "capstone_train",
    "The generator starts afresh in every step, so that each of them sees the same rows and the same noise. They are learned by heart.",
    "What has happened to the generator when your second step begins?",
)
def seed_set_in_every_step(model, pictures, steps, generator):
    state = generator.get_state()
    optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
    for step in range(steps):
        generator.set_state(state)
        rows = torch.randint(len(pictures), (64,), generator=generator)
        optimizer.zero_grad()
        sound_loss(steps)(model, pictures[rows], torch.randn(64, model.z_dim, generator=generator), step).backward()
        optimizer.step()
    return model


@wrong(
    "capstone_train",
    "The warm-up is longer than the training: a nat of KL costs a quarter of its worth at the end, and codes spread out beyond the prior. That is part C of the "
    "script.",
    "How long is the warm-up, and is it over when training ends?",
)
def never_at_full_price(model, pictures, steps, generator):
    return run(
        model, pictures, steps, generator, lambda model, x, eps, step: told(*terms(model, x, eps), weight_at(step, 4 * steps))["loss"],
    )


@wrong(
    "capstone_train",
    "You return a trained copy. The model that came in is as it was, and whoever holds it has trained nothing.",
    "Whose weights should move?",
)
def a_copy(model, pictures, steps, generator):
    return run(copy.deepcopy(model), pictures, steps, generator, sound_loss(steps))


@wrong(
    "capstone_train",
    "The pictures that came in hold other numbers afterwards: you shuffle them where they lie.",
    "Which of your lines writes into pictures?",
)
def shuffles_the_argument(model, pictures, steps, generator):
    pictures.copy_(pictures[torch.randperm(len(pictures), generator=generator)])
    return run(model, pictures, steps, generator, sound_loss(steps))


@wrong(
    "capstone_train",
    "The training is sound, but its random numbers do not come from the generator, so nobody can repeat it.",
    "Which of your calls draw random numbers, and what were they given?",
)
def global_random_numbers_in_training(model, pictures, steps, generator):
    return run(model, pictures, steps, None, sound_loss(steps))


@wrong(
    "capstone_train",
    "The training is sound, but it is the same for every generator: your random numbers start from a seed of their own.",
    "What is the generator there for?",
)
def seed_set_in_training(model, pictures, steps, generator):
    return run(model, pictures, steps, torch.Generator().manual_seed(0), sound_loss(steps))


# --- capstone_report ---


@wrong(
    "capstone_report",
    "elbo has the closed form of the KL in it. On average that is the same, but iwae has the sampled one, and the gap between the two then holds a "
    "difference of noise; with few samples it can be negative.",
    "From which numbers is iwae made, and what is their plain mean?",
)
def elbo_in_closed_form(model, x, log_evidence, eps):
    log_w, mu, logvar = log_weights_of(model, x, eps)
    z = mu + torch.exp(0.5 * logvar) * eps
    return reported(model, x, log_evidence, eps, elbo=(model.log_likelihood(x, z).mean(0) - price(mu, logvar).sum(-1)).mean())


@wrong(
    "capstone_report",
    "iwae is the mean of the logs, which is elbo once more: part I of the script is still there.",
    "Which comes first, the mean over samples or the logarithm?",
)
def iwae_is_the_mean_of_logs(model, x, log_evidence, eps):
    return reported(model, x, log_evidence, eps, iwae=log_weights_of(model, x, eps)[0].mean())


@wrong(
    "capstone_report",
    "iwae is the log of the sum of the weights: it is too high by log K, and would rise if every sample were there twice.",
    "What turns a sum of K weights into their mean?",
)
def log_K_missing(model, x, log_evidence, eps):
    return reported(model, x, log_evidence, eps, iwae=torch.logsumexp(log_weights_of(model, x, eps)[0], 0).mean())


@wrong(
    "capstone_report",
    "The weights of different pictures are averaged before the logarithm: the few pictures that are easy decide for all.",
    "Which axis of the log-weights holds the samples, and which one the pictures?",
)
def over_the_pictures(model, x, log_evidence, eps):
    log_w, *_ = log_weights_of(model, x, eps)
    return reported(model, x, log_evidence, eps, iwae=(torch.logsumexp(log_w, 1) - math.log(log_w.shape[1])).mean())


@wrong(
    "capstone_report",
    "All weights go into one mean before the logarithm, over samples and pictures. Each picture has a log p(x) of its own.",
    "How many logarithms does a batch of N pictures need?",
)
def one_log_for_all(model, x, log_evidence, eps):
    log_w, *_ = log_weights_of(model, x, eps)
    return reported(model, x, log_evidence, eps, iwae=torch.logsumexp(log_w.flatten(), 0) - math.log(log_w.numel()))


@wrong(
    "capstone_report",
    "iwae is the largest log-weight of each picture. That is above the mean weight always, and log p(x) is no ceiling for it.",
    "By what has the sum of the weights to be divided?",
)
def largest_weight(model, x, log_evidence, eps):
    return reported(model, x, log_evidence, eps, iwae=log_weights_of(model, x, eps)[0].max(0).values.mean())


@wrong(
    "capstone_report",
    "log q is not in your log-weights: codes are not charged for being where the encoder put them.",
    "Which three log-densities make a log-weight?",
)
def log_q_missing(model, x, log_evidence, eps):
    _, mu, logvar = log_weights_of(model, x, eps)
    z = mu + torch.exp(0.5 * logvar) * eps
    log_w = model.log_likelihood(x, z) + Normal(0.0, 1.0).log_prob(z).sum(-1)
    iwae = (torch.logsumexp(log_w, 0) - math.log(len(log_w))).mean()
    return reported(model, x, log_evidence, eps, elbo=log_w.mean(), iwae=iwae)


@wrong(
    "capstone_report",
    "elbo and iwae are the log-likelihood alone: there is no price for the code in them.",
    "Which part of the bound is lower for a code far from the prior?",
)
def likelihood_only(model, x, log_evidence, eps):
    _, mu, logvar = log_weights_of(model, x, eps)
    log_w = model.log_likelihood(x, mu + torch.exp(0.5 * logvar) * eps)
    iwae = (torch.logsumexp(log_w, 0) - math.log(len(log_w))).mean()
    return reported(model, x, log_evidence, eps, elbo=log_w.mean(), iwae=iwae)


@wrong(
    "capstone_report",
    "The sample is made with the variance in place of sigma: part E of the script is still there.",
    "If logvar is the logarithm of sigma squared, what is sigma?",
)
def sampled_with_the_variance(model, x, log_evidence, eps):
    mu, logvar = model.encode(x)
    log_w, *_ = log_weights_of(model, x, torch.exp(0.5 * logvar) * eps)
    iwae = (torch.logsumexp(log_w, 0) - math.log(len(log_w))).mean()
    return reported(model, x, log_evidence, eps, elbo=log_w.mean(), iwae=iwae)


@wrong(
    "capstone_report",
    "The bounds are summed over the pictures and not averaged.",
    "In nats per what is a report?",
)
def summed_over_pictures(model, x, log_evidence, eps):
    log_w, *_ = log_weights_of(model, x, eps)
    iwae = (torch.logsumexp(log_w, 0) - math.log(len(log_w))).sum()
    return reported(model, x, log_evidence, eps, elbo=log_w.mean(0).sum(), iwae=iwae)


@wrong(
    "capstone_report",
    "kl is averaged over the latents, where it should be added up.",
    "Two independent latents cost 1 and 2 nats; what does the code cost?",
)
def kl_averaged_over_latents(model, x, log_evidence, eps):
    mu, logvar = model.encode(x)
    return reported(model, x, log_evidence, eps, kl=price(mu, logvar).mean())


@wrong(
    "capstone_report",
    "kl is estimated from the samples; the closed form is asked for, which no noise moves.",
    "Which quantities does the KL of two Gaussians need?",
)
def kl_from_samples(model, x, log_evidence, eps):
    mu, logvar = model.encode(x)
    sigma = torch.exp(0.5 * logvar)
    z = mu + sigma * eps
    kl = (Normal(mu, sigma).log_prob(z) - Normal(0.0, 1.0).log_prob(z)).sum(-1).mean()
    return reported(model, x, log_evidence, eps, kl=kl)


@wrong(
    "capstone_report",
    "kl has the wrong sign: a divergence is never below 0.",
    "Is the KL a price or a gain?",
)
def kl_turned_round(model, x, log_evidence, eps):
    mu, logvar = model.encode(x)
    return reported(model, x, log_evidence, eps, kl=-price(mu, logvar).sum(-1).mean())


@wrong(
    "capstone_report",
    "The two gaps have changed places.",
    "Which one lies between the two bounds, and which one above both?",
)
def gaps_exchanged(model, x, log_evidence, eps):
    right = reported(model, x, log_evidence, eps)
    return right | {"encoder_gap": right["model_gap"], "model_gap": right["encoder_gap"]}


@wrong(
    "capstone_report",
    "model_gap is all that the elbo lacks, and the encoder's part is counted in both.",
    "How much would be left if q were perfect?",
)
def model_gap_from_the_elbo(model, x, log_evidence, eps):
    right = reported(model, x, log_evidence, eps)
    return right | {"model_gap": log_evidence.mean() - right["elbo"]}


@wrong(
    "capstone_report",
    "encoder_gap is all that the elbo lacks, and the model's part is counted in both.",
    "What would be left if the decoder were perfect and q as it is?",
)
def encoder_gap_to_the_truth(model, x, log_evidence, eps):
    right = reported(model, x, log_evidence, eps)
    return right | {"encoder_gap": log_evidence.mean() - right["elbo"]}


@wrong(
    "capstone_report",
    "Both gaps have the wrong sign.",
    "From which number up to which one does a gap lead?",
)
def gaps_turned_round(model, x, log_evidence, eps):
    right = reported(model, x, log_evidence, eps)
    return right | {"encoder_gap": -right["encoder_gap"], "model_gap": -right["model_gap"]}


@wrong(
    "capstone_report",
    "Your variance is taken over the latents of a picture, so you count pictures.",
    "How many latents are there, and can your count exceed it?",
)
def variance_over_latents(model, x, log_evidence, eps):
    mu, _ = model.encode(x)
    return reported(model, x, log_evidence, eps, active_units=int((mu.var(1) > 0.01).sum()))


@wrong(
    "capstone_report",
    "All latents are counted, whether their means vary over the pictures or not.",
    "A latent whose mean is 3 for every picture: what does it tell the decoder?",
)
def all_latents(model, x, log_evidence, eps):
    return reported(model, x, log_evidence, eps, active_units=eps.shape[-1])


@wrong(
    "capstone_report",
    "You compare the standard deviation with the threshold, which is one for variances.",
    "Is 0.01 squared or not?",
)
def deviation_for_variance(model, x, log_evidence, eps):
    mu, _ = model.encode(x)
    return reported(model, x, log_evidence, eps, active_units=int((mu.std(0) > 0.01).sum()))


@wrong("capstone_report", alias_of="all_latents")
def size_for_variance(model, x, log_evidence, eps):
    mu, _ = model.encode(x)
    return reported(model, x, log_evidence, eps, active_units=int((mu.mean(0).abs() > 0.01).sum()))


# --- factor_scores ---


@wrong(
    "factor_scores",
    "The readout is fitted to the new data, on which it is scored: it knows the answers.",
    "Which two tables may the fit see?",
)
def fitted_to_the_new(codes, factors, new_codes, new_factors):
    left = squares_left(new_codes, new_factors, new_codes, new_factors).sum(0)
    return 1 - left / squares_around(new_factors, new_factors.mean(0))


@wrong(
    "factor_scores",
    "The score is taken on the data of the fit; the new ones are not used.",
    "On which pictures would learning by heart not help?",
)
def scored_on_the_old(codes, factors, new_codes, new_factors):
    left = squares_left(codes, factors, codes, factors).sum(0)
    return 1 - left / squares_around(factors, factors.mean(0))


@wrong(
    "factor_scores",
    "Your readout has no constant: it is forced through 0, and a factor is not 0 where the code is.",
    "Which number should the readout say when the code tells nothing?",
)
def no_constant(codes, factors, new_codes, new_factors):
    error = new_factors - new_codes @ torch.linalg.lstsq(codes, factors).solution
    return 1 - error.square().sum(0) / squares_around(new_factors, new_factors.mean(0))


@wrong(
    "factor_scores",
    "You return the mean squared error: it has the unit of the factor squared, and 0 is the best.",
    "What is the error compared with, to be without unit?",
)
def squared_error(codes, factors, new_codes, new_factors):
    return squares_left(codes, factors, new_codes, new_factors).mean(0)


@wrong(
    "factor_scores",
    "You return the share that is left unexplained; the score is the rest of it.",
    "Which score has a perfect readout, and which one does yours give it?",
)
def left_unexplained(codes, factors, new_codes, new_factors):
    return squares_left(codes, factors, new_codes, new_factors).sum(0) / squares_around(new_factors, new_factors.mean(0))


@wrong(
    "factor_scores",
    "You return the square of a correlation. It does not notice a readout that is off by a constant or a factor, and it is never below 0.",
    "A readout says 100 too much everywhere: which score does it deserve?",
)
def squared_correlation(codes, factors, new_codes, new_factors):
    read = with_ones(new_codes) @ readout(codes, factors)
    read, right = read - read.mean(0), new_factors - new_factors.mean(0)
    return (read * right).sum(0).square() / (read.square().sum(0) * right.square().sum(0))


@wrong(
    "factor_scores",
    "The error is compared with that of the *old* factors' mean. Where the new ones lie elsewhere, that makes every readout look good.",
    "Whose mean is in the formula?",
)
def around_the_old_mean(codes, factors, new_codes, new_factors):
    left = squares_left(codes, factors, new_codes, new_factors).sum(0)
    return 1 - left / squares_around(new_factors, factors.mean(0))


@wrong(
    "factor_scores",
    "The error is compared with the squares of the factors themselves, without their mean: a factor far from 0 then gets a high score for nothing.",
    "Which readout knows nothing of the code, and what is its error?",
)
def around_zero(codes, factors, new_codes, new_factors):
    return 1 - squares_left(codes, factors, new_codes, new_factors).sum(0) / new_factors.square().sum(0)


@wrong(
    "factor_scores",
    "You compare with the spread of the *old* factors.",
    "On which data is the mean's error taken that the readout has to beat?",
)
def spread_of_the_old(codes, factors, new_codes, new_factors):
    return 1 - squares_left(codes, factors, new_codes, new_factors).mean(0) / factors.var(0, correction=0)


@wrong(
    "factor_scores",
    "Scores below 0 are lifted to 0. A readout that is worse than the mean should be seen to be so.",
    "What would your reader not learn from a score of 0?",
)
def lifted_to_zero(codes, factors, new_codes, new_factors):
    left = squares_left(codes, factors, new_codes, new_factors).sum(0)
    return (1 - left / squares_around(new_factors, new_factors.mean(0))).clamp(min=0)


@wrong(
    "factor_scores",
    "You compare roots: standard deviations in place of squared errors.",
    "In which power do errors stand in R²?",
)
def roots_compared(codes, factors, new_codes, new_factors):
    left = squares_left(codes, factors, new_codes, new_factors).sum(0)
    return 1 - (left / squares_around(new_factors, new_factors.mean(0))).sqrt()


@wrong(
    "factor_scores",
    "You return one number, the mean of the scores: which factor the code tells, and which it does not, is gone.",
    "How many scores do F factors need?",
)
def mean_over_factors(codes, factors, new_codes, new_factors):
    left = squares_left(codes, factors, new_codes, new_factors).sum(0)
    return (1 - left / squares_around(new_factors, new_factors.mean(0))).mean()


@wrong(
    "factor_scores",
    "All factors share one spread: the error of each is compared with that of all of them.",
    "With what should the error of a small factor be compared?",
)
def one_spread_for_all(codes, factors, new_codes, new_factors):
    left = squares_left(codes, factors, new_codes, new_factors).mean(0)
    return 1 - left / new_factors.var(correction=0)


@wrong(
    "factor_scores",
    "The mean of the errors on the new data is taken off before they are squared, so that a readout which is off by a constant is forgiven.",
    "A readout says 100 too much everywhere: what is its squared error?",
)
def bias_forgiven(codes, factors, new_codes, new_factors):
    error = new_factors - with_ones(new_codes) @ readout(codes, factors)
    return 1 - error.var(0, correction=0) / new_factors.var(0, correction=0)


@wrong("factor_scores", alias_of="bias_forgiven")
def centred_by_the_new(codes, factors, new_codes, new_factors):
    slopes = readout(codes, factors)[:-1]
    error = new_factors - new_factors.mean(0) - (new_codes - new_codes.mean(0)) @ slopes
    return 1 - error.square().sum(0) / squares_around(new_factors, new_factors.mean(0))


@wrong(
    "factor_scores",
    "Only one latent at a time is read, the best for each factor; a readout uses all of them together.",
    "How many slopes has a readout of one factor?",
)
def best_single_latent(codes, factors, new_codes, new_factors):
    scores = []
    for z in range(codes.shape[1]):
        left = squares_left(codes[:, z : z + 1], factors, new_codes[:, z : z + 1], new_factors).sum(0)
        scores.append(1 - left / squares_around(new_factors, new_factors.mean(0)))
    return torch.stack(scores).max(0).values


@wrong(
    "factor_scores",
    "Of your two averages one divides by the number of data and the other by one less, so that every score is a little too high.",
    "Which division cancels if both sums are divided alike?",
)
def one_less_on_one_side(codes, factors, new_codes, new_factors):
    return 1 - squares_left(codes, factors, new_codes, new_factors).mean(0) / new_factors.var(0)


@wrong(
    "factor_scores",
    "Your readout is not that of least squares: its slopes are pulled towards 0 by a ridge.",
    "Which readout has the smallest squared error on the data of the fit?",
)
def with_a_ridge(codes, factors, new_codes, new_factors):
    old = with_ones(codes)
    slopes = torch.linalg.solve(old.T @ old + torch.eye(old.shape[1], dtype=old.dtype), old.T @ factors)
    return 1 - (new_factors - with_ones(new_codes) @ slopes).square().sum(0) / squares_around(new_factors, new_factors.mean(0))


@wrong(
    "factor_scores",
    "You take the largest squared correlation of a factor with a single latent. Nothing is fitted, and latents do not work together.",
    "What if a factor is the sum of two latents?",
)
def largest_correlation(codes, factors, new_codes, new_factors):
    latents, right = new_codes - new_codes.mean(0), new_factors - new_factors.mean(0)
    squares = (latents.T @ right).square() / (latents.square().sum(0)[:, None] * right.square().sum(0))
    return squares.max(0).values
