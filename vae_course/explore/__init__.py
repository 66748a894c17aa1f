"""Interactive figures, one module a figure, and the one plotting style of the course."""

from vae_course.explore.bent_plane import bent_picture, bent_plane
from vae_course.explore.beta_dial import beta_dial, beta_picture
from vae_course.explore.bound_gauge import bound_gauge, bound_picture
from vae_course.explore.estimators import estimator_histograms, estimator_picture
from vae_course.explore.figure import described
from vae_course.explore.k_dial import k_dial, k_picture
from vae_course.explore.latent_map import latent_map, latent_map_picture
from vae_course.explore.misread import misread_picture
from vae_course.explore.noise_schedule import noise_schedule, schedule_picture
from vae_course.explore.pictures import digits_picture
from vae_course.explore.price_map import price_map, price_picture
from vae_course.explore.style import course_style
from vae_course.explore.threshold import threshold_dial, threshold_picture

__all__ = [
    "bent_picture", "bent_plane", "beta_dial", "beta_picture", "bound_gauge", "bound_picture", "course_style", "described", "digits_picture",
    "estimator_histograms", "estimator_picture", "k_dial", "k_picture", "latent_map", "latent_map_picture", "misread_picture",
    "noise_schedule", "price_map", "price_picture", "schedule_picture", "threshold_dial", "threshold_picture",
]
