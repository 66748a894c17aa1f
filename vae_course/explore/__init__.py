"""Interactive figures, one module a figure, and the one plotting style of the course."""

from vae_course.explore.price_map import price_map, price_picture
from vae_course.explore.style import course_style

__all__ = ["course_style", "price_map", "price_picture"]
