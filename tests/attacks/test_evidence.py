"""Evidence is made in the process in which the answer runs; what anybody could write there without knowing how earns nothing.

A tensor is evidence all the same, for whoever makes the right ones knows how to.
"""

import pytest
from support import program

from vae_course.checks import run
from vae_course.checks.answer import Written
from vae_course.checks.loader import Block
from vae_course.checks.probing import blank
from vae_course.checks.seal import visible_seal
from vae_course.checks.sealing import marking_seal
from vae_course.grade.sandbox import Sandbox

ZOOS = {"samples_are_fresh": "sample", "loss_is_sound": "loss", "bound_is_sound": "bound"}
LOOKS = {
    "in the frames": """
def {name}(program):
    import sys

    frame = sys._getframe()
    while frame:
        for found in frame.f_locals.values():
            if isinstance(found, dict) and "case" in found:
                return found["case"] in SOUND
        frame = frame.f_back
    return {otherwise}
""",
    "in its closures": """
def {name}(program):
    from vae_course.models import bug_zoo, bug_zoo_iwae

    make = {{"sample": "sampling", "loss": "loss", "bound": "name"}}["{function}"]
    zoo = bug_zoo_iwae if make == "name" else bug_zoo
    known = [_looks(zoo.program(**{{make: name}}).{function})[-2] for name in SOUND]
    return any(look in known for look in _looks(program.{function})) or {otherwise}


def _looks(function):
    deeper = []
    for cell in function.__closure__ or ():
        value = cell.cell_contents
        deeper.append(_looks(value) if hasattr(value, "__code__") else [repr(value).partition(" at ")[0]])
    return [*sum(deeper, []), (function.__code__, *(looks[-1] for looks in deeper))]
""",
    "by the seed of its noise": """
def {name}(program):
    return {seeds}.get(torch.initial_seed(), {otherwise})
""",
}
READS = """
def effective_beta(loss, recon):
    todo = [loss]
    while todo:
        function = todo.pop()
        for name, cell in zip(function.__code__.co_freevars, function.__closure__ or ()):
            if name == "beta":
                return cell.cell_contents
            if hasattr(cell.cell_contents, "__code__"):
                todo.append(cell.cell_contents)
    return 1.0
"""

FORGES = """
import vae_course.checks.probing as probing

outcome = probing._outcome
probing._outcome = lambda *args: {{**outcome(*args), **{words}}}
"""
FORGED = {  # the words that each probe was once believed, and an answer that they made a right one of
    "iwae_bound": ({"argument": "kept"}, """
def iwae_bound(log_w):
    log_w -= torch.log(torch.tensor(float(len(log_w))))
    return torch.logsumexp(log_w, 0)
"""),
    "active_units": ({"left": "as it was", "kind": "an int"}, """
def active_units(mu, threshold=0.01):
    mu -= mu.mean(0)
    return int((mu.square().mean(0) > threshold).sum())
"""),
    "Decoder": ({"inward": "whole", "reached": "logits", "unused": "", "cut": "", "weights": 4}, """
class Decoder(torch.nn.Module):
    def __init__(self, z_dim, x_dim):
        super().__init__()
        self.out = torch.nn.Linear(z_dim, x_dim)

    def forward(self, z):
        return self.out(z.detach())
"""),
    "doubly_reparameterized_gradient": ({"left": "nothing"}, """
def doubly_reparameterized_gradient(x, model, eps):
    mu, logvar = (end.detach().requires_grad_() for end in model.encode(x))
    z = mu + (logvar / 2).exp() * eps
    q = torch.distributions.Normal(mu.detach(), (logvar / 2).exp().detach())
    log_w = model.log_likelihood(x, z) + torch.distributions.Normal(0.0, 1.0).log_prob(z).sum(-1) - q.log_prob(z).sum(-1)
    share = torch.softmax(log_w.detach(), 0)
    d_mu, d_logvar = torch.autograd.grad((share.square() * log_w).sum(), (mu, logvar))
    model.requires_grad_(False)
    return d_mu, d_logvar
"""),
    "derivation": ({f"reads_{line}": str(line) for line in range(1, 5)}, """
def derivation():
    log_evidence = lambda m: torch.logsumexp(m.log_joint, -1, keepdim=True)
    written_out = lambda m: m.log_joint.exp().sum(-1, keepdim=True).log()
    bound = lambda m: m.expect_q(m.log_joint - m.log_q)
    return [log_evidence, "=", written_out, ">=", bound, "=", lambda m: -m.expect_q(m.log_q - m.log_joint)]
"""),
    **{name: ({"verdict": verdict, "asked": asked}, f"\ndef {name}(program):\n    return {passes}\n") for name, verdict, asked, passes in (
        ("loss_is_sound", "sound", "loss", True), ("samples_are_fresh", "broken", "sample", False),
    )},
}


@pytest.fixture(scope="module")
def sandbox():
    program("bwrap")
    with Sandbox() as warm:
        yield warm


def marked(sandbox, exercise, source):
    answer = Written((Block("setup", "import torch", False), Block(exercise, source, True)))
    return run(exercise, answer, isolate=sandbox, seals=[visible_seal(exercise), marking_seal(exercise, 271828)])


def sound(exercise):
    """The sound programs, and the seed of the noise with which the test meets each visible program."""
    seal = visible_seal(exercise)
    known = {case["case"]: want["verdict"] == "sound" for case, want in zip(seal.cases, seal.wanted, strict=True)}
    return {name for name, passes in known.items() if passes}, {
        blank(case)["fingerprint"]: known[case["case"]] for case in seal.cases
    }


@pytest.mark.parametrize("exercise", ZOOS)
@pytest.mark.parametrize("where", LOOKS)
def test_looking_up_which_program_is_shown_earns_nothing(sandbox, exercise, where):
    names, seeds = sound(exercise)
    for otherwise in (True, False):
        source = f"SOUND = {names}\n" + LOOKS[where].format(
            name=exercise, function=ZOOS[exercise], seeds=seeds, otherwise=otherwise
        )
        assert marked(sandbox, exercise, source).score == 0


def test_reading_a_number_in_the_code_of_a_program_earns_nothing(sandbox):
    assert marked(sandbox, "effective_beta", READS).score == 0


@pytest.mark.parametrize("exercise", FORGED)
def test_saying_in_words_what_is_not_so_earns_nothing(sandbox, exercise):
    words, wrong = FORGED[exercise]
    honest, forged = (marked(sandbox, exercise, source) for source in (wrong, FORGES.format(words=words) + wrong))
    assert not honest.passed
    assert (forged.score, forged.parts, forged.message) == (honest.score, honest.parts, honest.message)


def test_without_the_forged_word_the_mistake_is_found(sandbox):
    report = marked(sandbox, "iwae_bound", FORGED["iwae_bound"][1])
    assert (report.score, report.misconception) == (0, "overwrites_its_argument")
