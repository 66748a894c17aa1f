"""Probes of stage 01."""

import torch

from vae_course.checks.probes.shared import pattern, standardised
from vae_course.checks.probing import Case, Evidence, kinds, pair, summary, tensor
from vae_course.models import fixtures

FEW = 5  # draws that are sent as they are; the many are summarised
FAR = 50.0  # sigmas that nothing which deserves the name of noise goes beyond


def _moments(case: Case, evidence: Evidence) -> Evidence:
    """The few draws as they came, and of the many what can be compared: facts about them in words, and moments."""
    few = {key: evidence[key] for key in ("z", "x")}
    told = {**few, "shape": f"z {tuple(few['z'].shape)}, x {tuple(few['x'].shape)}"}
    decoder = fixtures.decoder(case)
    z, x = (evidence.get(f"many_{key}", few[key]).double() for key in ("z", "x"))
    if z.shape != (case["n"], decoder.z_dim) or x.shape != (case["n"], decoder.x_dim):
        return told
    mean = decoder(z)
    noise = (x - mean) / decoder.sigma  # (n, D)
    if "many_z" not in evidence:
        return {**told, "off": float(noise.abs().max()), "place": _place(mean / decoder.sigma, x / decoder.sigma)}
    repeated = [key for key in ("z", "x") if torch.equal(evidence[f"again_{key}"], few[key])]
    told["repeated"] = " and ".join(repeated)
    told["codes"] = pattern(z)
    told["noise"] = pattern(noise) if _related(mean, x) else "unrelated"
    units = {}
    for found, name, draws in ((told["codes"], "z", z), (told["noise"], "noise", noise)):
        if found == "fresh":
            units[name], moments = _spread(name, draws)
            told |= moments
    return told | _ties(**units) if len(units) == 2 else told


def _place(mean: torch.Tensor, x: torch.Tensor) -> str:
    """Whether every x lies at the mean of its own code, or at least of some code. (n, D) each, in sigmas."""
    far = (x[:, None] - mean).abs().amax(-1)  # (n, n)
    return "own" if bool((far.diagonal() < FAR).all()) else "another" if bool((far.amin(1) < FAR).all()) else "none"


def _related(mean: torch.Tensor, x: torch.Tensor) -> bool:
    """Whether x goes up and down with the mean beside it; also where the mean never changes. (n, D) each."""
    mean, x = mean - mean.mean(0), x - x.mean(0)
    return float((mean * x).sum()) >= 0.1 * float(mean.norm() * x.norm())


def _spread(name: str, draws: torch.Tensor) -> tuple[torch.Tensor, Evidence]:
    """Moments of (n, size) draws, and the draws with mean 0 and variance 1 in each column, as (size, n) for fast sums.

    Beside those of `standardised`: correlations of neighbouring columns and rows.
    """
    unit, mean, log_variance, tails = standardised(draws.T.contiguous(), 1)
    return unit, {
        f"{name}_mean": mean,
        f"{name}_log_variance": log_variance,
        f"{name}_columns": (unit[1:] * unit[:-1]).mean(1),
        f"{name}_rows": (unit[:, 1:] * unit[:, :-1]).mean(),
        f"{name}_tails": tails,
    }


def _ties(z: torch.Tensor, noise: torch.Tensor) -> Evidence:
    """Correlations of the codes with the noise, (Z, D), and of their sizes. z: (Z, n), noise: (D, n), standardised."""
    sizes = torch.stack([z.square().mean(0), noise.square().mean(0)])  # (2, n)
    return {"ties": z @ noise.T / z.shape[1], "size_ties": torch.corrcoef(sizes)[0, 1]}


@kinds(
    z="property", x="property", off="property", z_mean="statistic", z_log_variance="statistic", z_columns="statistic",
    z_rows="statistic", z_tails="statistic", noise_mean="statistic", noise_log_variance="statistic",
    noise_columns="statistic", noise_rows="statistic", noise_tails="statistic", ties="statistic", size_ties="statistic",
)
@summary(_moments)
def sample_joint(ns, case: Case) -> Evidence:
    decoder = fixtures.decoder(case)
    # the global state is another one for each of the runs from which the standard errors come
    generator = torch.Generator().manual_seed(case["seed"] + int(torch.randint(2**31, ())))

    def draw(name, n):
        z, x = pair(ns["sample_joint"](decoder, n, generator), "z, x", "sample_joint")
        return {f"{name}z": tensor(z, "z of sample_joint", "is"), f"{name}x": tensor(x, "x of sample_joint", "is")}

    if case["case"] == "thin":
        return draw("", case["n"])
    return draw("", FEW) | draw("again_", FEW) | draw("many_", case["n"])


def log_joint(ns, case: Case) -> Evidence:
    x, z, decoder = case["x"], case["z"], fixtures.decoder(case)

    def joint(x, z, decoder=decoder):
        return tensor(ns["log_joint"](x, decoder, z), "log_joint")

    value = joint(x, z)
    if case["case"] in ("far_x", "far_z"):
        return {"log_joint": value}
    blind = fixtures.decoder({**case, "A": torch.zeros_like(case["A"]), "B": torch.zeros_like(case["B"])})
    return {
        "log_joint": value,
        "again": joint(x, z),
        "blind": joint(x[:1], z, blind),
        "alone": joint(x[:1], z),
        "single": joint(x, z[:1]),
    }


def _halved(grid: torch.Tensor) -> torch.Tensor:
    """The grid with a new point in the middle of every two."""
    middles = (grid[1:] + grid[:-1]) / 2
    return torch.cat([grid, middles]).sort(dim=0).values


def _widened(grid: torch.Tensor, spacing: float) -> torch.Tensor:
    """The grid with five more points at either end."""
    steps = spacing * torch.arange(1, 6, dtype=grid.dtype)[:, None]
    return torch.cat([grid[:1] - steps.flip(0), grid, grid[-1:] + steps])


def log_evidence_grid(ns, case: Case) -> Evidence:
    x, grid, decoder = case["x"], case["z_grid"], fixtures.decoder(case)

    def evidence(x, grid):
        return tensor(ns["log_evidence_grid"](x, decoder, grid), "log_evidence_grid")

    value = evidence(x, grid)
    if case["case"] in ("far", "mixed"):
        return {"log_evidence": value}
    return {
        "log_evidence": value,
        "again": evidence(x, grid),
        "alone": evidence(x[:1], grid),
        "halved": evidence(x, _halved(grid)),
        "widened": evidence(x, _widened(grid, case["spacing"])),
    }


def posterior_grid(ns, case: Case) -> Evidence:
    x, grid, decoder = case["x"], case["z_grid"], fixtures.decoder(case)

    def posterior(x, grid):
        return tensor(ns["posterior_grid"](x, decoder, grid), "posterior_grid")

    value = posterior(x, grid)
    if case["case"] in ("far", "mixed"):
        return {"posterior": value}
    return {"posterior": value, "alone": posterior(x[:1], grid), "halved": posterior(x[:1], _halved(grid))}


def log_evidence_monte_carlo(ns, case: Case) -> Evidence:
    x, z, decoder = case["x"], case["z"], fixtures.decoder(case)

    def estimate(x, z):
        return tensor(ns["log_evidence_monte_carlo"](x, decoder, z), "log_evidence_monte_carlo")

    value = estimate(x, z)
    if case["case"] in ("far", "mixed"):
        return {"log_evidence": value}
    return {
        "log_evidence": value,
        "again": estimate(x, z),
        "alone": estimate(x[:1], z),
        "single": estimate(x, z[:1]),
        "repeated": estimate(x, z.repeat(4, 1)),
    }


def linear_gaussian_evidence(ns, case: Case) -> Evidence:
    x, W, sigma = case["x"], case["W"], case["sigma"]

    def evidence(x, W):
        return tensor(ns["linear_gaussian_evidence"](x, W, sigma), "linear_gaussian_evidence")

    value = evidence(x, W)
    if case["case"] in ("thin", "far"):
        return {"log_evidence": value}
    told = {
        "log_evidence": value,
        "again": evidence(x, W),
        "alone": evidence(x[:1], W),
        "turned": evidence(x, W @ case["turn"]),
        "mirrored": evidence(-x, W),
        "noise_only": evidence(x, torch.zeros_like(W)),
    }
    if case["case"] == "square":  # only as many codes as dimensions let W' W run, so that it can be named
        return told
    return {**told, "unused": evidence(x, torch.cat([W, torch.zeros_like(W[:, :1])], dim=1))}
