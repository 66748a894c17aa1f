"""Inputs of stage 05: the same sizes every time, fresh numbers for every seed."""

import torch

VISIBLE = 20140501  # the draw that ships: it shows every case of an exercise


def cases(exercise: str, seed: int) -> list[dict]:
    draws = {
        "effective_beta": _effective_beta,
        "samples_are_fresh": _samples_are_fresh,
        "loss_is_sound": _loss_is_sound,
    }
    return draws[exercise](torch.Generator().manual_seed(seed), seed)


def _uniform(generator: torch.Generator, low: float, high: float, *shape: int) -> torch.Tensor:
    return low + (high - low) * torch.rand(*shape, generator=generator, dtype=torch.float64)


# --- effective_beta, samples_are_fresh, loss_is_sound ---


def _effective_beta(generator: torch.Generator, seed: int) -> list[dict]:
    """Heavy, light and nearly fair KLs; binary pixels and Gaussian ones. Neither beta, scale nor their product is 1."""

    def case(name: str, beta: tuple[float, float], scale: tuple[float, float], sigma: float = 0.0) -> dict:
        drawn = {"beta": float(_uniform(generator, *beta, 1)), "scale": float(_uniform(generator, *scale, 1))}
        return {"case": name, **drawn, "constant": float(_uniform(generator, -9, 9, 1)), "sigma": sigma}

    drawn = [
        case("heavy", (11.0, 40.0), (0.02, 0.06)),
        case("light", (0.08, 0.2), (2.1, 3.9)),
        case("gaussian", (1.4, 2.6), (4.0, 9.0), sigma=float(_uniform(generator, 0.5, 0.8, 1))),
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
    return [
        {"case": name, "amount": float(_uniform(generator, *amounts.get(name, (1.0, 1.0)), 1)), "seed": noise_seed}
        for name, noise_seed in zip(names, noise_seeds, strict=True)
    ]
