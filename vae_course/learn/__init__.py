"""What a notebook calls."""

from vae_course.learn.check import check

__all__ = ["check"]
