"""What every figure with sliders shares: a drawing, a sentence that says what it shows, and a still form of both."""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping

import ipywidgets as widgets
from IPython.display import Image
from matplotlib.figure import Figure

WIDTH = 640  # pixels
Draw = Callable[..., Figure]
Say = Callable[..., str]


def still(draw: Draw, say: Say, **values: float) -> Image:
    """The figure at chosen values, as a picture with its sentence for readers who do not see it."""
    return Image(_png(draw(**values)), format="png", width=WIDTH, alt=say(**values))


def moving(draw: Draw, say: Say, sliders: Mapping[str, widgets.FloatSlider | widgets.SelectionSlider]) -> widgets.VBox:
    """Sliders, the figure, and its sentence. The arrow keys move a slider that has the focus."""
    picture = widgets.Image(format="png", width=str(WIDTH))
    words = widgets.HTML()

    def redraw(_: object = None) -> None:
        values = {name: slider.value for name, slider in sliders.items()}
        picture.value = _png(draw(**values))
        words.value = say(**values)

    for slider in sliders.values():
        slider.observe(redraw, "value")
    redraw()
    return widgets.VBox([widgets.HBox(list(sliders.values())), picture, words])


def slider(start: float, low: float, high: float, step: float, name: str) -> widgets.FloatSlider:
    """A slider called `name`."""
    return widgets.FloatSlider(start, min=low, max=high, step=step, description=name)


def _png(figure: Figure) -> bytes:
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=110)
    return buffer.getvalue()
