"""The checks: probes that run beside the learner's code, and a judge that decides on what they bring back.

    from vae_course.checks import run
    run("gaussian_kl", {"gaussian_kl": my_function}).passed
"""

from importlib import import_module

_HOMES = {"Report": "report", "run": "runner"}
__all__ = list(_HOMES)


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
