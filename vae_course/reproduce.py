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
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from vae_course.course import CourseError
from vae_course.models.checkpoint import read_tensors
from vae_course.models.data import mnist
from vae_course.models.toolbox.stage_07 import iwae_loss, log_evidence, log_weights
from vae_course.models.training import fit

EPOCHS = 3280  # of the paper: eight learning rates, the i-th for 3^i passes
PASSES = [3**i for i in range(8)]
BATCH, EPS = 20, 1e-4  # the paper's batch, and what Adam adds to the root of its second moment
PAPER = {  # (objective, K): the test NLL in nats that Table 1 gives
    ("VAE", 1): 86.76, ("VAE", 5): 86.47, ("VAE", 50): 86.35, ("IWAE", 1): 86.76, ("IWAE", 5): 85.54, ("IWAE", 50): 84.78,
}
ROWS, CHUNK = 20, 50  # pictures and samples that evaluation holds at once
TRIED = 20  # steps that are timed before a run
Tell = Callable[[str], None]


class OneLayerModel(nn.Module):
    """The paper's model with one stochastic layer, 784-200-200-50-200-200-784 with tanh, of binary pictures.

    mean: (D,), the mean picture, at whose log-odds the last bias starts. A Model in the sense of `models.linear_model`.
    """

    def __init__(self, mean: Tensor, z_dim: int = 50, hidden: int = 200):
        super().__init__()
        self.x_dim, self.z_dim = len(mean), z_dim
        self.encoder = _three_layers(self.x_dim, hidden, 2 * z_dim)
        self.decoder = _three_layers(z_dim, hidden, self.x_dim)
        with torch.no_grad():
            self.decoder[-1].bias.copy_(mean.clamp(0.001, 0.999).logit())

    def encode(self, x: Tensor) -> tuple[Tensor, Tensor]:
        mu, log_sigma = self.encoder(x).chunk(2, dim=-1)
        return mu, 2 * log_sigma  # the paper's network gives log sigma

    def decode(self, z: Tensor) -> Tensor:
        return self.decoder(z)

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


def reproduce(ks: Sequence[int], epochs: int, data: Path, out: Path, settings: Settings, echo: Tell = print) -> bool:
    """Train and evaluate a model for each K and objective, and write the table. False when Ctrl-C ended it before.

    ks: numbers of samples. epochs: how many of the paper's passes are made. data: the folder of MNIST. out: where everything is
    kept. CourseError for what the user can put right.
    """
    _refuse_nonsense(ks, epochs, settings)
    train, test = mnist(data)
    out.mkdir(parents=True, exist_ok=True)
    results = _earlier(out, settings)
    missing = [which for which in models_for(ks) if results.get(_key(*which), {}).get("epochs") != epochs]

    def tell(line: str) -> None:
        echo(line)
        with (out / "log.txt").open("a", encoding="utf-8") as log:
            log.write(line + "\n")

    steps = epochs * -(-len(train) // BATCH)
    tell(f"{len(missing)} of {len(models_for(ks))} models to do: {epochs:,} of the paper's {EPOCHS:,} epochs each, {steps:,} steps.")
    _estimate(missing, train, test, steps, out, settings, tell)
    for name, K in missing:
        result = _one(name, K, train, test, steps, out, settings, tell)
        if result is None:
            tell("Stopped; the same command goes on from here.")
            return False
        results[_key(name, K)] = {"epochs": epochs, **result}
        _write(out / "results.json", json.dumps({"settings": asdict(settings), "results": results}, indent=2) + "\n")
    text = table(ks, epochs, results, settings)
    _write(out / "table.md", text)
    echo(text)
    return True


def _one(
    name: str, K: int, train: Tensor, test: Tensor, steps: int, out: Path, settings: Settings, tell: Tell
) -> dict[str, float] | None:
    """Train and evaluate one model; None when training was stopped."""
    model, path = new_model(train, settings.seed), out / f"{_key(name, K)}.safetensors"
    began, per_epoch = time.process_time(), -(-len(train) // BATCH)
    history = fit(
        model, train, steps, loss=objective(model, name, K), batch_size=BATCH, eps=EPS,
        lr=lambda step: learning_rate(step // per_epoch), generator=torch.Generator().manual_seed(settings.seed),
        log_every=per_epoch, checkpoint=path,
    )
    trained = time.process_time()
    if int(read_tensors(path)["done"]) < steps:
        return None
    tell(f"{name} with K = {K}: trained in {trained - began:.0f} s of the processor, loss of a batch {history['loss'][0]:.1f} at first.")
    x = binarised(test, settings)
    nll = -evidence(x, model, settings).mean().item()
    with torch.no_grad():
        mu, _ = model.encode(x)
    active = int((mu.var(0) > 0.01).sum())
    tell(
        f"{name} with K = {K}: test NLL {nll:.2f} nats, {active} active units, evaluated in "
        f"{time.process_time() - trained:.0f} s of the processor."
    )
    return {"nll": nll, "active_units": active, "seconds_of_training": trained - began}


def binarised(test: Tensor, settings: Settings) -> Tensor:
    """The first test pictures, each pixel drawn once from its grey value, the same for every model."""
    return torch.bernoulli(test[: settings.test_images], generator=torch.Generator().manual_seed(settings.seed + 1))


def evidence(x: Tensor, model: OneLayerModel, settings: Settings) -> Tensor:
    """log p(x) of each picture, as estimated with many samples. x: (N, D). Returns (N,), in nats."""
    generator = torch.Generator().manual_seed(settings.seed + 2)
    return torch.cat([log_evidence(rows, model, settings.samples, CHUNK, generator) for rows in x.split(ROWS)])


def _estimate(
    missing: Sequence[tuple[str, int]], train: Tensor, test: Tensor, steps: int, out: Path, settings: Settings, tell: Tell
) -> None:
    """Say how long the run will take, from a few steps of each model and the evaluation of a few pictures."""
    training, scoring, trial = 0.0, 0.0, new_model(train, settings.seed)
    for name, K in missing:
        path = out / f"{_key(name, K)}.safetensors"
        left = steps - (int(read_tensors(path)["done"]) if path.exists() else 0)
        net = copy.deepcopy(trial)
        step = objective(net, name, K)
        optimizer, generator = torch.optim.Adam(net.parameters(), fused=True), torch.Generator().manual_seed(0)
        for number in range(TRIED + 1):
            if number == 1:  # the first step pays for what torch sets up once
                start = time.perf_counter()
            optimizer.zero_grad()
            step(train[:BATCH], generator).backward()
            optimizer.step()
        training += left * (time.perf_counter() - start) / TRIED
    if missing:
        few = Settings(min(settings.samples, 10 * CHUNK), ROWS, settings.seed)
        start = time.perf_counter()
        evidence(binarised(test, few), trial, few)
        share = settings.samples / few.samples * min(settings.test_images, len(test)) / ROWS
        scoring = len(missing) * share * (time.perf_counter() - start)
    tell(
        f"About {_minutes(training)} of training and {_minutes(scoring)} of evaluation on this machine. Ctrl-C keeps what is done."
    )


def _minutes(seconds: float) -> str:
    return f"{seconds / 3600:.1f} hours" if seconds > 5400 else f"{math.ceil(seconds / 60)} min"


def table(ks: Sequence[int], epochs: int, results: dict[str, dict[str, float]], settings: Settings) -> str:
    """Our test NLL beside the paper's, as Markdown."""
    lines = [
        f"Test NLL in nats on MNIST with dynamic binarisation, one stochastic layer, {settings.samples:,} samples, the first "
        f"{settings.test_images:,} test pictures. Trained for {epochs:,} of the paper's {EPOCHS:,} epochs.", "",
        "| model | K | ours | paper, Table 1 | ours − paper | our active units |", "| --- | --- | --- | --- | --- | --- |",
    ]
    for name in ("VAE", "IWAE"):
        for K in ks:
            found, paper = results[_key("IWAE" if K == 1 else name, K)], PAPER.get((name, K))
            beside = ("–", "–") if paper is None else (f"{paper:.2f}", f"{found['nll'] - paper:+.2f}")
            lines.append(f"| {name} | {K} | {found['nll']:.2f} | {beside[0]} | {beside[1]} | {found['active_units']:.0f} of 50 |")
    return "\n".join([*lines, "", (
        "With K = 1 both objectives are one, so that model was trained once. A unit is active where the variance of its posterior "
        "mean over the test pictures exceeds 0.01."
    ), ""])


def _key(name: str, K: int) -> str:
    return f"{name.lower()}-{K}"


def _earlier(out: Path, settings: Settings) -> dict[str, dict[str, float]]:
    path = out / "results.json"
    if not path.exists():
        return {}
    try:
        held = json.loads(path.read_text(encoding="utf-8"))
        same, results = held["settings"] == asdict(settings), held["results"]
    except (json.JSONDecodeError, KeyError, TypeError) as error:
        raise CourseError(f"{path} cannot be read ({error!r}); delete it, and the models are evaluated again.") from error
    if not same:
        given = ", ".join(f"{name} {value}" for name, value in held["settings"].items())
        raise CourseError(f"{out} holds a run with other settings ({given}); give these, or another folder with --out.")
    return results


def _write(path: Path, text: str) -> None:
    part = path.with_suffix(".part")
    part.write_text(text, encoding="utf-8", newline="\n")
    part.replace(path)


def _refuse_nonsense(ks: Sequence[int], epochs: int, settings: Settings) -> None:
    if not ks or min(ks) < 1 or len(set(ks)) < len(ks):
        raise CourseError(f"--k is {','.join(map(str, ks))}; give different numbers of samples, each 1 or more, such as 1,5,50.")
    for name, value in (("epochs", epochs), ("samples", settings.samples), ("test-images", settings.test_images)):
        if value < 1:
            raise CourseError(f"--{name} is {value}; it must be 1 or more.")
