"""A program that is held elsewhere is to a test what it is in one process; and whoever holds it takes nothing on trust."""

import itertools
import struct

import pytest
import torch

from vae_course.checks import wire
from vae_course.checks.held import ASKED, Held, OnTrial, far, says
from vae_course.models import audit, bug_zoo, bug_zoo_iwae

MOST = 1000
SAMPLERS = [name for name in bug_zoo.SAMPLING if name not in ("own_generator", "frozen")]  # these draw by themselves


def shown(**functions):
    return Held(functions, MOST)


def tensors(*shapes, seed=0):
    draw = torch.Generator().manual_seed(seed)
    return [torch.randn(shape, generator=draw).requires_grad_() for shape in shapes]


def outcome(function, given, pull=None):
    """The value, the gradients, and the random number that comes next."""
    torch.manual_seed(3)
    value = function(*given)
    wanted = [tensor for tensor in given if tensor.requires_grad]
    grads = torch.autograd.grad((value * (1 if pull is None else pull)).sum(), wanted, allow_unused=True) if value.requires_grad else ()
    return value.detach(), *(torch.zeros(()) if grad is None else grad for grad in grads), torch.rand(())


def agree(one, other):
    return all(torch.allclose(a, torch.zeros_like(a) if b.dim() < a.dim() else b) for a, b in itertools.zip_longest(one, other))


@pytest.mark.parametrize("name", SAMPLERS)
@pytest.mark.parametrize("shapes", [((5, 3), (5, 3)), ((1, 3), (5, 1))])
def test_codes_come_with_their_gradients_and_their_place_among_the_random_numbers(name, shapes):
    sample = bug_zoo.program(sampling=name, amount=0.3).sample
    given, pull = tensors(*shapes), torch.linspace(-1, 2, 15).reshape(5, 3)
    pull = pull[: len(sample(*given))]
    assert agree(outcome(far("sample", shown(sample=sample).answer), given, pull), outcome(sample, given, pull))


@pytest.mark.parametrize("name", bug_zoo.LOSSES)
def test_a_loss_comes_with_its_gradients(name):
    loss = bug_zoo.program(loss=name, amount=0.1).loss
    x, *given = torch.ones(4, 5), *tensors((4, 5), (4, 2), (4, 2))
    assert agree(outcome(far("loss", shown(loss=loss).answer), (x, *given)), outcome(loss, (x, *given)))


def test_a_likelihood_comes_with_the_gradient_of_each_row():
    recon, given = audit.likelihood(0.6), (torch.ones(4, 5), *tensors((4, 5)))
    pull = torch.linspace(-1, 2, 4)
    assert agree(outcome(far("recon", shown(recon=recon).answer), given, pull), outcome(recon, given, pull))


@pytest.mark.parametrize("name", bug_zoo_iwae.PROGRAMS)
@pytest.mark.parametrize("function", ["bound", "loss"])
def test_a_bound_comes_with_its_gradient_or_without_one(name, function):
    near = getattr(bug_zoo_iwae.program(name), function)
    given, held = tensors((7, 3)), shown(**{function: near})
    assert agree(outcome(far(function, held.answer), given), outcome(near, given))
    assert far(function, held.answer)(*given).requires_grad == near(*given).requires_grad


def test_gradients_go_on_to_what_the_arguments_were_made_of():
    loss = far("loss", shown(loss=bug_zoo_iwae.program().loss).answer)
    (log_w,) = tensors((6, 2))
    loss(3 * log_w).backward()
    assert torch.allclose(log_w.grad, -3 * (3 * log_w).softmax(0) / 2)
    assert torch.allclose(torch.func.grad(loss)(log_w.detach()), -log_w.softmax(0) / 2)
    with torch.no_grad():
        assert not loss(log_w).requires_grad


def test_a_program_stops_with_the_error_that_it_stops_with_in_one_process():
    held = shown(bound=bug_zoo_iwae.program().bound, sample=bug_zoo.program().sample)
    with pytest.raises(TypeError, match="len"):
        far("bound", held.answer)(torch.tensor(1.0))
    with pytest.raises(RuntimeError, match="must match the size"):
        far("sample", held.answer)(torch.zeros(2, 3), torch.zeros(2, 4))
    with pytest.raises(TypeError, match="a program takes tensors, and bound was given a list"):
        far("bound", held.answer)([[1.0]])


def test_a_program_is_shown_no_more_than_it_can_take():
    sample = far("sample", shown(sample=bug_zoo.program().sample).answer)
    assert sample(torch.zeros(MOST, 1), torch.zeros(MOST, 1)).shape == (MOST, 1)
    with pytest.raises(ValueError, match="at most 1,000 numbers at a time, and here it would be 10,000"):
        sample(torch.zeros(100, 1), torch.zeros(1, 100))


@pytest.mark.parametrize(
    ("sound", "answers", "verdict", "times"),
    [
        (True, [True], "sound", 1), (False, [True], "sound", 1), (False, [False], "broken", 1),
        (True, [False] * ASKED, "broken", ASKED), (True, [False, False, True], "by chance", 3),
    ],
)
def test_a_test_is_asked_again_only_about_a_sound_program_that_it_refused(sound, answers, verdict, times):
    held = OnTrial({}, MOST, sound)
    heard = [says(passes, held.answer) for passes in answers]
    assert heard == [True] * (times - 1) + [False]
    says(True, held.answer)  # nobody asked
    assert held.evidence() == {"verdict": verdict, "asked": "nothing"}


def test_there_is_no_verdict_where_nothing_was_said():
    with pytest.raises(ValueError, match="no verdict"):
        OnTrial({}, MOST, True).evidence()


# --- bytes that no test sends ---


def state(left=1, following=0):
    """Random numbers with a place of their own: (left, following) say which number is next, and when there will be new ones."""
    numbers = torch.Generator().manual_seed(0).get_state()
    numbers[8:12] = torch.tensor(list(struct.pack("<i", left)), dtype=torch.uint8)
    numbers[16:24] = torch.tensor(list(struct.pack("<Q", following)), dtype=torch.uint8)
    return numbers


def call(parts, **note):
    return wire.pack([{"value": part} for part in parts], {"call": "sample", "wanted": [], **note})


ZEROS = torch.zeros(2, 3)
HOSTILE = {
    "nothing": b"", "noise": b"\xff" * 100, "a giant header": (2**40).to_bytes(8, "little"),
    "no note": wire.pack([]), "a list for a note": wire.pack([], [1]), "no state": call([ZEROS, ZEROS]),
    "a short state": call([state()[:100], ZEROS, ZEROS]), "no arguments": call([state()]), "no parts": call([]),
    "numbers beyond the end": call([state(624, 624), ZEROS, ZEROS]), "numbers before the beginning": call([state(-1, 0), ZEROS, ZEROS]),
    "numbers far away": call([state(1, 2**40), ZEROS, ZEROS]), "another function": call([state(), ZEROS, ZEROS], call="__init__"),
    "no function": call([state(), ZEROS, ZEROS], call=[]), "text": call([state(), "a", "b"]),
    "gradients of what is not there": call([state(), ZEROS, ZEROS], wanted=[7]), "gradients of text": call([state(), "a", ZEROS], wanted=[0]),
    "gradients of whole numbers": call([state(), ZEROS.int(), ZEROS], wanted=[0]), "wanted nonsense": call([state(), ZEROS, ZEROS], wanted={"a": 1}),
}


@pytest.mark.parametrize("bytes", HOSTILE.values(), ids=HOSTILE)
def test_what_no_test_sends_is_answered_with_an_error(bytes):
    held = shown(sample=bug_zoo.program().sample)
    before = torch.get_rng_state()
    parcels, note = wire.unpack(held.answer(bytes))
    assert parcels == [] and set(note) == {"error"}
    assert torch.equal(torch.get_rng_state(), before)
    sample = far("sample", held.answer)
    assert sample(ZEROS, ZEROS).shape == (2, 3)  # it goes on


def test_calls_come_to_an_end(monkeypatch):
    monkeypatch.setattr("vae_course.checks.held.CALLS", 3)
    held = shown(sample=bug_zoo.program().sample)
    notes = [wire.unpack(held.answer(call([state(), ZEROS, ZEROS])))[1] for _ in range(4)]
    assert notes == [None, None, None, {"error": ["TimeUp", ""]}]
