"""What a notebook calls."""

from vae_course.learn.check import check
from vae_course.learn.gate import gate
from vae_course.learn.hint import hint
from vae_course.learn.practice import practice
from vae_course.learn.predict import predict, reveal

__all__ = ["check", "gate", "hint", "practice", "predict", "reveal"]
