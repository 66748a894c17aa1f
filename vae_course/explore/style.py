"""The one plotting style: matplotlib's own colour-blind safe cycle, viridis for maps, sizes that fit a notebook."""

import matplotlib.pyplot as plt


def course_style() -> None:
    """Use the course's style for every figure drawn from here on."""
    plt.style.use("petroff10")
    plt.rcParams.update({
        "figure.figsize": (6.4, 3.6), "figure.constrained_layout.use": True, "image.cmap": "viridis", "axes.grid": True,
        "grid.alpha": 0.25, "axes.spines.top": False, "axes.spines.right": False, "font.size": 10,
    })
