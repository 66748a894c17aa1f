"""Wrong answers to stage 07, each with the sentence that names it and a question that leads out of it."""

import math

import torch

from vae_course.checks.bank import wrong


# --- bound_is_sound ---


def _drawn(K=11, B=5, spread=2.0, far=0.0):
    return far + spread * torch.randn(K, B)


def _truth(log_w):
    return float((torch.logsumexp(log_w, 0) - math.log(len(log_w))).mean())


def _report_agrees(program, log_w, rel_tol=1e-5, abs_tol=1e-3):
    return math.isclose(float(program.bound(log_w)), _truth(log_w), rel_tol=rel_tol, abs_tol=abs_tol)


def _slope(program, log_w):
    log_w = log_w.clone().requires_grad_()
    return torch.autograd.grad(program.loss(log_w), log_w)[0]


def _slope_agrees(program, log_w):
    return torch.allclose(_slope(program, log_w), -torch.softmax(log_w, 0) / log_w.shape[1], rtol=1e-3, atol=1e-4)


FAR = (0.0, -900.0, 900.0)


def _agrees(program, *several):
    """The whole test, on each of several tables of log-weights."""
    return all(_report_agrees(program, log_w) and _slope_agrees(program, log_w) for log_w in several)


@wrong(
    "bound_is_sound",
    "Your test says True without asking the program anything. It would let every bug through that there is.",
    "What is the first thing that you would ask this program for?",
)
def passed_unseen(program):
    return True


@wrong(
    "bound_is_sound",
    "Your test says False without asking the program anything. It catches every bug, and every right program with "
    "them.",
    "What should a program have to do to pass?",
)
def refused_unseen(program):
    return False


@wrong(
    "bound_is_sound",
    "Your answer is turned round: False for every sound program, and True for three that are broken.",
    "What does True mean on the card?",
)
def verdict_on_its_head(program):
    return not _agrees(program, *(_drawn(far=far) for far in FAR))


@wrong(
    "bound_is_sound",
    "Your test asks for the report and refuses every program, the sound ones, too. What it compares the report with "
    "has another sign, adds over the images, has an axis, or belongs to other weights.",
    "Print the report of a sound program beside the number that you compare it with: what lies between the two?",
)
def expects_the_sum_over_images(program):
    log_w = _drawn()
    return math.isclose(float(program.bound(log_w)), 5 * _truth(log_w), rel_tol=1e-5) and _slope_agrees(program, log_w)


@wrong("bound_is_sound", alias_of="expects_the_sum_over_images")
def expects_a_cost(program):
    log_w = _drawn(far=-9.0)
    return math.isclose(float(program.bound(log_w)), -_truth(log_w), rel_tol=1e-5) and _slope_agrees(program, log_w)


@wrong("bound_is_sound", alias_of="expects_the_sum_over_images")
def expects_one_bound_an_image(program):
    log_w = _drawn()
    return program.bound(log_w).shape == (5,) and program.loss(log_w).shape == ()


@wrong(
    "bound_is_sound",
    "Your test asks for both numbers and refuses every program, the sound ones, too. One of the numbers that you "
    "expect has another sign, adds over the images where an average is asked for, or belongs to other weights.",
    "Print both numbers of a sound program, each beside the one that you compare it with: which pair disagrees?",
)
def expects_the_slope_of_a_sum(program):
    log_w = _drawn()
    slope = _slope(program, log_w)
    return _report_agrees(program, log_w) and torch.allclose(slope, -torch.softmax(log_w, 0), atol=1e-5)


@wrong("bound_is_sound", alias_of="expects_the_slope_of_a_sum")
def expects_a_gradient_that_goes_up(program):
    log_w = _drawn()
    slope = _slope(program, log_w)
    return _report_agrees(program, log_w) and torch.allclose(slope, torch.softmax(log_w, 0) / 5)


@wrong(
    "bound_is_sound",
    "Your test refuses a sound program whose loss has another value than minus its report. You look at values of the "
    "loss, directly or by differences of two of them; what trains is the gradient that automatic differentiation "
    "gives, where shares that are held fixed count as constants.",
    "Which of the two functions is read by people, and which one only by an optimiser?",
)
def loss_is_minus_the_report(program):
    for far in FAR:
        log_w = _drawn(far=far)
        loss = float(program.loss(log_w))
        if not _agrees(program, log_w) or not math.isclose(loss, -float(program.bound(log_w)), rel_tol=1e-5):
            return False
    return True


@wrong("bound_is_sound", alias_of="loss_is_minus_the_report")
def slope_by_differences(program):
    log_w = _drawn().double()
    slope = torch.zeros_like(log_w)
    for place in range(log_w.numel()):
        step = torch.zeros_like(log_w)
        step.view(-1)[place] = 1e-4
        slope.view(-1)[place] = (program.loss(log_w + step) - program.loss(log_w - step)) / 2e-4
    report = _report_agrees(program, log_w) and _report_agrees(program, _drawn(far=-900.0))
    return report and torch.allclose(slope, -torch.softmax(log_w, 0) / 5, atol=1e-6)


@wrong(
    "bound_is_sound",
    "Your test refuses sound programs that add in another order or in double precision: it asks for the same number "
    "to the last digit.",
    "By how much do two right sums of the same numbers differ?",
)
def equal_to_the_last_bit(program):
    several = [_drawn() for _ in range(40)]
    return all(float(program.bound(log_w)) == _truth(log_w) for log_w in several)


@wrong(
    "bound_is_sound",
    "Your test stops with an error where a report is a plain number from which no gradient comes. A report is there "
    "to be read; nobody trains on it.",
    "Of which of the two functions do you need the gradient?",
)
def slope_of_the_report(program):
    for far in FAR:
        log_w = _drawn(far=far).requires_grad_()
        (slope,) = torch.autograd.grad(program.bound(log_w), log_w)
        if not torch.allclose(slope, torch.softmax(log_w, 0) / 5, atol=1e-4) or not _agrees(program, log_w.detach()):
            return False
    return True


@wrong(
    "bound_is_sound",
    "The mean of the logs gets past your test, and so does a report without log K. With a single sample the log of a "
    "mean is the mean of the log, and log K is 0.",
    "For how many samples do these programs part from a sound one?",
)
def a_single_sample(program):
    return _agrees(program, *(_drawn(K=1, far=far) for far in FAR))


@wrong(
    "bound_is_sound",
    "The mean of the logs gets past your test, and so does a mean over the images. Your weights are all alike: every "
    "way to take their mean gives the same.",
    "Which weights would show whether the mean comes before the log or after it?",
)
def all_weights_alike(program):
    return _agrees(program, *(torch.full((11, 5), far + 0.7) for far in FAR))


@wrong(
    "bound_is_sound",
    "All three programs of the first part that are broken get past your test. It asks for a property that they share "
    "with the sound ones: their reports move along when all log-weights do, and do not mind the order of the samples.",
    "For which weights do you know the report itself, and not only how it moves?",
)
def report_moves_along(program):
    log_w = _drawn()
    moved = float(program.bound(log_w + 1000)) - float(program.bound(log_w))
    return math.isclose(moved, 1000, abs_tol=1e-2)


@wrong("bound_is_sound", alias_of="report_moves_along")
def order_is_no_matter(program):
    log_w = _drawn()
    return math.isclose(float(program.bound(log_w)), float(program.bound(log_w.flip(0))), rel_tol=1e-4, abs_tol=1e-4)


@wrong("bound_is_sound", alias_of="report_moves_along")
def report_is_a_finite_number(program):
    report = program.bound(_drawn(far=-900.0))
    return bool(report.shape == () and report.isfinite())


@wrong(
    "bound_is_sound",
    "Wrong reports get past your test, even one without log K, since it asks only for the loss. A right gradient says "
    "nothing about the number that is printed.",
    "What would a reader of this program's results compare with other people's?",
)
def slope_alone(program):
    return all(_slope_agrees(program, _drawn(far=far)) for far in FAR)


@wrong(
    "bound_is_sound",
    "A report without log K gets past your test, though it asks for both functions: you allow so much that log K is "
    "within it. Beside a bound of -900, a share of 1 in 50 is 18 nats.",
    "How many nats may a report be off, and how large is log K for your K?",
)
def a_share_of_a_large_number(program):
    several = [_drawn(far=far) for far in (-900.0, 900.0)]
    return all(_report_agrees(program, log_w, rel_tol=0.02) and _slope_agrees(program, log_w) for log_w in several)


@wrong(
    "bound_is_sound",
    "Every wrong loss gets past your test, even one that is minimised uphill: it looks at the report alone.",
    "Which of the two functions moves the networks?",
)
def report_alone(program):
    return all(_report_agrees(program, _drawn(far=far)) for far in FAR)


@wrong(
    "bound_is_sound",
    "One wrong loss gets past your test, and one wrong report: they write their weights out, and at -900 a computer "
    "rounds a weight to 0. Your log-weights are all near 0, and those of pictures are not.",
    "How large is the log-likelihood of a picture of 784 pixels?",
)
def never_far_from_zero(program):
    return _agrees(program, *(_drawn() for _ in range(3)))


@wrong(
    "bound_is_sound",
    "Two wrong losses get past your test: one that trains on the best sample alone, and one that lets the gradient "
    "pass through the shares. Your weights lie so far apart that one share is 1 and all others are 0.",
    "How far apart may two log-weights lie before the smaller one no longer counts?",
)
def one_weight_dwarfs_all(program):
    table = 300.0 * torch.stack([torch.randperm(11) for _ in range(5)], 1) + 37.0 * torch.arange(5)
    return _agrees(program, table - 900, table + 900)


@wrong(
    "bound_is_sound",
    "Four wrong losses get past your test, even one in which the worst sample weighs most. All of them share out one "
    "whole an image, and that is what you ask for, not who gets which share.",
    "Which sample should move the encoder most, and does your test look at single samples?",
)
def slopes_add_up(program):
    for far in FAR:
        log_w = _drawn(far=far)
        total = _slope(program, log_w).sum(0)
        if not _report_agrees(program, log_w) or not torch.allclose(total, torch.full((5,), -0.2), atol=1e-3):
            return False
    return True


@wrong(
    "bound_is_sound",
    "Wrong losses get past your test: all that fall, or stay, when a weight grows. You ask for the sign of the slope "
    "and not for its size.",
    "By how much should the loss fall for the best sample, and by how much for a bad one?",
)
def slopes_point_down(program):
    for far in FAR:
        log_w = _drawn(far=far, spread=4.0)
        if not _report_agrees(program, log_w) or not bool((_slope(program, log_w) <= 0).all()):
            return False
    return True


@wrong(
    "bound_is_sound",
    "Every wrong loss but the one that goes uphill gets past your test. When all log-weights grow, theirs falls, too; "
    "only a single weight, moved by itself, tells who has which share.",
    "What can you move that does not move everything at once?",
)
def loss_falls_when_weights_grow(program):
    log_w = _drawn()
    falls = float(program.loss(log_w + 1)) < float(program.loss(log_w))
    return falls and all(_report_agrees(program, _drawn(far=far)) for far in FAR)


@wrong(
    "bound_is_sound",
    "Wrong losses get past your test, even one in which the worst sample weighs most. You ask for slopes where all "
    "samples are equally good, or where there is only one, and there everybody's shares are the same.",
    "Which weights have a best sample and a worst one?",
)
def slopes_of_equal_weights(program):
    right = all(_report_agrees(program, _drawn(far=far)) for far in FAR)
    return right and _slope_agrees(program, torch.zeros(11, 5))


@wrong("bound_is_sound", alias_of="slopes_of_equal_weights")
def slopes_of_one_sample(program):
    right = all(_report_agrees(program, _drawn(far=far)) for far in FAR)
    return right and _slope_agrees(program, _drawn(K=1))


@wrong(
    "bound_is_sound",
    "Two wrong reports get past your test: one that adds the bounds of the images, and one that takes a single mean "
    "over samples and images. With one image these are right.",
    "How many images does your table hold, and what would two have shown?",
)
def a_single_image(program):
    return _agrees(program, *(_drawn(B=1, far=far) for far in FAR))


@wrong(
    "bound_is_sound",
    "One wrong report gets past your test: it subtracts the log of the number of images, not of samples. Your table "
    "is square.",
    "Which shape makes the two numbers differ?",
)
def as_many_images_as_samples(program):
    return _agrees(program, *(_drawn(K=7, B=7, far=far) for far in FAR))
