"""Inputs of stage 05: the same shapes every time, fresh numbers for every seed."""

import torch

from vae_course.checks.draws import fresh_seed, normal, shuffled, uniform
from vae_course.models.data import digits

B, Z, D, K = 5, 3, 7, 11
VISIBLE = 20140501  # the draw that ships has every case
LONG, BATCH = 300, 16  # steps of the training run that marking looks at, and the rows of each
MANY, FEWER = 1009, 503  # pictures; fresh draws make fewer, so that many draws stay quick


def cases(exercise: str, seed: int) -> list[dict]:
    draws = {
        "Encoder": _encoder,
        "Decoder": _decoder,
        "VAE": _vae,
        "negative_elbo": _negative_elbo,
        "train_step": _train_step,
        "generate": _generate,
        "reconstruct": _reconstruct,
        "interpolate": _interpolate,
    }
    audit = {
        "effective_beta": _effective_beta,
        "samples_are_fresh": _samples_are_fresh,
        "loss_is_sound": _loss_is_sound,
    }
    if exercise in audit:
        return audit[exercise](torch.Generator().manual_seed(seed), seed)
    drawn = draws[exercise](torch.Generator().manual_seed(seed))
    if exercise == "train_step" and seed != VISIBLE:  # a step is dear: fresh draws take the optimisers in turn
        return [drawn[seed % 2], drawn[2] | {"x": drawn[2]["x"][:101]}]
    if exercise == "generate" and seed != VISIBLE:  # one size of model at a time
        return [case | {"n": FEWER} for case in drawn[seed % 2 :: 2]]
    return drawn


def _picture(generator: torch.Generator, rows: int, columns: int) -> torch.Tensor:
    """Zeros and ones, with the one and the other in row 0."""
    x = (torch.rand(rows, columns, generator=generator) < 0.5).double()
    x[0, :2] = torch.tensor([0.0, 1.0])
    return x


def _encoder(generator: torch.Generator) -> list[dict]:
    """Two shapes, one of the digits' size, one with as many codes as pixels, and a row alone."""

    def case(name: str, rows: int, x_dim: int, z_dim: int) -> dict:
        x = _picture(generator, rows, x_dim).float()
        return {"case": name, "x": x, "z_dim": z_dim, "seed": fresh_seed(generator)}

    return [
        case("plain", B, D, Z), case("wide", 3, K, B), case("digits", B, 64, 8), case("square", B, Z, Z),
        case("single", 1, D, Z),
    ]


def _decoder(generator: torch.Generator) -> list[dict]:
    """Two shapes, one of the digits' size, one with as many pixels as codes, samples in front, and a row alone."""

    def case(name: str, x_dim: int, *shape: int) -> dict:
        z = 1.5 * normal(generator, *shape).float()
        return {"case": name, "z": z, "z_dim": shape[-1], "x_dim": x_dim, "seed": fresh_seed(generator)}

    return [
        case("plain", D, B, Z), case("wide", K, 3, B), case("digits", 64, B, 8), case("square", Z, B, Z),
        case("stack", D, K, B, Z), case("single", D, 1, Z),
    ]


def _vae(generator: torch.Generator) -> list[dict]:
    """Two shapes and a row alone; then codes for the likelihood: one a row, several a row, every row with every code."""

    def case(name: str, rows: int, x_dim: int, z_dim: int, **more: torch.Tensor) -> dict:
        x = _picture(generator, rows, x_dim).float()
        return {"case": name, "x": x, "x_dim": x_dim, "z_dim": z_dim, "seed": fresh_seed(generator), **more}

    def codes(*shape: int) -> torch.Tensor:
        return normal(generator, *shape).float()

    crossed = case("crossed", B, D, Z, z=codes(K, Z))
    crossed["x"] = crossed["x"][:, None]  # (B, 1, D)
    return [
        case("plain", B, D, Z, eps=codes(B, Z)), case("wide", 3, K, B, eps=codes(3, B)),
        case("single", 1, D, Z, eps=codes(1, Z)),
        case("paired", B, D, Z, z=codes(B, Z)), case("samples", B, D, Z, z=codes(K, B, Z)), crossed,
    ]


def _negative_elbo(generator: torch.Generator) -> list[dict]:
    """Two shapes at ordinary values, one for gradients; then confident logits, right and wrong, and sharp codes."""

    def case(
        name: str, rows: int, x_dim: int, z_dim: int, size: float = 2.5, centre: float = -0.4, dtype=torch.float64
    ) -> dict:
        logits = uniform(generator, 0.2, 1.0, rows, x_dim) * size * (2 * _picture(generator, rows, x_dim) - 1)
        inputs = {
            "x": _picture(generator, rows, x_dim), "logits": logits, "mu": 1.3 * normal(generator, rows, z_dim),
            "logvar": centre + uniform(generator, -1.8, 1.8, rows, z_dim),
        }
        return {"case": name} | {key: value.to(dtype) for key, value in inputs.items()}

    return [
        case("plain", B, D, Z), case("wide", 3, K, B, centre=0.3), case("slopes", B, D, Z),
        case("confident", B, D, Z, size=60.0, centre=-40.0, dtype=torch.float32),
        case("steep", B, D, Z, size=60.0, centre=-40.0, dtype=torch.float32),
    ]


def _train_step(generator: torch.Generator) -> list[dict]:
    """Two optimisers, and a batch so large that the law of the noise shows."""

    def case(name: str, rows: int, x_dim: int, z_dim: int, optimizer: str, lr: float) -> dict:
        x = _picture(generator, rows, x_dim)
        sizes = {"x_dim": x_dim, "z_dim": z_dim, "optimizer": optimizer, "lr": lr}
        return {"case": name, "x": x, "seed": fresh_seed(generator), **sizes}

    return [
        case("sgd", B, D, Z, "sgd", 0.1), case("adam", 3, K, 2, "adam", 0.03), case("many", 401, Z, Z, "sgd", 0.1),
    ]


def long_cases(exercise: str, seed: int) -> list[dict]:
    """What only marking looks at, since it takes a second: a training run on digits."""
    if exercise != "train_step":
        return []
    generator = torch.Generator().manual_seed(seed)
    train, _ = digits()
    rows = torch.randint(len(train), (LONG, BATCH), generator=generator)
    sizes = {"x_dim": 64, "z_dim": 4, "hidden": 64, "optimizer": "adam", "lr": 0.003}
    return [{"case": "trained", "x": train.double(), "rows": rows, "seed": fresh_seed(generator), **sizes}]


def _generate(generator: torch.Generator) -> list[dict]:
    """Means and draws, for two sizes."""

    def case(name: str, x_dim: int, z_dim: int, few: int, sample: bool) -> dict:
        sizes = {"x_dim": x_dim, "z_dim": z_dim, "few": few, "n": MANY}
        return {"case": name, "sample": sample, "seed": fresh_seed(generator), **sizes}

    return [
        case("means", D, Z, B, False), case("more means", K, B, 3, False), case("draws", D, Z, B, True),
        case("more draws", K, B, 3, True),
    ]


def _reconstruct(generator: torch.Generator) -> list[dict]:
    def case(name: str, rows: int, x_dim: int, z_dim: int) -> dict:
        x = _picture(generator, rows, x_dim).float()
        return {"case": name, "x": x, "x_dim": x_dim, "z_dim": z_dim, "seed": fresh_seed(generator)}

    return [case("plain", B, D, Z), case("wide", 3, K, B)]


def _interpolate(generator: torch.Generator) -> list[dict]:
    def case(name: str, z_dim: int, steps: int) -> dict:
        z1, z2 = 1.5 * normal(generator, 2, z_dim)
        return {"case": name, "z1": z1, "z2": z2, "steps": steps}

    return [case("plain", Z, B), case("wide", D, 4), case("ends", Z, 2), case("many", B, K)]


# --- effective_beta, samples_are_fresh, loss_is_sound ---


def _effective_beta(generator: torch.Generator, seed: int) -> list[dict]:
    """Heavy, light and nearly fair KLs; binary pixels and Gaussian ones. Neither beta, scale nor their product is 1."""

    def case(name: str, beta: tuple[float, float], scale: tuple[float, float], sigma: float = 0.0) -> dict:
        drawn = {"beta": float(uniform(generator, *beta, 1)), "scale": float(uniform(generator, *scale, 1))}
        return {"case": name, **drawn, "constant": float(uniform(generator, -9, 9, 1)), "sigma": sigma}

    drawn = [
        case("heavy", (11.0, 40.0), (0.02, 0.06)),
        case("light", (0.08, 0.2), (2.1, 3.9)),
        case("gaussian", (1.4, 2.6), (4.0, 9.0), sigma=float(uniform(generator, 0.5, 0.8, 1))),
    ]
    return drawn if seed == VISIBLE else drawn[seed % 3 : seed % 3 + 1]


def _samples_are_fresh(generator: torch.Generator, seed: int) -> list[dict]:
    return _programs(generator, seed, sound=("plain", "own_generator", "polar"), broken=(
        ("forgotten",), ("rows", "columns", "single", "frozen"), ("uniform", "small", "variance", "product"),
    ), amounts={"small": (0.3, 0.6)})


def _loss_is_sound(generator: torch.Generator, seed: int) -> list[dict]:
    return _programs(generator, seed, sound=("plain", "in_double", "in_pieces"), broken=(
        ("pixel_mean",), ("latent_mean", "both_means", "batch_sum", "total", "weighted"),
        ("rewarded", "no_log", "squared_variance", "sigma_for_variance", "not_squared", "reversed"),
        ("sigmoid_twice", "squared_error", "white_only", "turned", "first_picture", "clipped"),
    ), amounts={"weighted": (0.2, 0.6), "clipped": (0.05, 0.12)})


def _programs(
    generator: torch.Generator, seed: int, sound: tuple[str, ...], broken: tuple[tuple[str, ...], ...], amounts: dict,
) -> list[dict]:
    """One case a program. Fresh draws take one sound one and two of each group in turn: four draws show them all."""
    names = [name for group in (sound, *broken) for name in group]
    if seed != VISIBLE:
        taken = {sound[seed % len(sound)]}
        for group in broken:
            taken |= {group[seed % len(group)], group[(seed + len(group) // 2) % len(group)]}
        names = [name for name in names if name in taken]
    noise_seeds = torch.randint(2**31, (len(names),), generator=generator).tolist()
    drawn = [
        {"case": name, "amount": float(uniform(generator, *amounts.get(name, (1.0, 1.0)), 1)), "seed": noise_seed}
        for name, noise_seed in zip(names, noise_seeds, strict=True)
    ]
    return drawn if seed == VISIBLE else shuffled(drawn, generator)  # a place in the order would tell which program it is
