"""What a notebook calls."""

from vae_course.learn.checking import check
from vae_course.learn.gates import gate
from vae_course.learn.hints import hint
from vae_course.learn.practising import practice
from vae_course.learn.predictions import predict, reveal
from vae_course.learn.ready import ready

__all__ = ["check", "gate", "hint", "practice", "predict", "ready", "reveal"]
