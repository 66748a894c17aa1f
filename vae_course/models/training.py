"""The course's training loop: minibatches of a tensor, Adam, a number of steps."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import torch
from torch import Tensor, nn
from tqdm.auto import tqdm

from vae_course.course import CourseError
from vae_course.models.checkpoint import read_tensors, write_tensors
from vae_course.models.quick_layers import quick_layers
from vae_course.models.side_by_side import side_by_side
from vae_course.models.toolbox.stage_05 import negative_elbo

Terms = Mapping[str, Tensor]
SAVE_SECONDS = 60  # a checkpoint is written when training ends, and about this often before


def fit(
    model: nn.Module, data: Tensor, steps: int, *,
    loss: Callable[[Tensor, torch.Generator], Tensor | Terms] | None = None, beta: float | Callable[[int], float] = 1.0,
    batch_size: int = 64, lr: float | Callable[[int], float] = 1e-3, eps: float = 1e-8, generator: torch.Generator | None = None,
    log_every: int = 100, watch: Callable[[], Terms] | None = None, checkpoint: str | Path | None = None,
) -> dict[str, list[float]]:
    """Train `model` by `steps` steps of Adam on batches of rows of `data`, every row once an epoch, in a fresh order each time.

    data: (N, D), in memory. loss: maps a batch, (B, D), and the generator for its noise to a tensor without axes or to a
    mapping with `loss`, `recon` and `kl`, in nats/image; without one it is the negative ELBO of a VAE on zeros and ones. beta:
    the weight of `kl` in what is minimised, or a function from the step to it. lr: the learning rate, or a function from the step
    to it, of which a checkpoint remembers the first value only. eps: what Adam adds to the root of its second moment. generator:
    where all that is random comes from. watch: gives tensors without axes, by other names, such as the terms of test data; it is
    called without gradients.

    Returns the history, a list for each of `step`, `loss` (as minimised), what else the loss gives and what `watch` gives,
    every `log_every` steps, before the step is taken. With a `checkpoint`, a run that was stopped goes on from that file, to
    `steps` steps in all, to the same numbers as if it had not been stopped. Ctrl-C ends training after the step at hand and
    keeps what was trained.
    """
    if not 0 < batch_size <= len(data):
        raise ValueError(f"batch_size is {batch_size}; it must be between 1 and the {len(data)} rows of the data.")
    if log_every < 1:
        raise ValueError(f"log_every is {log_every}; it must be at least 1.")
    if loss is None:
        loss = _negative_elbo_of(model, data)
    rate = lr if callable(lr) else lambda step: lr
    path = Path(checkpoint) if checkpoint else None
    settings = torch.tensor([len(data), batch_size, log_every, rate(0), eps], dtype=torch.float64)
    per_epoch = -(-len(data) // batch_size)
    silent = bool(os.environ.get("TQDM_DISABLE"))  # tqdm's own variable, which its bar for notebooks does not heed
    with _ctrl_c_waits() as stopped, quick_layers(model), side_by_side(model) as vectors:
        run = _Run(model, torch.optim.Adam(vectors, lr=rate(0), eps=eps, fused=True), generator or torch.default_generator)
        if path and path.exists():
            run.restore(read_tensors(path), settings, path)
        saved, before = time.monotonic(), run.generator.get_state()
        with tqdm(total=steps, initial=min(run.done, steps), unit=" steps", disable=silent) as bar:
            try:
                while run.done < steps and not stopped:
                    before = run.generator.get_state()
                    if run.done % per_epoch == 0:
                        run.order = torch.randperm(len(data), generator=run.generator)
                    start = run.done % per_epoch * batch_size
                    batch = data.index_select(0, run.order[start : start + batch_size])
                    seen = _seen(watch) if run.done % log_every == 0 else {}
                    terms = _weighted(loss(batch, run.generator), beta(run.done) if callable(beta) else beta)
                    run.optimizer.param_groups[0]["lr"] = rate(run.done)
                    for vector in vectors:
                        vector.grad.zero_()
                    terms["loss"].backward()
                    run.optimizer.step()
                    if run.done % log_every == 0:
                        run.log({**terms, **seen})
                    run.done += 1
                    bar.update()
                    if path and time.monotonic() > saved + SAVE_SECONDS:
                        write_tensors(path, run.tensors(settings))
                        saved = time.monotonic()
            except KeyboardInterrupt:
                run.generator.set_state(before)  # the step that was cut off is not taken
                stopped.append(True)
        if path:
            write_tensors(path, run.tensors(settings))
    if stopped:
        print(f"Stopped after {run.done:,} of {steps:,} steps; what was trained is kept.")
    return {name: torch.stack(values).tolist() for name, values in run.history.items()}


def steps_done(checkpoint: str | Path) -> int:
    """How many steps the run of a checkpoint has taken; 0 where there is no such file."""
    path = Path(checkpoint)
    return int(read_tensors(path)["done"]) if path.exists() else 0


def _negative_elbo_of(model: nn.Module, data: Tensor) -> Callable[[Tensor, torch.Generator], Terms]:
    """The loss of a VAE: one sample a picture, sums over dimensions, the mean over the batch."""
    if not bool(((data == 0) | (data == 1)).all()):
        raise ValueError("The data hold values other than 0 and 1, for which Bernoulli is no likelihood; pass a loss of your own.")

    def loss(x: Tensor, generator: torch.Generator) -> Terms:
        return negative_elbo(x, *model(x, torch.randn(len(x), model.z_dim, generator=generator)))

    return loss


@torch.no_grad()
def _seen(watch: Callable[[], Terms] | None) -> Terms:
    """What `watch` gives, before a step; it is kept once the step is taken, so that no step that is cut off leaves anything."""
    return watch() if watch else {}


def _weighted(given: Tensor | Terms, beta: float) -> dict[str, Tensor]:
    terms = {"loss": given} if isinstance(given, Tensor) else dict(given)
    if beta != 1:
        if not {"recon", "kl"} <= set(terms):
            raise ValueError(f"beta is {beta}, and the loss gives {', '.join(terms)}; to weigh the KL it must give recon and kl.")
        terms["loss"] = terms["recon"] + beta * terms["kl"]
    return terms


class _Run:
    """All that a run has come to: enough to go on from."""

    def __init__(self, model: nn.Module, optimizer: torch.optim.Optimizer, generator: torch.Generator):
        self.model, self.optimizer, self.generator = model, optimizer, generator
        self.done = 0
        self.order = torch.empty(0, dtype=torch.int64)
        self.history: dict[str, list[Tensor]] = {}

    def log(self, terms: Terms) -> None:
        """Keep the terms of this step. They stay tensors: reading each as a number would wait for it."""
        for name, value in {"step": torch.tensor(self.done), **terms}.items():
            self.history.setdefault(name, []).append(value.detach())

    def tensors(self, settings: Tensor) -> dict[str, Tensor]:
        """The run under names, as a checkpoint holds it."""
        moments = self.optimizer.state_dict()["state"]
        return {
            "done": torch.tensor(self.done), "order": self.order, "generator": self.generator.get_state(), "settings": settings,
            **{f"model/{name}": value for name, value in self.model.state_dict().items()},
            **{f"adam/{index}/{name}": value for index, state in moments.items() for name, value in state.items()},
            **{f"history/{name}": torch.stack(values) for name, values in self.history.items()},
        }

    def restore(self, held: Mapping[str, Tensor], settings: Tensor, path: Path) -> None:
        """Take up the run that `tensors` described. CourseError when it was a run of another model, data or settings."""
        model, moments = _under("model/", held), {}
        mine = {name: value.shape for name, value in self.model.state_dict().items()}
        if {name: value.shape for name, value in model.items()} != mine:
            raise CourseError(
                f"The checkpoint {path} is of a model with other parameters; name another file, or delete it to train from the start."
            )
        if not torch.equal(held["settings"], settings):
            rows, batch_size, log_every, lr, eps = held["settings"].tolist()
            raise CourseError(
                f"The checkpoint {path} is of {rows:.0f} rows, batch_size {batch_size:.0f}, log_every {log_every:.0f}, lr {lr:g}, "
                f"eps {eps:g}; train with these, name another file, or delete it to train from the start."
            )
        for name, value in _under("adam/", held).items():
            index, moment = name.split("/")
            moments.setdefault(int(index), {})[moment] = value
        self.model.load_state_dict(model)
        self.optimizer.load_state_dict({"state": moments, "param_groups": self.optimizer.state_dict()["param_groups"]})
        self.generator.set_state(held["generator"])
        self.done, self.order = int(held["done"]), held["order"]
        self.history = {name: list(values) for name, values in _under("history/", held).items()}


def _under(prefix: str, held: Mapping[str, Tensor]) -> dict[str, Tensor]:
    return {name.removeprefix(prefix): value for name, value in held.items() if name.startswith(prefix)}


@contextmanager
def _ctrl_c_waits() -> Iterator[list[bool]]:
    """Gives a list to which Ctrl-C adds, so that a step is taken whole or not at all. A second Ctrl-C does not wait."""
    stopped: list[bool] = []

    def note(number, frame):
        if stopped:
            raise KeyboardInterrupt
        stopped.append(True)

    if threading.current_thread() is not threading.main_thread():  # only the main thread may ask for signals
        yield stopped
        return
    former = signal.signal(signal.SIGINT, note)
    try:
        yield stopped
    finally:
        signal.signal(signal.SIGINT, former)
