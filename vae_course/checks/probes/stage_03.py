"""Probes of stage 03."""

import torch

from vae_course.checks.probes.shared import by_parts
from vae_course.checks.probing import Case, Evidence, gradients, pair, scalar, tensor


def std_from_logvar(ns, case: Case) -> Evidence:
    logvar = case["logvar"].requires_grad_()

    def std(logvar):
        return tensor(ns["std_from_logvar"](logvar), "std_from_logvar")

    value = std(logvar)
    return {"std": value, **gradients(value, {"logvar": logvar}), "alone": std(logvar[:1])}


def gaussian_entropy(ns, case: Case) -> Evidence:
    logvar = case["logvar"].requires_grad_()

    def entropy(logvar):
        return tensor(ns["gaussian_entropy"](logvar), "gaussian_entropy")

    value = entropy(logvar)
    if case["case"] in ("narrow", "broad"):
        return {"entropy": value}
    return {
        "entropy": value,
        **gradients(value, {"logvar": logvar}),
        **by_parts(entropy, logvar),
        "stretched": entropy(logvar + 2),
    }


def gaussian_cross_entropy(ns, case: Case) -> Evidence:
    mu = case["mu"].requires_grad_()
    logvar = case["logvar"].requires_grad_()

    def cross_entropy(mu, logvar):
        return tensor(ns["gaussian_cross_entropy"](mu, logvar), "gaussian_cross_entropy")

    value = cross_entropy(mu, logvar)
    if case["case"] in ("narrow", "broad"):
        return {"cross_entropy": value}
    return {
        "cross_entropy": value,
        **gradients(value, {"mu": mu, "logvar": logvar}),
        **by_parts(cross_entropy, mu, logvar),
        "mirrored": cross_entropy(-mu, logvar),
    }


def gaussian_kl(ns, case: Case) -> Evidence:
    mu = case["mu"].requires_grad_()
    logvar = case["logvar"].requires_grad_()

    def kl(mu, logvar):
        return tensor(ns["gaussian_kl"](mu, logvar), "gaussian_kl")

    value = kl(mu, logvar)
    if case["case"] in ("narrow", "broad"):
        return {"kl": value}
    return {
        "kl": value,
        **gradients(value, {"mu": mu, "logvar": logvar}),
        **by_parts(kl, mu, logvar),
        "at_prior": kl(torch.zeros_like(mu), torch.zeros_like(logvar)),
        "mirrored": kl(-mu, logvar),
    }


def gaussian_kl_between(ns, case: Case) -> Evidence:
    names = ("mu_q", "logvar_q", "mu_p", "logvar_p")
    mu_q, logvar_q, mu_p, logvar_p = inputs = [case[name].requires_grad_() for name in names]

    def kl(*inputs):
        return tensor(ns["gaussian_kl_between"](*inputs), "gaussian_kl_between")

    value = kl(*inputs)
    if case["case"] in ("narrow", "broad"):
        return {"kl": value}
    return {
        "kl": value,
        **gradients(value, dict(zip(names, inputs, strict=True))),
        **by_parts(kl, *inputs),
        "at_itself": kl(mu_q, logvar_q, mu_q.clone(), logvar_q.clone()),
        "shifted": kl(mu_q + 3, logvar_q, mu_p + 3, logvar_p),
        "scaled": kl(torch.e * mu_q, logvar_q + 2, torch.e * mu_p, logvar_p + 2),
    }


def kl_monte_carlo(ns, case: Case) -> Evidence:
    mu, logvar, z = (case[name] for name in ("mu", "logvar", "z"))

    def estimate(mu, logvar, z):
        what = "kl_monte_carlo"
        first, second = pair(ns[what](mu, logvar, z), "estimate, standard_error", what)
        return tensor(first, f"The estimate of {what}", "is"), tensor(second, f"The standard error of {what}", "is")

    value, error = estimate(mu, logvar, z)
    if case["case"] == "narrow":
        return {"estimate": value}
    moved = z.clone()
    moved[:, 0] += 1
    at_prior = torch.zeros_like(mu), torch.zeros_like(logvar), z
    repeated = z.repeat(4, 1, 1)
    one_sample = z[:1].repeat(len(z), 1, 1)
    return {
        "estimate": value,
        "error": error,
        **by_parts(lambda *given: estimate(*given)[0], mu, logvar, z),
        "moved": estimate(mu, logvar, moved)[0],
        "at_prior": estimate(*at_prior)[0],
        "error_at_prior": estimate(*at_prior)[1],
        "repeated": estimate(mu, logvar, repeated)[0],
        "error_repeated": estimate(mu, logvar, repeated)[1],
        "error_without_spread": estimate(mu, logvar, one_sample)[1],
    }


def gaussian_log_likelihood(ns, case: Case) -> Evidence:
    x, sigma = case["x"], case["sigma"]
    mean = case["mean"].requires_grad_()

    def log_likelihood(x, mean, sigma=sigma):
        return tensor(ns["gaussian_log_likelihood"](x, mean, sigma), "gaussian_log_likelihood")

    value = log_likelihood(x, mean)
    evidence = {"log_likelihood": value, **gradients(value, {"mean": mean})}
    if case["case"] == "far":
        return evidence
    if "grid" in case:
        evidence["on_grid"] = log_likelihood(case["grid"], torch.zeros_like(case["grid"]))
    return evidence | {
        **by_parts(log_likelihood, x, mean),
        "at_mean": log_likelihood(mean.detach(), mean),
    }


def bernoulli_log_likelihood(ns, case: Case) -> Evidence:
    x = case["x"]
    logits = case["logits"].requires_grad_()

    def log_likelihood(x, logits):
        return tensor(ns["bernoulli_log_likelihood"](x, logits), "bernoulli_log_likelihood")

    value = log_likelihood(x, logits)
    evidence = {"log_likelihood": value, **gradients(value, {"logits": logits})}
    if case["case"] in ("confident", "extreme"):
        return evidence
    pixel = logits[:, :1]
    return evidence | {
        **by_parts(log_likelihood, x, logits),
        "white": log_likelihood(torch.ones_like(pixel), pixel),
        "black": log_likelihood(torch.zeros_like(pixel), pixel),
        "inverted": log_likelihood(1 - x, -logits),
    }


def mse_relation(ns, case: Case) -> Evidence:
    D, sigma = case["D"], case["sigma"]

    def relation(D, sigma, name):
        a, b = pair(ns["mse_relation"](D, sigma), "a, b", "mse_relation")
        return {f"a{name}": scalar(a, "a of mse_relation"), f"b{name}": scalar(b, "b of mse_relation")}

    return relation(D, sigma, "") | relation(2 * D, sigma, "_doubled") | relation(D, sigma / 2, "_halved")
