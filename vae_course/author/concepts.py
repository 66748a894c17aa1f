"""What the course covers, and where: each concept with the step that teaches it, its figure, exercises and drills.

The table is written by `vae-course table` from this list, and every entry is looked up in the stages themselves: a heading that is not in
the lesson, a figure that the lesson does not draw, an exercise or a drill that does not exist stops the command.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from vae_course import course
from vae_course.checks.drills import generators
from vae_course.course import CourseError

BEGIN = "<!-- table: concepts -->"


@dataclass(frozen=True)
class Concept:
    """One row. step: a `##` heading of the stage. figures: functions of `explore`. The gate of the stage draws from its drills."""

    name: str
    stage: str
    step: str
    figures: tuple[str, ...]
    exercises: tuple[str, ...]
    drills: tuple[str, ...]


def _c(name: str, stage: str, step: str, figures: str, exercises: str, drills: str) -> Concept:
    return Concept(name, stage, step, *(tuple(words.split()) for words in (figures, exercises, drills)))


CONCEPTS = (
    _c("latent-variable model", "01", "A model in two sentences", "bent_picture", "sample_joint", "joint_in_logs"),
    _c("prior, decoder, joint", "01", "Scoring a pair", "bent_picture", "sample_joint log_joint", "joint_in_logs"),
    _c("marginal likelihood, and why it is intractable", "01", "Why none of this scales", "bent_picture",
       "log_evidence_grid log_evidence_monte_carlo linear_gaussian_evidence", "evidence_on_a_grid evidence_by_blind_draws draws_for_ten_percent"),
    _c("posterior over codes", "01", "Which codes explain this x?", "bent_picture", "posterior_grid", "posterior_of_three mean_of_a_posterior"),
    _c("autoencoder against VAE", "01", "Eight numbers that nobody has used", "digits_picture", "sample_joint", "joint_in_logs"),
    _c("ELBO by Jensen's inequality", "02", "Putting q in", "bound_picture", "elbo_exact derivation_deck", "elbo_of_two_states lost_by_jensen"),
    _c("reconstruction less KL", "02", "Two terms that a program can compute", "bound_picture", "reconstruction_and_kl",
       "evidence_from_its_pieces elbo_of_the_prior"),
    _c("gap = KL(q || posterior), and when the bound is tight", "02", "What the bound leaves out", "bound_picture",
       "evidence_gap derivation", "gap_on_the_line exact_or_bound"),
    _c("inference network", "02", "One encoder for all", "bound_picture", "linear_gaussian_encoder", "amortization_gap"),
    _c("amortized against per-point inference", "02", "Fitting q to one data point", "bound_picture",
       "fit_posterior linear_gaussian_encoder", "amortization_gap gap_of_one_bump"),
    _c("Gaussian encoder with log-variance", "03", "How much q does not know: the entropy", "price_picture",
       "std_from_logvar gaussian_entropy gaussian_cross_entropy", "sigma_from_logvar"),
    _c("closed-form KL", "03", "The price", "price_picture", "gaussian_kl gaussian_kl_between",
       "kl_to_the_prior kl_between_two_gaussians pull_on_logvar"),
    _c("Gaussian and Bernoulli likelihood", "03", "Name the likelihood, or the bound means nothing", "price_picture",
       "gaussian_log_likelihood bernoulli_log_likelihood", "gaussian_log_likelihood bernoulli_log_likelihood categorical_log_likelihood"),
    _c("squared error as a likelihood", "03", "The squared error was a likelihood all along", "price_picture", "mse_relation", "implied_variance"),
    _c("reparameterization", "04", "What depends on what", "estimator_picture", "reparameterize sample_posterior pathwise_gradient",
       "code_from_noise path_slope_by_logvar"),
    _c("score function against pathwise variance", "04", "How much is one draw worth?", "estimator_picture",
       "score_function_gradient pathwise_gradient", "score_slope_by_mu variance_of_the_score"),
    _c("SGVB, with L samples", "04", "The bound, with a path through it", "estimator_picture", "sgvb_a sgvb_b", "variance_of_a_batch"),
    _c("generation: mean and sample", "05", "Use it: new pictures", "digits_picture", "generate reconstruct", "draw_and_mean_picture"),
    _c("interpolation", "05", "Use it: new pictures", "latent_map_picture", "interpolate", "error_of_a_drawn_code"),
    _c("reconstruction against regularity", "06", "What a nat buys", "beta_picture", "rate_distortion linear_rates", "rate_of_a_direction total_rate"),
    _c("beta above and below 1", "06", "Seven prices for digits", "beta_picture", "beta_elbo", "priced_bound noise_that_does_the_same"),
    _c("posterior collapse", "06", "What the past knows", "digits_picture", "active_units running_log_odds clinic_diagnoses",
       "directions_worth_their_price misfit_of_the_codes"),
    _c("KL annealing, free bits, a rate target, a weaker decoder", "06", "Four ways to bring the code back", "digits_picture",
       "kl_weight free_bits rate_target clinic_treatments", "warm_up_weights free_bits_of_a_table"),
    _c("IWAE bound", "07", "The log outside", "k_picture", "log_weights iwae_bound effective_sample_size log_evidence",
       "bound_of_three_weights lowest_bound gap_with_many_samples"),
    _c("optimising the IWAE bound", "07", "Who hears what", "k_picture", "iwae_loss gradient_snr", "signal_of_the_encoder normalised_weight"),
    _c("conditional VAE", "08", "Conditional: a label behind every bar", "digits_picture",
       "ConditionalVAE conditional_elbo class_posterior label_information", "share_of_a_class nats_of_a_label kl_to_the_prior_of_a_class"),
    _c("clustering and downstream use", "08", "Representation: codes as features", "digits_picture", "linear_probe neighbour_vote", "length_on_the_way"),
    _c("anomaly detection, and when it fails", "08", "Anomaly: an alarm on a score", "threshold_picture", "anomaly_score auroc",
       "pairs_in_order likeliest_above_a_draw"),
    _c("discrete latents: Gumbel-softmax, score function", "08", "Discrete: a code of ten states", "digits_picture",
       "gumbel_softmax leave_one_out_gradient", "soft_share_of_a_state estimate_of_two_flips"),
    _c("another prior", "08", "Prior: another place to draw from", "digits_picture", "mixture_log_prob elbo_with_prior", "two_bumps_at_a_point"),
    _c("what diffusion shares", "09", "What is shared, and what is left behind", "schedule_picture",
       "noise reverse_posterior step_kl diffusion_bound noise_weight", "cost_of_a_step bound_from_its_terms gap_with_more_steps"),
)


def text() -> str:
    """The table in Markdown. CourseError for an entry that is not in its stage."""
    for concept in CONCEPTS:
        if lacking := next(missing(concept), None):
            raise CourseError(f"{concept.name}: stage {concept.stage} has no {lacking}; mend the list in {__name__}.")
    lines = ["| concept | taught in | figure | exercises | drills, which its gate asks too |", "| --- | --- | --- | --- | --- |"]
    for c in CONCEPTS:
        cells = [", ".join(f"`{name}`" for name in names) for names in (c.figures, c.exercises, c.drills)]
        lines.append(f"| {c.name} | {c.stage} {c.step} | {' | '.join(cells)} |")
    return "\n".join(lines)


def missing(concept: Concept) -> Iterator[str]:
    """What a row names and its stage does not have."""
    stage = course.find_stage(concept.stage)
    lesson = (course.solutions_folder() / stage.id / f"{stage.id}.py").read_text(encoding="utf-8")
    if not re.search(rf"^# ## {re.escape(concept.step)}$", lesson, re.MULTILINE):
        yield f"step {concept.step!r}"
    yield from (f"figure {name!r}" for name in concept.figures if not re.search(rf"^{name}\(", lesson, re.MULTILINE))
    yield from (f"exercise {name!r}" for name in concept.exercises if name not in {e.name for e in stage.exercises})
    yield from (f"drill {name!r}" for name in concept.drills if name not in generators(stage))
