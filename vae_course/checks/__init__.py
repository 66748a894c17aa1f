"""The checks: probes that run beside the learner's code, and a judge that decides on what they bring back.

    from vae_course.checks import run
    run("gaussian_kl", {"gaussian_kl": my_function}).passed
"""

from vae_course.checks.report import Report
from vae_course.checks.runner import run

__all__ = ["Report", "run"]
