"""Wrong answers to stage 05, each with the sentence that names it and a question that leads out of it."""

import math

import torch
from torch.distributions import Bernoulli, Normal, kl_divergence

from vae_course.checks.bank import wrong


# --- effective_beta ---


def _inputs(rows=100, pixels=64, codes=8):
    return torch.zeros(rows, pixels), torch.zeros(rows, pixels), torch.zeros(rows, codes), torch.zeros(rows, codes)


def _changes(loss, recon):
    """What a change of `out` does to loss and recon, and a change of `mu` to loss and KL."""
    x, out, mu, logvar = _inputs()
    start = float(loss(x, out, mu, logvar))
    by_out = float(loss(x, out + 1, mu, logvar)) - start
    by_mu = float(loss(x, out, mu + 1, logvar)) - start
    return by_out, float((recon(x, out + 1) - recon(x, out)).mean()), by_mu, 4.0


@wrong(
    "effective_beta",
    "Your number is 1 / beta: how much the reconstruction weighs beside the KL. It calls a loss that crushes the "
    "code a careless one.",
    "If the KL is charged 64 times, is the number that you want large or small?",
)
def reciprocal(loss, recon):
    by_out, recon_moved, by_mu, kl_moved = _changes(loss, recon)
    return (by_out / recon_moved) / (by_mu / kl_moved)


@wrong(
    "effective_beta",
    "Your number is c times beta: what a nat of KL costs in the unit of the loss. It would be beta if a nat of "
    "recon cost 1 there, and nobody said so.",
    "How would you find out what one nat of recon costs in that unit?",
)
def unit_of_the_loss_taken_for_nats(loss, recon):
    by_out, recon_moved, by_mu, kl_moved = _changes(loss, recon)
    return by_mu / kl_moved


@wrong("effective_beta", alias_of="unit_of_the_loss_taken_for_nats")
def slope_of_the_kl_alone(loss, recon):
    x, out, mu, logvar = _inputs(2, 3, 4)
    mu = (mu + 0.5).requires_grad_()
    loss(x, out, mu, logvar).backward()
    return float(mu.grad.sum()) / 2


@wrong(
    "effective_beta",
    "Your number is c, what one nat of recon costs in the unit of the loss. That is half of the answer; the KL "
    "has not been asked yet.",
    "Which arguments of the loss move the KL and leave recon where it is?",
)
def unit_alone(loss, recon):
    by_out, recon_moved, by_mu, kl_moved = _changes(loss, recon)
    return by_out / recon_moved


@wrong(
    "effective_beta",
    "You divide a value of the loss by a value of recon, and another by one of the KL. Values hold a constant "
    "that nobody told you, and the second one holds recon besides.",
    "What is left of a constant in the change from one call to the next?",
)
def values_in_place_of_changes(loss, recon):
    x, out, mu, logvar = _inputs()
    unit = loss(x, out, mu, logvar) / recon(x, out).mean()
    return float(loss(x, out, mu + 1, logvar) / 4.0 / unit)


@wrong(
    "effective_beta",
    "The change of the loss is divided by a value of recon, not by its change. The constant inside recon, and all "
    "of recon that did not move, stand below the line.",
    "Recon was something before you changed the output: what was it?",
)
def change_over_a_value_of_recon(loss, recon):
    x, out, mu, logvar = _inputs()
    by_out, _, by_mu, kl_moved = _changes(loss, recon)
    return (by_mu / kl_moved) / (by_out / float(recon(x, out + 1).mean()))


@wrong(
    "effective_beta",
    "A value of the loss where mu has moved is divided by the KL, with nothing taken off. That value holds recon "
    "and the constant, too.",
    "What was the loss before you moved mu?",
)
def baseline_of_the_kl_forgotten(loss, recon):
    x, out, mu, logvar = _inputs()
    by_out, recon_moved, _, kl_moved = _changes(loss, recon)
    return float(loss(x, out, mu + 1, logvar)) / kl_moved / (by_out / recon_moved)


@wrong(
    "effective_beta",
    "For the KL you change mu and the output at once, so the loss moves by what recon does as well, and all of it "
    "is booked on the KL.",
    "Which arguments must stay still while you ask for the price of the KL?",
)
def both_moved_at_once(loss, recon):
    x, out, mu, logvar = _inputs()
    by_out, recon_moved, _, kl_moved = _changes(loss, recon)
    both = float(loss(x, out + 1, mu + 1, logvar) - loss(x, out, mu, logvar))
    return both / kl_moved / (by_out / recon_moved)


@wrong(
    "effective_beta",
    "Your number is too small by the number of pixels that you probe with: recon is counted per pixel, where it "
    "is declared per image.",
    "recon(x, out) has shape (B,): over what has it been added up already?",
)
def recon_by_the_pixel(loss, recon):
    by_out, recon_moved, by_mu, kl_moved = _changes(loss, recon)
    return (by_mu / kl_moved) / (by_out / (recon_moved / 64))


@wrong(
    "effective_beta",
    "Your number is too large by the number of rows that you probe with: the change of recon is added over the "
    "batch, while the KL is averaged.",
    "R is one number for a batch: which one, of the B that recon returns?",
)
def recon_added_over_the_batch(loss, recon):
    by_out, recon_moved, by_mu, kl_moved = _changes(loss, recon)
    return (by_mu / kl_moved) / (by_out / (100 * recon_moved))


@wrong(
    "effective_beta",
    "Your number is too small by the number of rows that you probe with: the change of the KL is added over the "
    "batch, while recon is averaged.",
    "K is one number for a batch: which one, of the B that the KL has?",
)
def kl_added_over_the_batch(loss, recon):
    by_out, recon_moved, by_mu, kl_moved = _changes(loss, recon)
    return (by_mu / (100 * kl_moved)) / (by_out / recon_moved)


@wrong(
    "effective_beta",
    "Your number is too large by the number of latents that you probe with: your own KL is averaged over them. "
    "The KL of independent latents adds.",
    "What happens to the KL of a code when one more latent like the others is appended?",
)
def kl_averaged_over_latents(loss, recon):
    by_out, recon_moved, by_mu, kl_moved = _changes(loss, recon)
    return (by_mu / (kl_moved / 8)) / (by_out / recon_moved)


@wrong(
    "effective_beta",
    "Your number is half of beta: your own KL is twice as large as it should be, as if its half had been left "
    "out.",
    "What does a latent with mu = 1 and sigma = 1 cost, in nats?",
)
def kl_without_its_half(loss, recon):
    by_out, recon_moved, by_mu, kl_moved = _changes(loss, recon)
    return (by_mu / (2 * kl_moved)) / (by_out / recon_moved)


@wrong(
    "effective_beta",
    "You move logvar and compare with a KL in which the logarithm is missing, so your KL moves further than the "
    "true one.",
    "With logvar raised from 0 to 1, which two terms of the KL change, and in which directions?",
)
def kl_without_its_logarithm(loss, recon):
    x, out, mu, logvar = _inputs()
    by_out, recon_moved, _, _ = _changes(loss, recon)
    by_logvar = float(loss(x, out, mu, logvar + 1) - loss(x, out, mu, logvar))
    return by_logvar / (8 * (math.e - 1) / 2) / (by_out / recon_moved)


@wrong(
    "effective_beta",
    "Your number is the square of beta: the ratio of the two slopes has come in twice.",
    "If the KL weighs twice as much as recon, how many nats of recon is one nat of KL worth?",
)
def squared(loss, recon):
    by_out, recon_moved, by_mu, kl_moved = _changes(loss, recon)
    return ((by_mu / kl_moved) / (by_out / recon_moved)) ** 2


@wrong(
    "effective_beta",
    "Your number is the share of the KL in the whole, beta / (1 + beta), which never exceeds 1.",
    "Beside what should the weight of the KL be held: beside both weights, or beside the other one?",
)
def share_of_the_whole(loss, recon):
    by_out, recon_moved, by_mu, kl_moved = _changes(loss, recon)
    per_recon, per_kl = by_out / recon_moved, by_mu / kl_moved
    return per_kl / (per_kl + per_recon)


@wrong(
    "effective_beta",
    "You take the change of the loss by mu over the change by the output, whatever these cost in nats. A pixel "
    "and a latent were moved by the same amount, but recon and the KL were not.",
    "How far does each term move in nats, between your calls?",
)
def changes_never_turned_into_nats(loss, recon):
    by_out, recon_moved, by_mu, kl_moved = _changes(loss, recon)
    return by_mu / by_out


@wrong(
    "effective_beta",
    "You take one weight away from the other. A difference is in the unit of the loss and is 0, not 1, for a fair "
    "loss.",
    "What does the factor c do to the difference of two slopes, and to what would it do nothing?",
)
def difference_of_the_slopes(loss, recon):
    by_out, recon_moved, by_mu, kl_moved = _changes(loss, recon)
    return by_mu / kl_moved - by_out / recon_moved


@wrong(
    "effective_beta",
    "You answer 1 whatever the loss is. That is what authors hope for; this is an audit.",
    "What does the loss do when you call it twice, with another mu?",
)
def takes_their_word(loss, recon):
    return 1.0


@wrong(
    "effective_beta",
    "You found 0 / 0: between two of your calls nothing moved, neither the loss nor the term that you divide by.",
    "At mu = 0 and logvar = 0 the KL is at its lowest point: what does a tiny step do there, or a step of no "
    "length?",
)
def nothing_moved(loss, recon):
    x, out, mu, logvar = _inputs()
    by_out, recon_moved, _, _ = _changes(loss, recon)
    moved = loss(x, out, mu * 3, logvar) - loss(x, out, mu, logvar)
    return moved / kl_divergence(Normal(mu * 3, 1.0), Normal(0.0, 1.0)).sum(-1).mean() / (by_out / recon_moved)


# --- samples_are_fresh ---


def _noise(program, rows=2000, codes=4, mu=0.7, logvar=-1.2):
    mu, logvar = torch.full((rows, codes), mu), torch.full((rows, codes), logvar)
    return (program.sample(mu, logvar) - mu) / torch.exp(0.5 * logvar)


def _new(program):
    return not torch.equal(_noise(program), _noise(program))


def _apart(noise, dim):
    return bool(noise.std(dim=dim).mean() > 0.5)


@wrong(
    "samples_are_fresh",
    "Your test says True without asking the program for a single code. It would let every bug through that there "
    "is.",
    "What is the first thing that you would ask this program for?",
)
def always_true(program):
    return True


@wrong(
    "samples_are_fresh",
    "Your test says False without asking the program for a single code. It catches every bug, and every right "
    "program with them.",
    "What should a program have to do to pass?",
)
def always_false(program):
    return False


@wrong(
    "samples_are_fresh",
    "Your answer is turned round: False for the sound programs, and True for the one that draws no noise at all.",
    "What does True mean on the card, and what does a difference between two calls mean?",
)
def turned_round(program):
    noise = _noise(program)
    return not (_new(program) and _apart(noise, 0) and _apart(noise, 1))


@wrong("samples_are_fresh", alias_of="turned_round")
def two_calls_must_agree(program):
    return torch.equal(_noise(program), _noise(program))


@wrong(
    "samples_are_fresh",
    "Your test draws codes, and says True even when they are mu itself. So what it looks at, such as the shape or "
    "the mean, is the same with and without noise.",
    "Which number is 0 when the noise is forgotten, and never 0 otherwise?",
)
def looks_at_the_shape(program):
    return _noise(program).shape == (2000, 4)


@wrong("samples_are_fresh", alias_of="looks_at_the_shape")
def looks_at_the_mean(program):
    return bool(_noise(program).mean().abs() < 0.1)


@wrong("samples_are_fresh", alias_of="looks_at_the_shape")
def asks_for_ordinary_numbers(program):
    return bool(program.sample(torch.randn(5, 3), torch.randn(5, 3)).isfinite().all())


@wrong(
    "samples_are_fresh",
    "Your test draws codes and says False of all of them, from sound programs, too. Something that it asks for is "
    "not true of normal noise: a mean of exactly 0, a largest draw, or another width than sigma.",
    "Try each of your conditions on mu + sigma * torch.randn_like(mu): which one fails, and by how much?",
)
def mean_of_exactly_zero(program):
    noise = _noise(program)
    return bool(_new(program) and noise.mean().abs() < 1e-7 and (noise.std() - 1).abs() < 1e-7)


@wrong("samples_are_fresh", alias_of="mean_of_exactly_zero")
def no_draw_beyond_two_and_a_half(program):
    return bool(_new(program) and _noise(program).abs().max() < 2.5)


@wrong("samples_are_fresh", alias_of="mean_of_exactly_zero")
def variance_expected_as_standard_deviation(program):
    mu, logvar = torch.zeros(2000, 4), torch.full((2000, 4), -1.2)
    return bool((program.sample(mu, logvar).std() - logvar.exp()[0, 0]).abs() < 0.1)


@wrong(
    "samples_are_fresh",
    "You expect the very numbers that torch.randn_like gives after one seed. A program that makes its noise in "
    "another way is just as right, and your test refuses it.",
    "Which properties do all normal draws share, whatever made them?",
)
def expects_the_draws_of_one_seed(program):
    mu, logvar = torch.full((2000, 4), 0.7), torch.full((2000, 4), -1.2)
    torch.manual_seed(0)
    expected = mu + torch.exp(0.5 * logvar) * torch.randn_like(mu)
    torch.manual_seed(0)
    return torch.allclose(program.sample(mu, logvar), expected)


@wrong(
    "samples_are_fresh",
    "You set a seed, draw, set it again, and expect the same codes. A program may own its generator, which no "
    "seed of yours reaches; your test refuses it.",
    "Is it a fault to be new at every call?",
)
def expects_a_seed_to_be_obeyed(program):
    torch.manual_seed(0)
    first = _noise(program)
    torch.manual_seed(0)
    return torch.equal(first, _noise(program)) and bool((first.std() - 1).abs() < 0.1)


@wrong(
    "samples_are_fresh",
    "Of the four programs that share their noise your test catches the frozen one only: it compares two calls, "
    "and within one call nothing.",
    "Where would one noise for the whole batch show, in a single call?",
)
def only_two_calls(program):
    return _new(program)


@wrong(
    "samples_are_fresh",
    "Your test compares rows and nothing else. It lets through a program that uses one noise for all latents of a "
    "row, and one that uses the same noise at every call.",
    "Along which other axis could noise be shared, and between which two things besides?",
)
def only_rows(program):
    noise = _noise(program)
    return _apart(noise, 0) and bool((noise.std() - 1).abs() < 0.1)


@wrong(
    "samples_are_fresh",
    "Your test compares latents and nothing else. It lets through a program that uses one noise for all rows of a "
    "batch, and one that uses the same noise at every call.",
    "Along which other axis could noise be shared, and between which two things besides?",
)
def only_latents(program):
    return _apart(_noise(program), 1)


@wrong(
    "samples_are_fresh",
    "One bug gets through: a program that uses one noise for all latents of a row. With a single latent nobody "
    "can see it, and where only rows are compared nobody looks.",
    "How many latents does your test give the program, and which of the differences between them does it look at?",
)
def a_single_latent(program):
    noise = _noise(program, codes=1)
    return _new(program) and _apart(noise, 0) and bool((noise.std() - 1).abs() < 0.1)


@wrong("samples_are_fresh", alias_of="a_single_latent")
def rows_and_calls(program):
    return _new(program) and _apart(_noise(program), 0)


@wrong(
    "samples_are_fresh",
    "One bug gets through: a program that uses one noise for all rows of a batch, like the second in the zoo. "
    "With a single row nobody can see it, and where only latents are compared nobody looks.",
    "How many rows does your test give the program, and which of the differences between them does it look at?",
)
def a_single_row(program):
    noise = _noise(program, rows=1, codes=2000)
    return _new(program) and _apart(noise, 1) and bool((noise.std() - 1).abs() < 0.1)


@wrong(
    "samples_are_fresh",
    "Your test looks closely at one draw, and the same noise at every call gets through: only a second call could "
    "show it.",
    "What would this program return if it were asked again?",
)
def a_single_call(program):
    noise = _noise(program)
    return _apart(noise, 0) and _apart(noise, 1) and bool(noise.mean().abs() < 0.1 and (noise.std() - 1).abs() < 0.1)


@wrong(
    "samples_are_fresh",
    "Your test asks only whether there is more than one number in the noise, over the whole batch at once. One "
    "noise for all rows, one for all latents, and the same at every call get through.",
    "The spread over everything mixes two axes: what is it along each of them?",
)
def entries_are_not_all_equal(program):
    return bool(_noise(program).std() > 0.01)


@wrong(
    "samples_are_fresh",
    "Your test sees that two calls differ and that the noise is not one number, but it takes the batch as one "
    "heap: one noise for all rows gets through, and so does one for all latents.",
    "The spread over everything mixes two axes: what is it along each of them?",
)
def calls_and_the_whole_heap(program):
    return _new(program) and bool(_noise(program).std() > 0.01)


@wrong(
    "samples_are_fresh",
    "All four sharing programs are caught, and all four with noise of the wrong size or place get through: your "
    "test asks whether there is noise, not which.",
    "What should be the mean and the standard deviation of what is left when mu and sigma are taken off?",
)
def size_never_asked(program):
    noise = _noise(program)
    return _new(program) and bool(noise.std(dim=0).min() > 0.01 and noise.std(dim=1).mean() > 0.01)


@wrong(
    "samples_are_fresh",
    "Your test looks at the middle of the noise and not at its width: noise that is too small gets through, and "
    "so does a variance that was taken for a standard deviation.",
    "Which number of the noise says how far it strays?",
)
def width_never_asked(program):
    noise = _noise(program)
    fresh = _new(program) and noise.std(dim=0).min() > 0.01 and noise.std(dim=1).mean() > 0.01
    return bool(fresh and noise.mean().abs() < 0.1)


@wrong(
    "samples_are_fresh",
    "One bug gets through: (mu + eps) times sigma. Its width is right, and only its middle is off; that shows "
    "where mu is not 0, sigma is not 1, and the mean is looked at.",
    "Where is the middle of these codes, and where should it be?",
)
def middle_never_asked(program):
    noise = _noise(program)
    fresh = _new(program) and noise.std(dim=0).min() > 0.01 and noise.std(dim=1).mean() > 0.01
    return bool(fresh and (noise.std() - 1).abs() < 0.1)


@wrong("samples_are_fresh", alias_of="middle_never_asked")
def every_mu_is_zero(program):
    noise = _noise(program, mu=0.0)
    fresh = _new(program) and noise.std(dim=0).min() > 0.01 and noise.std(dim=1).mean() > 0.01
    return bool(fresh and noise.mean().abs() < 0.1 and (noise.std() - 1).abs() < 0.1)


@wrong(
    "samples_are_fresh",
    "Two bugs get through, and both are invisible at logvar = 0: a variance taken for a standard deviation, and "
    "mu multiplied by sigma. There sigma is 1, whatever is done with it.",
    "At which logvar do sigma, sigma squared and 1 differ from one another?",
)
def every_sigma_is_one(program):
    noise = _noise(program, logvar=0.0)
    fresh = _new(program) and noise.std(dim=0).min() > 0.01 and noise.std(dim=1).mean() > 0.01
    return bool(fresh and noise.mean().abs() < 0.1 and (noise.std() - 1).abs() < 0.1)


# --- loss_is_sound ---


def _batch(rows=5, pixels=7, codes=3, logits=4.0, mu=1.0, logvar=1.0):
    x = (torch.rand(rows, pixels) < 0.5).float()
    return (
        x, logits * torch.randn(rows, pixels), mu * torch.randn(rows, codes), logvar * torch.randn(rows, codes),
    )


def _truth(x, logits, mu, logvar):
    """Minus the bound, from torch.distributions."""
    recon = -Bernoulli(logits=logits).log_prob(x).sum(-1)
    kl = kl_divergence(Normal(mu, (0.5 * logvar).exp()), Normal(torch.zeros_like(mu), torch.ones_like(mu))).sum(-1)
    return float((recon + kl).mean())


def _agrees(program, x, logits, mu, logvar):
    return math.isclose(float(program.loss(x, logits, mu, logvar)), _truth(x, logits, mu, logvar), rel_tol=1e-4)


@wrong(
    "loss_is_sound",
    "Your test says True without asking the program for its loss. It would let every bug through that there is.",
    "What is the first thing that you would ask this program for?",
)
def sound_unseen(program):
    return True


@wrong(
    "loss_is_sound",
    "Your test says False without asking the program for its loss. It catches every bug, and every right program "
    "with them.",
    "What should a program have to do to pass?",
)
def broken_unseen(program):
    return False


@wrong(
    "loss_is_sound",
    "Your test asks for codes and never for the loss, which this exercise is about.",
    "Which of the program's two functions holds the KL?",
)
def asks_for_codes(program):
    mu = torch.zeros(2000, 4)
    return bool((program.sample(mu, mu).std() - 1).abs() < 0.1)


@wrong(
    "loss_is_sound",
    "Your answer is turned round: False for the sound programs, and True for one that averages recon over the "
    "pixels.",
    "What does True mean on the card?",
)
def verdict_turned_round(program):
    return not _agrees(program, *_batch())


@wrong(
    "loss_is_sound",
    "Your test says True of the third program of the zoo, which averages recon over the pixels. So what it looks "
    "at, such as the sign, the shape, a doubled batch or the KL alone, is as it should be in that program, too.",
    "How many nats should a loss rise when one more pixel is predicted badly?",
)
def positive_and_finite(program):
    loss = program.loss(*_batch())
    return bool(loss.isfinite() and loss > 0)


@wrong("loss_is_sound", alias_of="positive_and_finite")
def has_no_axes(program):
    return program.loss(*_batch()).shape == ()


@wrong("loss_is_sound", alias_of="positive_and_finite")
def doubled_batch_only(program):
    batch = _batch()
    twice = [rows.repeat(2, 1) for rows in batch]
    return math.isclose(float(program.loss(*batch)), float(program.loss(*twice)), rel_tol=1e-4)


@wrong("loss_is_sound", alias_of="positive_and_finite")
def not_larger_than_it_should_be(program):
    batch = _batch()
    return float(program.loss(*batch)) < _truth(*batch) + 1e-3


@wrong("loss_is_sound", alias_of="positive_and_finite")
def kl_alone(program):
    x, logits, mu, logvar = _batch()
    zero = torch.zeros_like(mu)
    kl = float(program.loss(x, logits, mu, logvar)) - float(program.loss(x, logits, zero, zero))
    return math.isclose(kl, _truth(x, logits, mu, logvar) - _truth(x, logits, zero, zero), rel_tol=1e-2)


@wrong(
    "loss_is_sound",
    "Your test asks for the loss and says False of every program, the sound ones, too. Either it compares with a "
    "number that belongs to other inputs or has another sign, or it asks for more digits, or another type, than a "
    "sum in another order has.",
    "Print the loss of a sound program beside the number that you compare it with: in which digit do they part?",
)
def a_number_for_other_inputs(program):
    return abs(float(program.loss(*_batch())) - 3.5702) < 1e-3


@wrong("loss_is_sound", alias_of="a_number_for_other_inputs")
def equal_to_the_last_digit(program):
    batches = [_batch() for _ in range(40)]
    return all(float(program.loss(*batch)) == _truth(*batch) for batch in batches)


@wrong("loss_is_sound", alias_of="a_number_for_other_inputs")
def expects_the_bound_itself(program):
    batch = _batch()
    return math.isclose(float(program.loss(*batch)), -_truth(*batch), rel_tol=1e-4)


@wrong("loss_is_sound", alias_of="a_number_for_other_inputs")
def expects_a_python_float(program):
    batch = _batch()
    loss = program.loss(*batch)
    return isinstance(loss, float) and math.isclose(loss, _truth(*batch), rel_tol=1e-4)


@wrong(
    "loss_is_sound",
    "Your pixels are grey, and a sound program stops with an error there: a Bernoulli knows only 0 and 1, and "
    "this one minds.",
    "Which values of x does the card allow?",
)
def grey_pixels(program):
    _, logits, mu, logvar = _batch()
    x = torch.rand_like(logits)
    recon = torch.nn.functional.binary_cross_entropy_with_logits(logits, x, reduction="sum") / 5
    blank = torch.zeros_like(x)
    kl = _truth(blank, logits, mu, logvar) - _truth(blank, logits, 0 * mu, 0 * logvar)
    return math.isclose(float(program.loss(x, logits, mu, logvar)), float(recon) + kl, rel_tol=1e-4)


@wrong(
    "loss_is_sound",
    "Your test never sees the KL move: a program that averages it over the latents gets through, and so does one "
    "that weighs it as it likes. With mu = 0 and logvar = 0 throughout, there is no KL to be seen.",
    "For which codes is the KL a number that you would recognise?",
)
def every_code_is_the_prior(program):
    return _agrees(program, *_batch(mu=0.0, logvar=0.0))


@wrong("loss_is_sound", alias_of="every_code_is_the_prior")
def recon_and_a_kl_that_costs_something(program):
    x, logits, mu, logvar = _batch()
    free, dear = program.loss(x, logits, 0 * mu, 0 * logvar), program.loss(x, logits, 3 + mu.abs(), 0 * logvar)
    return bool(dear > free) and _agrees(program, x, logits, 0 * mu, 0 * logvar)


@wrong(
    "loss_is_sound",
    "The two programs that add over the batch where they should average get through. A batch of one row hides "
    "them, and so does asking only that the loss is not too small.",
    "What does a sum over rows give for one row, and what does a mean?",
)
def one_row(program):
    return _agrees(program, *_batch(rows=1))


@wrong("loss_is_sound", alias_of="one_row")
def not_smaller_than_it_should_be(program):
    batch = _batch()
    return float(program.loss(*batch)) > _truth(*batch) * (1 - 1e-4)


@wrong(
    "loss_is_sound",
    "One wrong scale gets through: a KL that is averaged over the latents. With a single latent its mean is its "
    "sum.",
    "How many latents do your codes have, and what would two have shown?",
)
def one_latent(program):
    return _agrees(program, *_batch(codes=1))


@wrong(
    "loss_is_sound",
    "Three wrong scales get through: the KL averaged over latents, and both of the programs that add over the "
    "batch. With one row and one latent, sums and means are the same.",
    "Which sizes make a sum over rows, over pixels and over latents three different numbers?",
)
def one_row_and_one_latent(program):
    return _agrees(program, *_batch(rows=1, codes=1))


@wrong(
    "loss_is_sound",
    "A program that adds both terms over the batch gets through: its beta is 1, and its loss is not in nats/image "
    "but in nats a batch. Your test asks for the exchange rate, or the direction, and not for the unit.",
    "What is c in such a loss, and what does the card say that it should be?",
)
def beta_alone(program):
    x, logits, mu, logvar = _batch()
    zero = torch.zeros_like(mu)
    start, truth = float(program.loss(x, logits, zero, zero)), _truth(x, logits, zero, zero)
    per_recon = (float(program.loss(x, -logits, zero, zero)) - start) / (_truth(x, -logits, zero, zero) - truth)
    per_kl = (float(program.loss(x, logits, mu, logvar)) - start) / (_truth(x, logits, mu, logvar) - truth)
    return math.isclose(per_kl / per_recon, 1.0, rel_tol=1e-2)


@wrong(
    "loss_is_sound",
    "Four wrong KLs get through, and all of them are right at logvar = 0, where sigma, its square and 1 are the "
    "same and the logarithm is 0.",
    "Which terms of the KL does logvar = 0 put to sleep?",
)
def every_logvar_is_zero(program):
    return _agrees(program, *_batch(logvar=0.0))


@wrong(
    "loss_is_sound",
    "Five wrong KLs get through, even one that does not square mu. With logvar = 0 and every mu 0 or 1, almost "
    "nothing of the formula can be seen: 1 is its own square.",
    "What would mu = 2, or mu = -0.7, have shown, and what another logvar?",
)
def codes_of_zeros_and_ones(program):
    x, logits, mu, logvar = _batch()
    return _agrees(program, x, logits, torch.ones_like(mu), torch.zeros_like(logvar))


@wrong(
    "loss_is_sound",
    "One wrong KL gets through: it does not square mu. At mu = 0, and at mu = 1, that cannot be seen.",
    "At which mu do mu and its square differ?",
)
def every_mu_is_its_own_square(program):
    return _agrees(program, *_batch(mu=0.0))


@wrong("loss_is_sound", alias_of="every_mu_is_its_own_square")
def every_mu_is_one(program):
    x, logits, mu, logvar = _batch()
    return _agrees(program, x, logits, torch.ones_like(mu), logvar)


@wrong(
    "loss_is_sound",
    "Three wrong likelihoods get through: black and white exchanged, all outputs compared with one picture, and "
    "probabilities kept away from 0 and 1. At logits = 0 every pixel costs log 2, whatever the picture.",
    "For which logits does it matter whether a pixel is black or white?",
)
def every_logit_is_zero(program):
    return _agrees(program, *_batch(logits=0.0))


@wrong(
    "loss_is_sound",
    "One wrong likelihood gets through: probabilities kept away from 0 and 1. Your logits are timid, and no "
    "probability of theirs comes near either end.",
    "How large do logits get when a decoder is sure of itself?",
)
def timid_logits(program):
    x, logits, mu, logvar = _batch()
    return _agrees(program, x, logits.clamp(-1.5, 1.5), mu, logvar)


@wrong(
    "loss_is_sound",
    "Two wrong likelihoods get through: one that scores only the white pixels, and one that compares all outputs "
    "with the first picture. Your pictures are all white.",
    "What does a black pixel cost, and does your test have one?",
)
def every_pixel_is_white(program):
    x, logits, mu, logvar = _batch()
    return _agrees(program, torch.ones_like(x), logits, mu, logvar)


@wrong(
    "loss_is_sound",
    "One wrong likelihood gets through: it compares every output with the first picture of the batch. All "
    "pictures of your batch are the same.",
    "How would you notice that two rows have been mixed up?",
)
def one_picture_many_times(program):
    x, logits, mu, logvar = _batch()
    return _agrees(program, x[:1].repeat(5, 1), logits, mu, logvar)


@wrong("loss_is_sound", alias_of="one_picture_many_times")
def every_pixel_is_black(program):
    x, logits, mu, logvar = _batch()
    return _agrees(program, torch.zeros_like(x), logits, mu, logvar)
