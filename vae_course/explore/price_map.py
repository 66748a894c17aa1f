"""The price of one latent dimension, KL(N(mu, sigma^2) || N(0, 1)), over mu and sigma, with the pull at a chosen point."""

from __future__ import annotations

import io

import ipywidgets as widgets
import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

MU, SIGMA = (-3.0, 3.0), (0.1, 3.0)
LEVELS = (0.05, 0.2, 0.5, 1, 2, 3, 4, 6, 8)
STEP = 0.35  # length of the arrow for a pull of 1


def terms(mu: float, sigma: float) -> dict[str, float]:
    """The three moving terms of the price, in nats: where the mean is, how wide, how sharp."""
    return {"mean": 0.5 * mu**2, "breadth": 0.5 * sigma**2, "sharpness": -float(np.log(sigma))}


def draw(figure: Figure, mu: float | None = None, sigma: float | None = None) -> None:
    """Draw the map; with a point, also its pull and its terms."""
    chosen = mu is not None and sigma is not None
    axes = figure.subplots(1, 2, width_ratios=[3, 1]) if chosen else [figure.subplots()]
    mus, sigmas = np.linspace(*MU, 181), np.linspace(*SIGMA, 175)
    price = 0.5 * (mus**2 + sigmas[:, None] ** 2 - 1) - np.log(sigmas[:, None])
    image = axes[0].pcolormesh(mus, sigmas, price, cmap="viridis", vmin=0, vmax=8, rasterized=True)
    axes[0].contour(mus, sigmas, price, LEVELS, colors="white", linewidths=0.6)
    axes[0].plot(0, 1, "o", color="white")
    axes[0].set(xlabel="mean μ", ylabel="standard deviation σ", xlim=MU, ylim=(0, SIGMA[1]))
    axes[0].grid(False)
    figure.colorbar(image, ax=axes[0], label="price, nats", extend="max")
    if chosen:
        pull = -mu, 1 / sigma - sigma
        length = STEP * np.tanh(np.hypot(*pull)) / max(np.hypot(*pull), 1e-9) * 2
        axes[0].annotate(
            "", (mu + length * pull[0], sigma + length * pull[1]), (mu, sigma),
            arrowprops={"arrowstyle": "-|>", "color": "white", "lw": 2},
        )
        axes[0].plot(mu, sigma, "o", color="white", markeredgecolor="black", markersize=9)
        names, values = zip(*terms(mu, sigma).items())
        axes[1].bar(names, values, color=["C0", "C1", "C2"])
        axes[1].axhline(0, color="black", lw=0.8)
        axes[1].set(ylabel="nats", ylim=(-1.6, 5))
        axes[1].tick_params(axis="x", rotation=60)


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
    """Two sliders, the map, and a sentence that says what it shows. The arrow keys move a slider that has the focus."""
    mu = widgets.FloatSlider(1.2, min=MU[0], max=MU[1], step=0.1, description="mean μ")
    sigma = widgets.FloatSlider(0.5, min=SIGMA[0], max=SIGMA[1], step=0.05, description="std σ")
    picture = widgets.Image(format="png", width="640")
    words = widgets.HTML()

    def redraw(_: object = None) -> None:
        figure = Figure(figsize=(8, 3.6), layout="constrained")
        FigureCanvasAgg(figure)
        draw(figure, mu.value, sigma.value)
        buffer = io.BytesIO()
        figure.savefig(buffer, format="png", dpi=110)
        picture.value = buffer.getvalue()
        words.value = sentence(mu.value, sigma.value)

    for slider in (mu, sigma):
        slider.observe(redraw, "value")
    redraw()
    return widgets.VBox([widgets.HBox([mu, sigma]), picture, words])
