"""The one alarm that a bound has: its average may not exceed what it bounds."""

from __future__ import annotations

from torch import Tensor

ERRORS = 4.0  # standard errors by which an average must exceed the truth before it is called impossible


def bound_alarm(log_w: Tensor, log_evidence: float) -> str:
    """What an average of log weights says against the exact evidence: impossible, or nothing.

    log_w: (K,), log p(x, z) - log q(z) at K samples that are supposed to come from q, K at least 2. log_evidence: the
    exact log p(x), in nats. A single sample above it means nothing, and about half of them are.
    """
    if log_w.dim() != 1 or len(log_w) < 2:
        raise ValueError(f"log_w has shape {tuple(log_w.shape)}; one number for each of at least 2 samples is expected.")
    average, error = log_w.mean().item(), (log_w.std() / len(log_w) ** 0.5).item()
    above = average - log_evidence
    if above > ERRORS * error + 1e-6 * abs(log_evidence):
        return (
            f"impossible: the average bound {average:.4f} lies {above:.4f} nats above log p(x) = {log_evidence:.4f}, and its "
            f"standard error is {error:.4f}. A bound on average never exceeds the evidence; the samples do not come from q, "
            "or a term is missing."
        )
    return "no alarm, which proves nothing"
