"""Inputs of stage 07: the same shapes every time, fresh numbers for every seed."""

import torch

from vae_course.checks.draws import fresh_seed, normal, shuffled, signs, to_the_posterior, uniform
from vae_course.models.fixtures import MODELS, describe

B, Z, D, K = 5, 3, 7, 11
VISIBLE = 20140501
IN_TURN = ((0, 4), (1, 6), (2, 5), (3, 4))  # cases of log_evidence


def cases(exercise: str, seed: int) -> list[dict]:
    if exercise == "bound_is_sound":
        return _bound_is_sound(torch.Generator().manual_seed(seed), seed)
    draws = {
        "log_weights": _log_weights,
        "iwae_bound": _tables,
        "effective_sample_size": _tables,
        "log_evidence": _log_evidence,
        "iwae_loss": _iwae_loss,
        "gradient_snr": _gradient_snr,
        "doubly_reparameterized_gradient": _doubly,
    }
    drawn = draws[exercise](torch.Generator().manual_seed(seed))
    if exercise == "log_evidence" and seed != VISIBLE:
        return [drawn[index] for index in IN_TURN[seed % len(IN_TURN)]]  # it is dear: four draws show every case
    return drawn


def _off_the_posterior(generator: torch.Generator, model) -> None:
    """An encoder that has learned something: its q lies beside the posterior and is somewhat wider."""
    model.encode_exactly()
    model.to_mu.weight.add_(0.05 * normal(generator, *model.to_mu.weight.shape))
    model.to_mu.bias.add_(signs(generator, model.z_dim) * uniform(generator, 0.2, 0.4, model.z_dim))
    model.to_logvar.weight.copy_(0.05 * normal(generator, *model.to_logvar.weight.shape))
    model.to_logvar.bias.add_(uniform(generator, 0.2, 0.5, model.z_dim))


def _at_the_posterior(generator: torch.Generator, model) -> None:
    to_the_posterior(model)


def _beside_the_posterior(generator: torch.Generator, model) -> None:
    """The same offsets from the posterior for every x, however far away it lies."""
    model.encode_exactly()
    model.to_mu.bias.add_(signs(generator, model.z_dim) * uniform(generator, 0.2, 0.4, model.z_dim))
    model.to_logvar.bias.add_(uniform(generator, 0.2, 0.5, model.z_dim))


def _model(
    generator: torch.Generator, name: str, likelihood: str, rows: int, x_dim: int, z_dim: int, encoder, far: float = 0.0
) -> dict:
    """A random model with this encoder, and data that it gives to random codes; `far`: how far from there x lies."""
    sigma = float(uniform(generator, 0.6, 0.9, 1)) if likelihood == "gaussian" else 2.0  # a coin's logit: variance 4 or more
    model = MODELS[likelihood](x_dim, z_dim, sigma).double()
    with torch.no_grad():
        model.to_x.weight.copy_(0.5 * normal(generator, x_dim, z_dim))
        model.to_x.bias.copy_(0.5 * normal(generator, x_dim))
        encoder(generator, model)
        mean = model.decode(normal(generator, rows, z_dim))
        noise = normal(generator, rows, x_dim)
        x = mean + sigma * noise + far if likelihood == "gaussian" else _told_apart(mean + noise > 0)
    return {"case": name, **describe(model), "x": x}


def _told_apart(pixels: torch.Tensor) -> torch.Tensor:
    """Binary images of which no two are alike."""
    x = pixels.double()
    for row in range(len(x)):
        x[row, :3] = torch.tensor([row >> bit & 1 for bit in range(3)])
    return x


def _noise(generator: torch.Generator, case: dict, samples: int) -> dict:
    shape = (samples, len(case["x"]), case["to_x_weight"].shape[1])
    return {**case, "eps": normal(generator, *shape), "other_eps": normal(generator, *shape)}


def _log_weights(generator: torch.Generator) -> list[dict]:
    """A Gaussian model, a Bernoulli model, and one whose encoder gives the posterior."""

    def case(samples: int, *described) -> dict:
        found = _noise(generator, _model(generator, *described), samples)
        return {**found, "weights": normal(generator, samples, len(found["x"]))}

    return [
        case(K, "gaussian", "gaussian", B, D, Z, _off_the_posterior),
        case(7, "bernoulli", "bernoulli", 3, 11, 5, _off_the_posterior),
        case(K, "posterior", "gaussian", B, D, Z, _at_the_posterior),
    ]


def _iwae_loss(generator: torch.Generator, third: str = "bernoulli") -> list[dict]:
    """A model whose encoder gives the posterior, a Gaussian model, a Bernoulli model, and images that no exp can hold."""
    return [
        _noise(generator, _model(generator, "posterior", "gaussian", B, D, Z, _at_the_posterior), K),
        _noise(generator, _model(generator, "gaussian", "gaussian", B, D, Z, _off_the_posterior), K),
        _noise(generator, _model(generator, third, "bernoulli", 3, 11, 5, _off_the_posterior), 7),
        _noise(generator, _model(generator, "far", "gaussian", 3, D, Z, _beside_the_posterior, far=30.0), 7),
    ]


def _doubly(generator: torch.Generator) -> list[dict]:
    """The same; the weights of the Bernoulli model ask for no gradients."""
    return _iwae_loss(generator, "frozen")


def _tables(generator: torch.Generator) -> list[dict]:
    """Two tables of ordinary log-weights; then, in single precision, columns far away, with a weight of 0, with a giant."""

    def case(name: str, samples: int, rows: int, spread: float) -> dict:
        log_w = uniform(generator, -9.0, -3.0, rows) + spread * normal(generator, samples, rows)
        return {"case": name, "log_w": log_w, "shift": 7.0, "weights": normal(generator, rows)}

    def far(name: str, columns: list[float]) -> dict:
        spread = normal(generator, K, len(columns)) * 64
        log_w = torch.tensor(columns) + spread.round() / 64  # so that adding 1,000 rounds nothing
        return {"case": name, "log_w": log_w.float(), "shift": 1000.0}

    shifted = -1000.0 if torch.rand((), generator=generator) < 0.5 else 1000.0
    lost, giant = far("lost", [-3.0, -5.0, -4.0, -6.0, -2.0]), far("giant", [-3.0, -5.0, -4.0, -6.0, -2.0])
    for column in range(B):
        lost["log_w"][2 * column, column] = -torch.inf
        giant["log_w"][2 * column, column] = 400 if column else 92
    return [
        case("plain", K, B, 1.3), case("wide", 7, 3, 2.0),
        far("far", [-800.0, 800.0, -790.0, 3.0, 300.0]), lost | {"shift": shifted}, giant,
    ]


def _log_evidence(generator: torch.Generator) -> list[dict]:
    """Where q is the posterior; a Gaussian and a Bernoulli model; without a generator; where q is the posterior, far away;
    K a multiple of chunk; a chunk larger than K, and a single image. All in single precision, as the lesson's models are."""

    def case(samples: int, chunk: int, *described, **more) -> dict:
        numbers = {"K": samples, "chunk": chunk, "seed": fresh_seed(generator)}
        model = _model(generator, *described, **more)
        return {key: v.float() if isinstance(v, torch.Tensor) else v for key, v in model.items()} | numbers

    many = {"many": 400}
    return [
        case(12, 5, "posterior", "gaussian", B, D, Z, _at_the_posterior),
        case(23, 4, "gaussian", "gaussian", B, D, Z, _off_the_posterior) | many,
        case(13, 3, "bernoulli", "bernoulli", 3, 11, 5, _off_the_posterior) | many,
        case(7, 2, "by_itself", "gaussian", 3, D, 2, _off_the_posterior),
        case(12, 5, "far", "gaussian", B, D, Z, _at_the_posterior, far=25.0),
        case(12, 4, "multiple", "gaussian", 3, D, 2, _off_the_posterior),
        case(5, 8, "one_chunk", "gaussian", 1, D, Z, _off_the_posterior),
    ]


def _gradient_snr(generator: torch.Generator) -> list[dict]:
    """Skewed repeats, so that no other measure of spread is the standard deviation; signals of either sign."""

    def case(name: str, repeats: int, parameters: int) -> dict:
        spread = uniform(generator, 0.5, 3.0, parameters)
        signal = signs(generator, parameters) * uniform(generator, 0.4, 1.6, parameters)
        skewed = -uniform(generator, 1e-3, 1.0, repeats, parameters).log() - 1  # mean 0, standard deviation about 1
        return {"case": name, "gradients": spread * (signal + signs(generator, parameters) * skewed)}

    return [case("plain", 101, 7), case("wide", 89, 13)]


# --- bound_is_sound ---


def _bound_is_sound(generator: torch.Generator, seed: int) -> list[dict]:
    """One case a program. Fresh draws take two of each group in turn: seven of them show all programs."""
    groups = (
        ("plain", "relative", "in_double", "image_by_image", "one_after_the_other", "shares"),
        ("mean_of_logs", "sum_of_weights", "over_images"),
        ("shares_in_the_graph", "worst_first", "shares_over_images", "equal_shares", "winner", "uphill", "written_out"),
        ("shares_reported", "log_added", "log_of_the_images", "one_mean", "best", "negated", "total", "overflowing"),
    )
    names = [name for group in groups for name in group]
    if seed != VISIBLE:
        taken = {group[(seed + step) % len(group)] for group in groups for step in (0, len(group) // 2)}
        names = [name for name in names if name in taken]
    drawn = [
        {"case": name, "chunk": int(torch.randint(2, 5, (), generator=generator)), "seed": fresh_seed(generator)}
        for name in names
    ]
    return drawn if seed == VISIBLE else shuffled(drawn, generator)  # a place in the order would tell which program it is
