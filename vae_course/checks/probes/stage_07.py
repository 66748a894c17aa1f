"""Probes of stage 07."""

from vae_course.checks.probes.zoo import verdict
from vae_course.checks.probing import Case, Evidence
from vae_course.models.bug_zoo_iwae import Program, program

# --- bug zoo ---


SOUND = ("plain", "relative", "in_double", "image_by_image", "one_after_the_other", "shares")


def bound_is_sound(ns, case: Case) -> Evidence:
    given = program(case["case"], case["chunk"], case["seed"])
    functions = {"bound": given.bound, "loss": given.loss}
    return verdict(ns["bound_is_sound"], "bound_is_sound", functions, Program, case["case"] in SOUND)
