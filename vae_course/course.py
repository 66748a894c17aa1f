"""The course as data: its stages in order, what each exercise is worth, and where its files are.

Nothing here imports the rest of the package, nor anything heavy: the command line starts from this file.
"""

from __future__ import annotations

import difflib
import os
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType

PACKAGE = Path(__file__).parent
REPOSITORY = PACKAGE.parent
GATES = "soft"  # how gates behave unless VAE_COURSE_GATES says otherwise: hard, soft, graded or off
MASTERY = 0.8  # the share of a stage's points that is mastery, unless an instructor sets another


class CourseError(Exception):
    """Something the reader can put right. Its text is one sentence: what was given, what was expected, what to do."""


@dataclass(frozen=True)
class Exercise:
    """One graded function or class.

    `parts` maps each part of the check to its weight; the others count only when `value` passes.
    `builds_on` names earlier exercises that the answer may call. The gate opens without those that are not `required`.
    `branch` is the part of the stage that the exercise belongs to, where the learner may choose among parts; see Stage.
    """

    name: str
    points: float
    minutes: int
    difficulty: int
    parts: Mapping[str, float] = field(default_factory=lambda: MappingProxyType({"value": 1.0}), hash=False)
    builds_on: tuple[str, ...] = ()
    required: bool = True
    branch: str = ""

    def score(self, passed: Mapping[str, bool]) -> float:
        """Points for the parts that passed: points x weight passed / weight in all, rounded to 0.01."""
        if not passed.get("value", False):
            return 0.0
        earned = sum(weight for part, weight in self.parts.items() if passed.get(part, False))
        return round(self.points * earned / sum(self.parts.values()), 2)

    def __reduce__(self):
        """Between processes of one course an exercise travels as its name."""
        return _exercise, (self.name,)


@dataclass(frozen=True)
class Written:
    """A question that is answered in words and marked by a person, with the mark scheme in the lesson's source."""

    name: str
    title: str
    points: float
    minutes: int
    difficulty: int


@dataclass(frozen=True)
class Stage:
    """One notebook of the course.

    Its gate asks for every exercise without a branch, and for all those of `branches_needed` branches, whichever they are.
    """

    id: str
    title: str
    question: str
    minutes: int
    exercises: tuple[Exercise, ...]
    written: tuple[Written, ...] = ()
    branches_needed: int = 0

    @property
    def number(self) -> str:
        return self.id[:2]

    @property
    def points(self) -> float:
        """What the checks of the stage are worth; written answers are marked by a person and come on top."""
        return sum(exercise.points for exercise in self.exercises)


_DIFFERENTIABLE = MappingProxyType({"value": 0.6, "gradient": 0.2, "stability": 0.2})
_STABLE = MappingProxyType({"value": 0.75, "stability": 0.25})
# of the clinic: who is well comes first, since every other diagnosis is made by comparison
_PATIENTS = MappingProxyType({"value": 0.2, "A": 0.2, "B": 0.2, "D": 0.2, "E": 0.2})
# of the capstone: the line that makes an impossible report comes first, since it is what the alarm asks about
_LINES = MappingProxyType({"value": 0.2, "A": 0.14, "C": 0.14, "E": 0.14, "F": 0.14, "I": 0.14, "sound": 0.1})
_EMPTY_STATES = MappingProxyType({"value": 0.7, "empty_states": 0.3})

STAGES = (
    Stage(
        "00_start_here", "Start here", "How does this course work?", 30,
        (Exercise("shift", points=1, minutes=5, difficulty=1),),
    ),
    Stage(
        "01_latent_variable_models", "Explanations nobody has seen", "Why can we not just maximise log p(x)?", 60,
        (
            Exercise("sample_joint", points=2, minutes=5, difficulty=1),
            Exercise("log_joint", points=3, minutes=6, difficulty=2, parts=_STABLE),
            Exercise("log_evidence_grid", points=3, minutes=6, difficulty=2, parts=_STABLE, builds_on=("log_joint",)),
            Exercise("posterior_grid", points=3, minutes=5, difficulty=2, parts=_STABLE, builds_on=("log_joint", "log_evidence_grid")),
            Exercise("log_evidence_monte_carlo", points=3, minutes=5, difficulty=2, parts=_STABLE),
            Exercise("linear_gaussian_evidence", points=3, minutes=7, difficulty=3, parts=_STABLE),
        ),
    ),
    Stage(
        "02_elbo", "A floor under the evidence", "What can we maximise instead?", 90,
        (
            Exercise(
                "elbo_exact", points=4, minutes=7, difficulty=2,
                parts=MappingProxyType({"value": 0.6, "empty_states": 0.2, "gradient": 0.2}),
            ),
            Exercise("reconstruction_and_kl", points=3, minutes=5, difficulty=2, parts=MappingProxyType({"value": 0.6, "kl": 0.4})),
            Exercise(
                "derivation_deck", points=3, minutes=6, difficulty=2,
                parts=MappingProxyType({"value": 0.5, "relations": 0.25, "reasons": 0.25}),
            ),
            Exercise("evidence_gap", points=3, minutes=5, difficulty=2, parts=_EMPTY_STATES, builds_on=("elbo_exact",)),
            Exercise("derivation", points=5, minutes=10, difficulty=4),
            Exercise("elbo_monte_carlo", points=3, minutes=6, difficulty=3, builds_on=("reconstruction_and_kl",)),
            Exercise("fit_posterior", points=4, minutes=10, difficulty=4, builds_on=("log_joint", "elbo_exact")),
            Exercise(
                "linear_gaussian_encoder", points=4, minutes=8, difficulty=4,
                parts=MappingProxyType({"value": 0.6, "sigma": 0.4}),
            ),
        ),
        written=(
            Written("evidence_identity", "What the bound leaves out", points=4, minutes=8, difficulty=3),
        ),
    ),
    Stage(
        "03_gaussian_kl", "The price of a code", "What does the prior cost?", 75,
        (
            Exercise("std_from_logvar", points=1, minutes=3, difficulty=1, parts=_DIFFERENTIABLE),
            Exercise(
                "gaussian_entropy", points=2, minutes=4, difficulty=2, parts=_DIFFERENTIABLE, builds_on=("std_from_logvar",),
            ),
            Exercise(
                "gaussian_cross_entropy", points=2, minutes=4, difficulty=2, parts=_DIFFERENTIABLE,
                builds_on=("std_from_logvar",),
            ),
            Exercise(
                "gaussian_kl", points=5, minutes=8, difficulty=2, parts=_DIFFERENTIABLE,
                builds_on=("std_from_logvar", "gaussian_entropy", "gaussian_cross_entropy"),
            ),
            Exercise(
                "gaussian_kl_between", points=3, minutes=8, difficulty=3, parts=_DIFFERENTIABLE,
                builds_on=("std_from_logvar", "gaussian_entropy", "gaussian_kl"),
            ),
            Exercise(
                "kl_monte_carlo", points=4, minutes=8, difficulty=3,
                parts=MappingProxyType({"value": 0.6, "standard_error": 0.3, "stability": 0.1}),
                builds_on=("std_from_logvar",),
            ),
            Exercise("gaussian_log_likelihood", points=3, minutes=6, difficulty=2, parts=_DIFFERENTIABLE),
            Exercise("bernoulli_log_likelihood", points=4, minutes=6, difficulty=3, parts=_DIFFERENTIABLE),
            Exercise(
                "mse_relation", points=2, minutes=4, difficulty=2, builds_on=("gaussian_log_likelihood",),
            ),
        ),
    ),
    Stage(
        "04_reparameterization", "Move the points", "How does a gradient pass through a sample?", 75,
        (
            Exercise("reparameterize", points=3, minutes=5, difficulty=2, parts=MappingProxyType({"value": 0.5, "gradient": 0.5})),
            Exercise("sample_posterior", points=3, minutes=5, difficulty=2, builds_on=("reparameterize",)),
            Exercise(
                "pathwise_gradient", points=4, minutes=8, difficulty=3, parts=MappingProxyType({"value": 0.5, "logvar": 0.5}),
                builds_on=("reparameterize",),
            ),
            Exercise(
                "score_function_gradient", points=4, minutes=10, difficulty=4,
                parts=MappingProxyType({"value": 0.4, "logvar": 0.3, "baseline": 0.3}), builds_on=("reparameterize",),
            ),
            Exercise(
                "sgvb_a", points=3, minutes=7, difficulty=3, parts=MappingProxyType({"value": 0.6, "gradient": 0.4}),
                builds_on=("reparameterize",),
            ),
            Exercise(
                "sgvb_b", points=3, minutes=5, difficulty=3, parts=MappingProxyType({"value": 0.6, "gradient": 0.4}),
                builds_on=("reparameterize",),
            ),
        ),
    ),
    Stage(
        "05_vae", "The whole machine", "Can you build one, and would you notice a bug?", 120,
        (
            Exercise("Encoder", points=3, minutes=6, difficulty=2),
            Exercise("Decoder", points=2, minutes=4, difficulty=1),
            Exercise(
                "VAE", points=4, minutes=10, difficulty=3,
                parts=MappingProxyType({"value": 0.5, "gradient": 0.25, "likelihood": 0.25}), builds_on=("Encoder", "Decoder"),
            ),
            Exercise("negative_elbo", points=5, minutes=8, difficulty=3, parts=_DIFFERENTIABLE),
            Exercise(
                "train_step", points=4, minutes=8, difficulty=3,
                parts=MappingProxyType({"value": 0.5, "noise": 0.25, "report": 0.25}), builds_on=("negative_elbo",),
            ),
            Exercise("generate", points=3, minutes=5, difficulty=2, parts=MappingProxyType({"value": 0.6, "draws": 0.4})),
            Exercise("reconstruct", points=2, minutes=4, difficulty=1),
            Exercise("interpolate", points=2, minutes=4, difficulty=1),
            Exercise("effective_beta", points=4, minutes=10, difficulty=4, builds_on=("gaussian_kl",)),
            Exercise(
                "samples_are_fresh", points=3, minutes=8, difficulty=3,
                parts=MappingProxyType({"value": 0.4, "noise": 0.3, "scale": 0.3}),
            ),
            Exercise(
                "loss_is_sound", points=5, minutes=12, difficulty=4,
                parts=MappingProxyType({"value": 0.4, "scale": 0.2, "kl": 0.2, "likelihood": 0.2}), builds_on=("negative_elbo",),
            ),
        ),
    ),
    Stage(
        "06_beta_vae", "The price of a nat", "What if the latent is ignored?", 100,
        (
            Exercise("beta_elbo", points=2, minutes=4, difficulty=1, parts=MappingProxyType({"value": 0.7, "gradient": 0.3})),
            Exercise(
                "linear_rates", points=4, minutes=8, difficulty=3, parts=MappingProxyType({"value": 0.6, "cutoff": 0.4}),
            ),
            Exercise("rate_distortion", points=3, minutes=6, difficulty=2, builds_on=("gaussian_kl", "reparameterize")),
            Exercise("active_units", points=3, minutes=5, difficulty=2),
            Exercise("kl_weight", points=2, minutes=4, difficulty=1, parts=MappingProxyType({"value": 0.8, "no_warmup": 0.2})),
            Exercise("free_bits", points=4, minutes=7, difficulty=3, parts=MappingProxyType({"value": 0.6, "gradient": 0.4})),
            Exercise("rate_target", points=2, minutes=4, difficulty=2, parts=MappingProxyType({"value": 0.6, "gradient": 0.4})),
            Exercise("running_log_odds", points=3, minutes=7, difficulty=3),
            Exercise("clinic_diagnoses", points=4, minutes=10, difficulty=3, parts=_PATIENTS),
            Exercise("clinic_treatments", points=4, minutes=10, difficulty=4, parts=_PATIENTS),
        ),
    ),
    Stage(
        "07_iwae", "Many samples, one bound", "How tight can the bound be?", 90,
        (
            Exercise(
                "log_weights", points=3, minutes=6, difficulty=2, parts=MappingProxyType({"value": 0.7, "gradient": 0.3}),
                builds_on=("reparameterize",),
            ),
            Exercise("iwae_bound", points=4, minutes=6, difficulty=2, parts=_DIFFERENTIABLE),
            Exercise("effective_sample_size", points=3, minutes=5, difficulty=2, parts=_STABLE),
            Exercise(
                "log_evidence", points=4, minutes=10, difficulty=4,
                parts=MappingProxyType({"value": 0.4, "chunks": 0.2, "noise": 0.2, "stability": 0.2}),
                builds_on=("log_weights", "iwae_bound"),
            ),
            Exercise(
                "iwae_loss", points=3, minutes=4, difficulty=2, parts=MappingProxyType({"value": 0.6, "gradient": 0.4}),
                builds_on=("log_weights", "iwae_bound"),
            ),
            Exercise("gradient_snr", points=2, minutes=5, difficulty=2),
            Exercise(
                "doubly_reparameterized_gradient", points=4, minutes=15, difficulty=5,
                parts=MappingProxyType({"value": 0.5, "logvar": 0.5}), builds_on=("reparameterize",), required=False,
            ),
            Exercise(
                "bound_is_sound", points=5, minutes=12, difficulty=4,
                parts=MappingProxyType({"value": 0.4, "weights": 0.3, "report": 0.3}), builds_on=("log_weights", "iwae_bound"),
            ),
        ),
        written=(
            Written("more_samples", "Why more samples cannot lower the bound", points=4, minutes=8, difficulty=3),
        ),
    ),
    Stage(
        "08_applications", "Likely, similar, typical", "What is it good for, and when does it mislead?", 100,
        (
            Exercise(
                "ConditionalVAE", points=4, minutes=12, difficulty=3, branch="conditional",
                parts=MappingProxyType({"value": 0.4, "label": 0.4, "gradient": 0.2}), builds_on=("reparameterize",),
            ),
            Exercise(
                "conditional_elbo", points=2, minutes=5, difficulty=2, branch="conditional",
                parts=MappingProxyType({"value": 0.7, "gradient": 0.3}), builds_on=("gaussian_kl_between",),
            ),
            Exercise("class_posterior", points=2, minutes=5, difficulty=2, branch="conditional", parts=_STABLE),
            Exercise("label_information", points=3, minutes=6, difficulty=3, branch="conditional", parts=_STABLE),
            Exercise(
                "linear_probe", points=3, minutes=8, difficulty=2, branch="representation",
                parts=MappingProxyType({"value": 0.6, "leak": 0.4}),
            ),
            Exercise("neighbour_vote", points=3, minutes=7, difficulty=2, branch="representation"),
            Exercise(
                "anomaly_score", points=2, minutes=4, difficulty=2, branch="anomaly", builds_on=("log_weights", "iwae_bound"),
            ),
            Exercise(
                "auroc", points=3, minutes=7, difficulty=3, branch="anomaly",
                parts=MappingProxyType({"value": 0.7, "ties": 0.3}),
            ),
            Exercise("gumbel_softmax", points=3, minutes=6, difficulty=3, branch="discrete", parts=_DIFFERENTIABLE),
            Exercise("leave_one_out_gradient", points=4, minutes=10, difficulty=4, branch="discrete"),
            Exercise("mixture_log_prob", points=3, minutes=7, difficulty=3, branch="prior", parts=_DIFFERENTIABLE),
            Exercise(
                "elbo_with_prior", points=3, minutes=6, difficulty=3, branch="prior",
                parts=MappingProxyType({"value": 0.7, "gradient": 0.3}), builds_on=("reparameterize",),
            ),
        ),
        written=(
            Written("likely_is_not_typical", "Why an average is likelier than most digits", points=4, minutes=8, difficulty=3),
        ),
        branches_needed=3,
    ),
    Stage(
        "09_toward_diffusion", "An encoder with nothing to learn", "What does a diffusion model share with this?", 90,
        (
            Exercise("noise", points=2, minutes=4, difficulty=1),
            Exercise("prior_end", points=2, minutes=4, difficulty=2, builds_on=("gaussian_kl",)),
            Exercise(
                "reverse_posterior", points=4, minutes=10, difficulty=3,
                parts=MappingProxyType({"value": 0.5, "variance": 0.3, "first_step": 0.2}),
            ),
            Exercise(
                "step_kl", points=4, minutes=7, difficulty=3, parts=MappingProxyType({"value": 0.7, "gradient": 0.3}),
                builds_on=("reverse_posterior",),
            ),
            Exercise(
                "diffusion_bound", points=5, minutes=12, difficulty=4,
                parts=MappingProxyType({"value": 0.6, "one_step": 0.2, "gradient": 0.2}),
                builds_on=("gaussian_log_likelihood", "noise", "prior_end", "reverse_posterior", "step_kl"),
            ),
            Exercise("noise_weight", points=3, minutes=6, difficulty=3),
            Exercise(
                "simple_loss", points=2, minutes=5, difficulty=2, parts=MappingProxyType({"value": 0.6, "gradient": 0.4}),
                builds_on=("noise",),
            ),
            Exercise("sample_chain", points=4, minutes=10, difficulty=3, builds_on=("reverse_posterior",)),
        ),
        written=(
            Written("bound_of_a_chain", "What each term of a chain's bound buys", points=4, minutes=8, difficulty=3),
        ),
    ),
    Stage(
        "10_capstone", "On your own", "Can you repair, diagnose and judge a VAE on your own?", 90,
        (
            Exercise("gauge_evidence", points=3, minutes=6, difficulty=2, parts=_STABLE, builds_on=("bernoulli_log_likelihood",)),
            Exercise("impossible", points=2, minutes=5, difficulty=2),
            Exercise("capstone_faults", points=6, minutes=12, difficulty=3, parts=_LINES),
            Exercise(
                "capstone_split", points=3, minutes=7, difficulty=2, parts=MappingProxyType({"value": 0.7, "chance": 0.3}),
            ),
            Exercise(
                "capstone_loss", points=4, minutes=7, difficulty=2,
                parts=MappingProxyType({"value": 0.5, "warm_up": 0.2, "gradient": 0.3}),
                builds_on=("gaussian_kl", "bernoulli_log_likelihood", "reparameterize", "kl_weight"),
            ),
            Exercise(
                "capstone_train", points=4, minutes=10, difficulty=3, parts=MappingProxyType({"value": 0.7, "chance": 0.3}),
                builds_on=("capstone_loss",),
            ),
            Exercise(
                "capstone_report", points=4, minutes=8, difficulty=3,
                parts=MappingProxyType({"value": 0.6, "gaps": 0.2, "units": 0.2}),
                builds_on=("gaussian_kl", "active_units", "log_weights", "iwae_bound"),
            ),
            Exercise("factor_scores", points=3, minutes=8, difficulty=3, parts=MappingProxyType({"value": 0.7, "unseen": 0.3})),
        ),
        written=(
            Written("capstone_account", "What was wrong, and what is left", points=8, minutes=20, difficulty=4),
        ),
    ),
)


def find_stage(name: str) -> Stage:
    """The stage called `name`: its id, its number with or without the zero, or its words (`gaussian_kl`)."""
    wanted = str(name).strip().strip("/")
    for stage in STAGES:
        if wanted in (stage.id, stage.number, stage.number.lstrip("0") or "0", stage.id[3:]):
            return stage
    raise CourseError(_unknown("stage", wanted, [stage.id for stage in STAGES]))


def find_exercise(name: str) -> tuple[Stage, Exercise]:
    """The exercise called `name`, and the stage that it belongs to."""
    for stage in STAGES:
        for exercise in stage.exercises:
            if exercise.name == name:
                return stage, exercise
    known = [exercise.name for stage in STAGES for exercise in stage.exercises]
    raise CourseError(_unknown("exercise", name, known))


def _exercise(name: str) -> Exercise:
    return find_exercise(name)[1]


def find_work(name: str) -> tuple[Stage, tuple[Exercise, ...]]:
    """What `name` asks for: one exercise, or all exercises of a stage. An exercise comes first where both have a name."""
    for stage in STAGES:
        for exercise in stage.exercises:
            if exercise.name == name:
                return stage, (exercise,)
        if name in {question.name for question in stage.written}:
            raise CourseError(f"{name} is answered in words and marked by a reader; there is nothing for a check to run.")
    with suppress(CourseError):
        stage = find_stage(name)
        return stage, stage.exercises
    known = [stage.id for stage in STAGES] + [exercise.name for stage in STAGES for exercise in stage.exercises]
    raise CourseError(_unknown("stage or exercise", name, known))


def _unknown(what: str, name: str, known: list[str]) -> str:
    near = difflib.get_close_matches(str(name), known, n=1, cutoff=0.5)
    if near:
        return f"There is no {what} called {name!r}; did you mean {near[0]!r}?"
    return f"There is no {what} called {name!r}; the course has {', '.join(known)}."


def notebooks_folder() -> Path:
    """Where the released notebooks are: inside an installed package, or at the top of a checkout."""
    inside = PACKAGE / "notebooks"
    return inside if inside.is_dir() else REPOSITORY / "notebooks"


def released_notebook(stage: Stage) -> Path:
    return notebooks_folder() / stage.id / f"{stage.id}.ipynb"


def solutions_folder() -> Path:
    """Where authors and graders keep the answers: `VAE_COURSE_SOLUTIONS`, or a checkout's own folder."""
    given = os.environ.get("VAE_COURSE_SOLUTIONS")
    folder = Path(given) if given else REPOSITORY / "solutions"
    if not folder.is_dir():
        raise CourseError(
            f"The answers are not at {folder}; this needs the full repository: run it from a checkout, "
            "or set VAE_COURSE_SOLUTIONS to its solutions folder."
        )
    return folder
