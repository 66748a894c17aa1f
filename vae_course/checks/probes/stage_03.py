"""Probes of stage 03."""

import torch

from vae_course.checks.probing import Case, Evidence, gradients, tensor


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
        "again": kl(mu, logvar),
        "at_prior": kl(torch.zeros_like(mu), torch.zeros_like(logvar)),
        "mirrored": kl(-mu, logvar),
    }
