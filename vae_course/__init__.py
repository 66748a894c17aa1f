"""vae_course: a course on variational autoencoders that checks every exercise the moment it is written."""

__version__ = "0.1.0"
