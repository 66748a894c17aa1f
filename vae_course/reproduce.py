"""The paper lab: Table 1 of "Importance Weighted Autoencoders" (Burda, Grosse and Salakhutdinov, 2016), one stochastic layer.

Everything about a run is in its folder: a checkpoint for each model, results.json, table.md and log.txt. Started again it goes on
where it stopped, and with more epochs it goes on from where it ended.
"""

from __future__ import annotations

import bisect
import copy
import itertools
import json
import math
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from tqdm.auto import tqdm

from vae_course.course import CourseError
from vae_course.models.checkpoint import read_tensors, write_tensors
from vae_course.models.data import mnist
from vae_course.models.files import write_whole
from vae_course.models.toolbox.stage_06 import active_units
from vae_course.models.toolbox.stage_07 import iwae_loss, log_evidence, log_weights
from vae_course.models.training import fit, steps_done

EPOCHS = 3280  # of the paper: eight learning rates, the i-th for 3^i passes
PASSES = [3**i for i in range(8)]
BATCH, EPS = 20, 1e-4  # the paper's batch, and what Adam adds to the root of its second moment
PAPER = {  # (objective, K): the test NLL in nats that Table 1 gives
    ("VAE", 1): 86.76, ("VAE", 5): 86.47, ("VAE", 50): 86.35, ("IWAE", 1): 86.76, ("IWAE", 5): 85.54, ("IWAE", 50): 84.78,
}
ROWS, CHUNK = 20, 50  # pictures and samples that evaluation holds at once
ACTIVE = 0.01  # a unit of the code is active where its posterior mean varies more than this over the data
TRIED = 20  # steps that are timed before a run
Tell = Callable[[str], None]


class OneLayerModel(nn.Module):
    """The paper's model with one stochastic layer, 784-200-200-50-200-200-784 with tanh, of binary pictures.

    mean: (D,), the mean picture, at whose log-odds the last bias starts. A Model in the sense of `models.linear_model`.
    """

    def __init__(self, mean: Tensor, z_dim: int = 50, hidden: int = 200):
        super().__init__()
        self.x_dim, self.z_dim = len(mean), z_dim
        self.to_code = _three_layers(self.x_dim, hidden, 2 * z_dim)
        self.to_logits = _three_layers(z_dim, hidden, self.x_dim)
        with torch.no_grad():
            self.to_logits[-1].bias.copy_(mean.clamp(0.001, 0.999).logit())

    def encode(self, x: Tensor) -> tuple[Tensor, Tensor]:
        mu, log_sigma = self.to_code(x).chunk(2, dim=-1)
        return mu, 2 * log_sigma  # the paper's network gives log sigma

    def decode(self, z: Tensor) -> Tensor:
        return self.to_logits(z)

    def log_likelihood(self, x: Tensor, z: Tensor) -> Tensor:
        logits = self.decode(z)
        return torch.einsum("...d,...d->...", logits, x) - F.softplus(logits).sum(-1)


def _three_layers(given: int, hidden: int, made: int) -> nn.Sequential:
    net = nn.Sequential(
        nn.Linear(given, hidden), nn.Tanh(), nn.Linear(hidden, hidden), nn.Tanh(), nn.Linear(hidden, made),
    )
    for layer in net[::2]:
        nn.init.xavier_uniform_(layer.weight)
        nn.init.zeros_(layer.bias)
    return net


@dataclass(frozen=True)
class Settings:
    """What the numbers of a run depend on, beside the number of its epochs."""

    samples: int = 5000
    test_images: int = 10_000
    seed: int = 0


def learning_rate(epoch: int) -> float:
    """The paper's learning rate in a pass, counted from 0: 0.001 at first, and 0.0001 in the last two thirds."""
    ends = list(itertools.accumulate(PASSES))
    return 1e-3 * 10 ** (-min(bisect.bisect_right(ends, epoch), len(ends) - 1) / 7)


def objective(model: OneLayerModel, name: str, K: int) -> Callable[[Tensor, torch.Generator], Tensor]:
    """A loss for `fit`: pixels are drawn afresh from the grey values each time, then K samples of the code.

    "IWAE": minus the bound of K samples. "VAE": minus the ELBO, estimated with K samples.
    """

    def loss(grey: Tensor, generator: torch.Generator) -> Tensor:
        x = torch.bernoulli(grey, generator=generator)
        eps = torch.randn(K, len(x), model.z_dim, generator=generator)
        return iwae_loss(x, model, eps) if name == "IWAE" else -log_weights(x, model, eps).mean()

    return loss


def models_for(ks: Sequence[int]) -> list[tuple[str, int]]:
    """Which models are trained: for K = 1 both objectives are one."""
    return [(name, K) for K in ks for name in ("VAE", "IWAE") if K > 1 or name == "IWAE"]


def new_model(train: Tensor, seed: int) -> OneLayerModel:
    """Every model starts from the same weights."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return OneLayerModel(train.mean(0))


def reproduce(ks: Sequence[int], epochs: int, data: Path | None, out: Path, settings: Settings, echo: Tell = print) -> bool:
    """Train and evaluate a model for each K and objective, and write the table. False when Ctrl-C ended it before.

    ks: numbers of samples. epochs: how many of the paper's passes are made. data: the folder of MNIST; the one that
    VAE_COURSE_MNIST names when None. out: where everything is kept. CourseError for what the user can put right.
    """
    _refuse_nonsense(ks, epochs, settings)
    train, test = mnist(data)
    if settings.test_images > len(test):
        raise CourseError(f"--test-images is {settings.test_images}; there are {len(test):,} test pictures.")
    out.mkdir(parents=True, exist_ok=True)
    run = _Run(train, test, epochs, out, settings, echo)
    try:
        run.estimate(models_for(ks))
        for which in models_for(ks):
            run.finish(*which)
    except KeyboardInterrupt:
        run.tell("Stopped; the same command goes on from here.")
        return False
    text = table(ks, epochs, run.results, settings)
    write_whole(out / "table.md", text.encode())
    echo(text)
    return True


class _Run:
    """A run in its folder. results: of each model by its key; one without `epochs` is not evaluated yet."""

    def __init__(self, train: Tensor, test: Tensor, epochs: int, out: Path, settings: Settings, echo: Tell):
        self.train, self.x = train, binarised(test, settings)
        self.epochs, self.out, self.settings, self.echo = epochs, out, settings, echo
        self.per_epoch = -(-len(train) // BATCH)
        self.steps = epochs * self.per_epoch
        self.results = _earlier(out, settings)

    def tell(self, line: str) -> None:
        """Print a line, and keep it in the log."""
        self.echo(line)
        with (self.out / "log.txt").open("a", encoding="utf-8") as log:
            log.write(line + "\n")

    def checkpoint(self, name: str, K: int) -> Path:
        return self.out / f"{_key(name, K)}.safetensors"

    def is_done(self, name: str, K: int) -> bool:
        return self.results.get(_key(name, K), {}).get("epochs") == self.epochs

    def steps_left(self, name: str, K: int) -> int:
        """How many steps are still to be taken. CourseError when more were taken than are wanted."""
        left = self.steps - steps_done(self.checkpoint(name, K))
        if left < 0:
            raise CourseError(
                f"{self.out} holds {name} with K = {K} trained for more than {self.epochs:,} epochs, and no result of these; "
                "give more --epochs, or another folder with --out."
            )
        return left

    def estimate(self, models: Sequence[tuple[str, int]]) -> None:
        """Say how long the run will take, from a few steps of each model and the evaluation of a few pictures."""
        missing = [which for which in models if not self.is_done(*which)]
        left = {which: self.steps_left(*which) for which in missing}
        self.tell(
            f"{len(missing)} of {len(models)} models to do: {self.epochs:,} of the paper's {EPOCHS:,} epochs each, "
            f"{self.steps:,} steps."
        )
        if not missing:
            return
        trial = new_model(self.train, self.settings.seed)
        training = sum(left[which] * self._seconds_of_a_step(trial, *which) for which in missing if left[which])
        rows, few = self.x[:ROWS], min(self.settings.samples, 10 * CHUNK)
        start = time.perf_counter()
        log_evidence(rows, trial, few, CHUNK, torch.Generator())
        of_a_picture = (time.perf_counter() - start) * self.settings.samples / few / len(rows)
        pictures = sum(len(self.x) - len(self._evaluated(*which)[0]) for which in missing)
        self.tell(
            f"About {_minutes(training)} of training and {_minutes(pictures * of_a_picture)} of evaluation on this machine. "
            "Ctrl-C keeps what is done."
        )

    def _seconds_of_a_step(self, trial: OneLayerModel, name: str, K: int) -> float:
        net, generator = copy.deepcopy(trial), torch.Generator().manual_seed(0)
        step, optimizer = objective(net, name, K), torch.optim.Adam(net.parameters(), fused=True)
        for number in range(TRIED + 1):
            if number == 1:  # the first step pays for what torch sets up once
                start = time.perf_counter()
            optimizer.zero_grad()
            step(self.train[:BATCH], generator).backward()
            optimizer.step()
        return (time.perf_counter() - start) / TRIED

    def finish(self, name: str, K: int) -> None:
        """Train and evaluate a model, as far as that is not done. KeyboardInterrupt where Ctrl-C ended it."""
        if self.is_done(name, K):
            return
        model = self._trained(name, K)
        log_p = self._log_evidence(model, name, K)
        with torch.no_grad():
            mu, _ = model.encode(self.x)
        nll, active = -log_p.mean().item(), active_units(mu, ACTIVE)
        self._keep(name, K, epochs=self.epochs, nll=nll, active_units=active)
        seconds = self.results[_key(name, K)]["seconds_of_evaluation"]
        self.tell(
            f"{name} with K = {K}: test NLL {nll:.2f} nats, {active} active units, evaluated in {seconds:.0f} s of the processor."
        )

    def _trained(self, name: str, K: int) -> OneLayerModel:
        model, left = new_model(self.train, self.settings.seed), self.steps_left(name, K)
        with self._clock(name, K, "seconds_of_training"):
            history = fit(
                model, self.train, self.steps, loss=objective(model, name, K), batch_size=BATCH, eps=EPS,
                lr=lambda step: learning_rate(step // self.per_epoch),
                generator=torch.Generator().manual_seed(self.settings.seed), log_every=self.per_epoch,
                checkpoint=self.checkpoint(name, K),
            )
        if self.steps_left(name, K):
            raise KeyboardInterrupt
        if left:
            self.tell(
                f"{name} with K = {K}: trained in {self.results[_key(name, K)]['seconds_of_training']:.0f} s of the processor, "
                f"loss of a batch {history['loss'][0]:.1f} at first and {history['loss'][-1]:.1f} as the last epoch began."
            )
        return model

    def _log_evidence(self, model: OneLayerModel, name: str, K: int) -> Tensor:
        """log p(x) of each test picture, kept after every few, so that a run that was stopped goes on among them."""
        found, generator = self._evaluated(name, K)
        with self._clock(name, K, "seconds_of_evaluation"), tqdm(total=len(self.x), initial=len(found), unit=" pictures") as bar:
            for rows in self.x[len(found) :].split(ROWS):
                found = torch.cat([found, log_evidence(rows, model, self.settings.samples, CHUNK, generator)])
                write_tensors(self._evaluation(name, K), {
                    "asked": self._asked(), "log_evidence": found, "generator": generator.get_state(),
                })
                bar.update(len(rows))
        return found

    def _evaluated(self, name: str, K: int) -> tuple[Tensor, torch.Generator]:
        """What an evaluation that was stopped had found, and the generator to go on with."""
        generator, path = torch.Generator().manual_seed(self.settings.seed + 2), self._evaluation(name, K)
        if path.exists():
            held = read_tensors(path)
            if torch.equal(held["asked"], self._asked()):
                return held["log_evidence"], generator.set_state(held["generator"])
        return torch.empty(0), generator

    def _evaluation(self, name: str, K: int) -> Path:
        return self.out / f"{_key(name, K)}-evaluation.safetensors"

    def _asked(self) -> Tensor:
        """What the numbers of an evaluation depend on, beside the model."""
        return torch.tensor([self.steps, self.settings.samples, self.settings.test_images, self.settings.seed])

    @contextmanager
    def _clock(self, name: str, K: int, what: str) -> Iterator[None]:
        """Adds the seconds of the processor to those that this part took before, also where Ctrl-C ends it."""
        before = time.process_time()
        try:
            yield
        finally:
            spent = self.results.get(_key(name, K), {}).get(what, 0.0)
            self._keep(name, K, **{what: spent + time.process_time() - before})

    def _keep(self, name: str, K: int, **found: float) -> None:
        self.results.setdefault(_key(name, K), {}).update(found)
        held = {"settings": asdict(self.settings), "results": self.results}
        write_whole(self.out / "results.json", (json.dumps(held, indent=2) + "\n").encode())


def binarised(test: Tensor, settings: Settings) -> Tensor:
    """The first test pictures, each pixel drawn once from its grey value, the same for every model."""
    return torch.bernoulli(test[: settings.test_images], generator=torch.Generator().manual_seed(settings.seed + 1))


def _minutes(seconds: float) -> str:
    return f"{seconds / 3600:.1f} hours" if seconds > 5400 else f"{math.ceil(seconds / 60)} min"


def table(ks: Sequence[int], epochs: int, results: dict[str, dict[str, float]], settings: Settings) -> str:
    """Our test NLL beside the paper's, as Markdown."""
    lines = [
        f"Test NLL in nats on MNIST with dynamic binarisation, one stochastic layer, {settings.samples:,} samples, the first "
        f"{settings.test_images:,} test pictures. Trained for {epochs:,} of the paper's {EPOCHS:,} epochs{_share(epochs)}.", "",
        "| model | K | ours | paper, Table 1 | ours − paper | our active units |", "| --- | --- | --- | --- | --- | --- |",
    ]
    for name in ("VAE", "IWAE"):
        for K in ks:
            found, paper = results[_key("IWAE" if K == 1 else name, K)], PAPER.get((name, K))
            beside = ("–", "–") if paper is None else (f"{paper:.2f}", f"{found['nll'] - paper:+.2f}")
            lines.append(f"| {name} | {K} | {found['nll']:.2f} | {beside[0]} | {beside[1]} | {found['active_units']:.0f} of 50 |")
    return "\n".join([*lines, "", (
        "With K = 1 both objectives are one, so that model was trained once. A unit is active where the variance of its posterior "
        f"mean over the test pictures exceeds {ACTIVE}."
    ), ""])


def _share(epochs: int) -> str:
    if epochs >= EPOCHS:
        return ""
    return f": the first of its schedule, with learning rates from {learning_rate(0):.2g} down to {learning_rate(epochs - 1):.2g}"


def _key(name: str, K: int) -> str:
    return f"{name.lower()}-{K}"


def _earlier(out: Path, settings: Settings) -> dict[str, dict[str, float]]:
    """Results that are in the folder. Those of an evaluation with other settings keep only what their training took."""
    path = out / "results.json"
    if not path.exists():
        return {}
    try:
        held = json.loads(path.read_text(encoding="utf-8"))
        before, results = Settings(**held["settings"]), {key: dict(found) for key, found in held["results"].items()}
    except (ValueError, LookupError, TypeError, AttributeError) as error:
        raise CourseError(f"{path} cannot be read ({error!r}); delete it, and the models are evaluated again.") from error
    if before.seed != settings.seed:
        raise CourseError(f"{out} holds a run with seed {before.seed}; give another folder.")
    if before != settings:
        kept = "seconds_of_training"
        return {key: {kept: found[kept]} for key, found in results.items() if kept in found}
    return results


def _refuse_nonsense(ks: Sequence[int], epochs: int, settings: Settings) -> None:
    if not ks or min(ks) < 1 or len(set(ks)) < len(ks):
        raise CourseError(f"--k is {','.join(map(str, ks))}; give different numbers of samples, each 1 or more, such as 1,5,50.")
    for name, value in (("epochs", epochs), ("samples", settings.samples), ("test-images", settings.test_images)):
        if value < 1:
            raise CourseError(f"--{name} is {value}; it must be 1 or more.")
