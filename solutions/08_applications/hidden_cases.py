"""Inputs of stage 08: the same shapes every time, fresh numbers for every seed."""

import torch

from vae_course.checks.draws import fresh_seed, model_case, normal, signs, to_the_posterior, uniform

B, C, Z, D, K = 5, 4, 3, 7, 6
VISIBLE = 20140501
IN_TURN = {  # fresh draws of dear exercises show these cases by turns
    "ConditionalVAE": ((0,), (3, 2), (1,), (4,)), "linear_probe": ((0,), (1,), (2,)), "neighbour_vote": ((0,), (1,), (2,)),
    "anomaly_score": ((0,), (1,), (2,), (3,)), "auroc": ((0,), (1,), (2,)), "elbo_with_prior": ((0,), (1,), (2,)),
    "mixture_log_prob": ((0, 3), (1, 4), (2,)), "conditional_elbo": ((0,), (1,), (2,)),
    "leave_one_out_gradient": ((0, 1), (2,), (0, 3)),
}


def cases(exercise: str, seed: int) -> list[dict]:
    draws = {
        "ConditionalVAE": _conditional_vae,
        "conditional_elbo": _conditional_elbo,
        "class_posterior": _classes,
        "label_information": _classes,
        "linear_probe": _linear_probe,
        "neighbour_vote": _neighbour_vote,
        "anomaly_score": _anomaly_score,
        "auroc": _auroc,
        "gumbel_softmax": _gumbel_softmax,
        "leave_one_out_gradient": _leave_one_out_gradient,
        "mixture_log_prob": _mixture_log_prob,
        "elbo_with_prior": _elbo_with_prior,
    }
    drawn = draws[exercise](torch.Generator().manual_seed(seed))
    if exercise in IN_TURN and seed != VISIBLE:
        turns = IN_TURN[exercise]
        return [drawn[index] for index in turns[seed % len(turns)]]
    return drawn


# --- conditional ---


def _conditional_vae(generator: torch.Generator) -> list[dict]:
    """Two shapes and a row alone; then codes to decode: several for each label, and every code with every label."""

    def case(name: str, rows: int, x_dim: int, y_dim: int, z_dim: int, **more) -> dict:
        sizes = {"x_dim": x_dim, "y_dim": y_dim, "z_dim": z_dim}
        x = (torch.rand(rows, x_dim, generator=generator) < 0.5).float()
        x[0, :2] = torch.tensor([0.0, 1.0])
        labels = (torch.arange(rows) + int(torch.randint(y_dim, (), generator=generator))) % y_dim  # every label occurs
        y = torch.eye(y_dim)[labels]
        given = {"x": x, "y": y, "eps": normal(generator, rows, z_dim).float()}
        return {"case": name, **sizes, "seed": fresh_seed(generator), **(more or given), "y": more.get("y", y)}

    return [
        case("plain", B, D, C, Z), case("wide", 7, 11, B, 2), case("single", 1, D, C, Z),
        case("samples", B, D, C, Z, z=normal(generator, 11, B, Z).float()),
        case("crossed", B, D, C, Z, z=normal(generator, B, 1, Z).float(), y=torch.eye(C)),
    ]


def _conditional_elbo(generator: torch.Generator) -> list[dict]:
    def case(name: str, rows: int, z_dim: int) -> dict:
        return {
            "case": name, "log_likelihood": uniform(generator, -20.0, -5.0, rows), "shift": 3.0,
            "mu_q": 1.2 * normal(generator, rows, z_dim), "logvar_q": uniform(generator, -2.5, 0.5, rows, z_dim),
            "mu_p": 1.2 * normal(generator, rows, z_dim), "logvar_p": uniform(generator, -1.0, 1.5, rows, z_dim),
            "weights": normal(generator, rows),
        }

    return [case("plain", B, Z), case("wide", 3, 11), case("square", B, B)]


def _classes(generator: torch.Generator) -> list[dict]:
    """Two shapes; as many rows as classes; then, in single precision, rows near -1,000 and a class that never occurs."""

    def case(name: str, rows: int, classes: int) -> dict:
        log_prior = torch.log_softmax(0.8 * normal(generator, classes), 0)
        log_px = uniform(generator, -9.0, -5.0, rows)[:, None] + 1.3 * normal(generator, rows, classes)
        y = torch.randint(classes, (rows,), generator=generator)
        y[0] = int(log_px[0].argmin())  # the classes with the largest share are not always the true ones
        return {
            "case": name, "log_px_given_y": log_px, "log_prior": log_prior, "y": y,
            "shift": uniform(generator, 1.0, 4.0, rows),
        }

    def far(name: str, level: float, shift: float) -> dict:
        drawn = case(name, B, Z)
        log_px = (64 * drawn["log_px_given_y"]).round() / 64 + level  # so that adding whole numbers rounds nothing
        log_px[0, drawn["y"][0]] -= 200.0  # a true class that the model thinks impossible
        shift = shift * signs(generator, B)
        log_prior = (64 * drawn["log_prior"]).round() / 64  # neither does adding the prior
        return {**drawn, "log_px_given_y": log_px.float(), "log_prior": log_prior.float(), "shift": shift.float()}

    never = far("never", -150.0, 100.0)
    never["log_prior"][1] = -torch.inf
    never["y"][never["y"] == 1] = 2
    return [case("plain", B, D), case("wide", 11, Z), case("square", D, D), far("far", -1100.0, 1000.0), never]


# --- representation ---


def _linear_probe(generator: torch.Generator) -> list[dict]:
    """Five groups with names that are no numbers in a row; features in other units; groups of unequal size.

    The answer is certain: whatever the strength of the penalty, a straight border lies far from every new row. The new rows
    have about the same mean and spread as those of training, so what was standardised with them does not show in them.
    """
    return [_groups(generator), _in_units(generator), _uneven(generator)]


def _case(name: str, features: torch.Tensor, labels: torch.Tensor, new: torch.Tensor, generator: torch.Generator) -> dict:
    order = torch.randperm(len(labels), generator=generator)
    strangers = 1e4 * (1 + features.abs().amax(0)) * torch.ones(3, 1).double()
    return {"case": name, "features": features[order], "labels": labels[order], "new": new, "strangers": strangers}


def _groups(generator: torch.Generator) -> dict:
    """Five groups in a ring, so that no straight line follows the numbers of their labels; a third feature is noise."""
    names = torch.tensor([7, 2, 9, 4, 0])[torch.randperm(5, generator=generator)]
    angle = 2 * torch.pi * (torch.arange(5) / 5 + torch.rand((), generator=generator)).double()
    centres = 5.0 * torch.stack([angle.cos(), angle.sin(), 0 * angle], 1) + normal(generator, 3)

    def rows(which: torch.Tensor, spread: float) -> torch.Tensor:
        return centres[which] + spread * normal(generator, len(which), 3)

    which = torch.arange(5).repeat_interleave(torch.tensor([12, 8, 8, 9, 11]))
    picked = torch.arange(5).repeat(2)[torch.randperm(10, generator=generator)]
    drawn = _case("groups", rows(which, 0.4), names[which], rows(picked, 0.3), generator)
    units = torch.tensor([1000.0, 1.0, 0.01]).double()
    return {**drawn, "names": torch.stack([names, names.roll(1)]), "units": units}


def _in_units(generator: torch.Generator) -> dict:
    """What tells the two groups apart is small, noise is large, and one feature is the same in every training row."""
    group = torch.arange(40) % 2
    told = 2.0 * group - 1 + 0.2 * normal(generator, 40)
    features = torch.stack([1e-4 * told + 0.05, 1e3 * normal(generator, 40), torch.zeros(40).double()], 1)
    picked = torch.tensor([0, 1, 1, 0, 1, 0])[torch.randperm(6, generator=generator)]
    told = 2.0 * picked - 1 + 0.1 * normal(generator, 6)
    new = torch.stack([1e-4 * told + 0.05, 1e3 * uniform(generator, -0.5, 0.5, 6), torch.zeros(6).double()], 1)
    new[0, 2] = 1.0
    return _case("units", features, torch.tensor([4, 1])[group], new, generator)


def _uneven(generator: torch.Generator) -> dict:
    """Two features that nearly say the same; their small difference tells the groups apart, and one group has most of the rows.

    Some new rows lie beyond all of their own group, among rows of the other one, and nearer to its centre.
    """
    group = (torch.arange(100) >= 72).long()
    along = torch.where(group == 0, uniform(generator, -4.0, 2.0, 100), uniform(generator, -2.0, 5.0, 100))
    picked = torch.tensor([0, 0, 1, 0, 1, 0, 0, 0, 0])[torch.randperm(9, generator=generator)]
    beyond = torch.where(picked == 0, uniform(generator, 5.0, 6.5, 9), uniform(generator, -6.5, -5.0, 9))
    beyond[picked.argmin()] -= 12.0  # the mean of the new rows is about that of training

    def rows(along: torch.Tensor, group: torch.Tensor) -> torch.Tensor:
        across = 3.2 * group - 1.6 + 0.15 * normal(generator, len(group))
        return torch.stack([along + across, along - across], 1) + 5.0

    return _case("uneven", rows(along, group), torch.tensor([0, 5])[group], rows(beyond, picked), generator)


def _neighbour_vote(generator: torch.Generator) -> list[dict]:
    """Three sizes of k, an even one among them, so that there are ties; labels that are no numbers in a row."""

    def case(name: str, rows: int, size: int, new: int, k: int, names: tuple[int, ...]) -> dict:
        centres = 1.5 * normal(generator, len(names), size)
        which = (torch.arange(rows) - 4).clamp(min=0) % len(names)  # the first label has more rows than each other
        stretch = uniform(generator, 0.4, 2.5, size)
        features = (centres[which] + normal(generator, rows, size)) * stretch
        drawn = (centres[torch.randint(len(names), (new,), generator=generator)] + normal(generator, new, size)) * stretch
        order = torch.randperm(rows, generator=generator)
        return {"case": name, "features": features[order], "labels": torch.tensor(names)[which[order]], "new": drawn, "k": k}

    return [case("five", 29, Z, 23, 5, (6, 2, 7)), case("even", 31, 2, 37, 4, (9, 3, 4, 5)), case("three", 19, B, 17, 3, (8, 1))]


# --- anomaly ---


def _off_the_posterior(generator: torch.Generator):
    """An encoder that has learned something: its q lies beside the posterior and is somewhat wider."""

    def change(model) -> None:
        model.encode_exactly()
        model.to_mu.weight.add_(0.05 * normal(generator, *model.to_mu.weight.shape))
        model.to_mu.bias.add_(signs(generator, model.z_dim) * uniform(generator, 0.2, 0.4, model.z_dim))
        model.to_logvar.weight.copy_(0.05 * normal(generator, *model.to_logvar.weight.shape))
        model.to_logvar.bias.add_(uniform(generator, 0.2, 0.5, model.z_dim))

    return change


def _beside_the_posterior(generator: torch.Generator):
    """The same offsets from the posterior for every x, however far away it lies."""

    def change(model) -> None:
        model.encode_exactly()
        model.to_mu.bias.add_(signs(generator, model.z_dim) * uniform(generator, 0.2, 0.4, model.z_dim))
        model.to_logvar.bias.add_(uniform(generator, 0.2, 0.5, model.z_dim))

    return change


def _anomaly_score(generator: torch.Generator) -> list[dict]:
    """An encoder that gives the posterior, a Gaussian model, a Bernoulli model, and images that no exp can hold."""
    off, beside = _off_the_posterior(generator), _beside_the_posterior(generator)
    far = model_case(generator, "far", "gaussian", K, 3, D, Z, beside)
    return [
        model_case(generator, "posterior", "gaussian", K, B, D, Z, to_the_posterior),
        model_case(generator, "gaussian", "gaussian", 11, B, D, Z, off),
        model_case(generator, "bernoulli", "bernoulli", D, 3, 11, B, off),
        {**far, "x": far["x"] + 30.0},
    ]


def _auroc(generator: torch.Generator) -> list[dict]:
    """Scores without ties, with truth values and with numbers; then scores of few values, so that many are equal."""

    def case(name: str, normal_ones: int, odd_ones: int) -> dict:
        odd = torch.cat([torch.zeros(normal_ones), torch.ones(odd_ones)]).long()
        scores = 1.2 * normal(generator, len(odd)) + 0.7 * odd + 0.4
        order = torch.randperm(len(odd), generator=generator)
        return {"case": name, "scores": scores[order], "odd": odd[order]}

    def tied() -> dict:
        drawn = case("ties", 13, 8)
        levels = torch.where(drawn["odd"] == 1, 1, 0) + torch.randint(3, (21,), generator=generator)
        first = {0: int((drawn["odd"] == 0).nonzero()[0]), 1: int((drawn["odd"] == 1).nonzero()[0])}
        levels[list(first.values())] = 1  # at least one tie
        return {**drawn, "scores": 0.5 * levels.double() - 0.7}

    return [case("truths", 11, D), case("numbers", B, 13), tied()]


# --- discrete ---


def _gumbel_softmax(generator: torch.Generator) -> list[dict]:
    """Two shapes, and as many rows as classes; then, in single precision, large logits at a low temperature."""

    def case(name: str, rows: int, classes: int, tau: float, scale: float = 1.3) -> dict:
        return {
            "case": name, "logits": scale * normal(generator, rows, classes), "tau": tau, "shift": 7.0,
            "uniform": uniform(generator, 0.02, 0.98, rows, classes), "weights": normal(generator, rows, classes),
        }

    far = case("far", B, D, 0.05, 40.0)
    near = 0.02 * normal(generator, B) + 0.1  # in some rows two classes compete, so that the gradient is not 0
    far["logits"][:, 1] = far["logits"].amax(1) + 60
    far["logits"][:, 2] = far["logits"][:, 1] + near
    far["uniform"][:, 2] = far["uniform"][:, 1]
    far = {key: v.float() if isinstance(v, torch.Tensor) else v for key, v in far.items()}
    return [case("plain", B, D, 0.7), case("wide", 3, 11, 1.9), case("square", C, C, 1.3), far]


def _leave_one_out_gradient(generator: torch.Generator) -> list[dict]:
    """All pairs of samples of three classes, one pair a row, with the chance of each; then two other shapes."""
    logits, f = normal(generator, Z), 2 * normal(generator, Z)
    pairs = torch.cartesian_prod(torch.arange(Z), torch.arange(Z)).T  # (2, 9)
    p = logits.softmax(0)
    enumerated = {
        "case": "enumerated", "values": f[pairs], "logits": logits.repeat(Z * Z, 1), "z": pairs.contiguous(),
        "chances": p[pairs].prod(0), "f": f,
    }

    def case(name: str, samples: int, rows: int, classes: int) -> dict:
        z = torch.randint(classes, (samples, rows), generator=generator)
        values = 2 * normal(generator, samples, rows) + uniform(generator, 2.0, 4.0, 1)
        return {"case": name, "values": values, "logits": 1.2 * normal(generator, rows, classes), "z": z}

    return [enumerated, case("plain", D, B, C), case("wide", 3, C, 11), case("square", B, B, B)]


# --- prior ---


def _mixture(generator: torch.Generator, parts: int, z_dim: int) -> dict:
    return {
        "mu": 1.5 * normal(generator, parts, z_dim), "logvar": uniform(generator, -1.5, 1.0, parts, z_dim),
        "log_weights": torch.log_softmax(normal(generator, parts), 0),
    }


def _mixture_log_prob(generator: torch.Generator) -> list[dict]:
    """One row a code, several samples a row, and as many codes as parts; then codes far away, and a part of weight 0."""

    def case(name: str, parts: int, *shape: int) -> dict:
        return {
            "case": name, **_mixture(generator, parts, shape[-1]), "z": 1.5 * normal(generator, *shape),
            "weights": normal(generator, *shape[:-1]),
        }

    def single(drawn: dict) -> dict:
        return {key: v.float() if isinstance(v, torch.Tensor) else v for key, v in drawn.items()}

    far = case("far", C, B, Z)
    far["z"] = far["z"] + 60 * signs(generator, B, Z)
    never = case("never", C, B, Z)
    never["log_weights"][1] = -torch.inf
    never["log_weights"] -= never["log_weights"].logsumexp(0)
    return [case("plain", C, B, Z), case("samples", 2, 11, B, Z), case("square", B, B, B), single(far), single(never)]


def _elbo_with_prior(generator: torch.Generator) -> list[dict]:
    """The posterior of N(0, I) with N(0, I) for its prior; then a Gaussian and a Bernoulli model with other priors."""

    def case(prior: str, *described) -> dict:
        drawn = model_case(generator, *described)
        z_dim = drawn["eps"].shape[-1]
        loc, scale = normal(generator, z_dim), uniform(generator, 0.4, 0.8, z_dim)
        if prior == "standard":
            loc, scale = torch.zeros_like(loc), torch.ones_like(scale)
        return {**drawn, "prior": prior, "prior_loc": loc, "prior_scale": scale}

    off = _off_the_posterior(generator)
    return [
        case("standard", "posterior", "gaussian", K, B, D, Z, to_the_posterior),
        case("heavy", "gaussian", "gaussian", 4, B, D, Z, off),
        case("shifted", "bernoulli", "bernoulli", K, 3, 11, B, off),
    ]
