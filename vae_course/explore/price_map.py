"""The price of one latent dimension, KL(N(mu, sigma^2) || N(0, 1)), over mu and sigma, with the pull at a chosen point."""

from __future__ import annotations

import ipywidgets as widgets
import numpy as np
from IPython.display import Image
from matplotlib.figure import Figure

from vae_course.explore.figure import moving, slider, still

MU, SIGMA = (-3.0, 3.0), (0.1, 3.0)
LEVELS = (0.05, 0.2, 0.5, 1, 2, 3, 4, 6, 8)
LONGEST = 0.7  # length of the arrow of a strong pull


def terms(mu: float, sigma: float) -> dict[str, float]:
    """The three moving terms of the price, in nats: where the mean is, how wide, how sharp."""
    return {"mean": 0.5 * mu**2, "breadth": 0.5 * sigma**2, "sharpness": -float(np.log(sigma))}


def price_picture(mu: float, sigma: float) -> Image:
    """The map with a chosen point, as a picture with its sentence for readers who do not see it."""
    return still(_drawn, sentence, mu=mu, sigma=sigma)


def _drawn(mu: float, sigma: float) -> Figure:
    """An arrow shows the pull of the prior at the chosen point, the bars its three terms."""
    figure = Figure(figsize=(8, 3.6), layout="constrained")
    left, right = figure.subplots(1, 2, width_ratios=[3, 1])
    mus, sigmas = np.linspace(*MU, 181), np.linspace(*SIGMA, 175)
    price = 0.5 * (mus**2 + sigmas[:, None] ** 2 - 1) - np.log(sigmas[:, None])
    image = left.pcolormesh(mus, sigmas, price, cmap="viridis", vmin=0, vmax=8, rasterized=True)
    left.contour(mus, sigmas, price, LEVELS, colors="white", linewidths=0.6)
    left.plot(0, 1, "o", color="white")
    left.set(xlabel="mean μ", ylabel="standard deviation σ", xlim=MU, ylim=(0, SIGMA[1]))
    left.grid(False)
    figure.colorbar(image, ax=left, label="price, nats per dimension", extend="max")
    pull = np.array([-mu, 1 / sigma - sigma])
    step = LONGEST * np.tanh(np.linalg.norm(pull)) * pull / max(np.linalg.norm(pull), 1e-9)
    left.annotate(
        "", (mu + step[0], sigma + step[1]), (mu, sigma), arrowprops={"arrowstyle": "-|>", "color": "white", "lw": 2}
    )
    left.plot(mu, sigma, "o", color="white", markeredgecolor="black", markersize=9)
    names, values = zip(*terms(mu, sigma).items())
    right.bar(names, values, color=["C0", "C1", "C2"])
    right.axhline(0, color="black", lw=0.8)
    right.set(ylabel="nats", ylim=(-1.6, 5))
    right.tick_params(axis="x", rotation=60)
    return figure


def sentence(mu: float, sigma: float) -> str:
    """What the figure shows, in words."""
    parts = terms(mu, sigma)
    pulls = [
        word for word, on in (
            ("towards 0", abs(mu) > 0.05), ("wider", sigma < 0.97), ("narrower", sigma > 1.03),
        ) if on
    ]
    summands = " ".join(f"{value:+.3f}" for value in parts.values())
    return (
        f"N({mu:.2f}, {sigma:.2f}²) costs {summands} − 0.5 = {sum(parts.values()) - 0.5:.3f} nats. "
        f"The prior pulls it {' and '.join(pulls) if pulls else 'nowhere: it is there already'}."
    )


def price_map() -> widgets.VBox:
    """Two sliders, the map, and a sentence that says what it shows."""
    return moving(_drawn, sentence, {
        "mu": slider(1.2, *MU, 0.1, "mean μ"), "sigma": slider(0.5, *SIGMA, 0.05, "std σ"),
    })
