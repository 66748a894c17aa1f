"""Programs that a learner's code calls and does not have: their code and their names are held elsewhere.

A call is a block of `wire` bytes with the arguments, and so is the reply with the value. The state of torch's random numbers
travels both ways, so that a seed means to a program what it means in one process; and a value that has a gradient
brings its slopes along, so that it goes on backwards. In a notebook the holder is in the same process all the same; where
a mark is made, it is on the judge's side of a sandbox, and takes nothing on trust.
"""

from __future__ import annotations

import builtins
import struct
import threading
import time
from collections.abc import Callable, Mapping, Sequence

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from vae_course.checks import wire
from vae_course.checks.trouble import TimeUp, a

Ask = Callable[[bytes], bytes]

LARGEST_CALL = 24 * 2**20  # bytes
CALLS = 20_000  # to one program
SECONDS = 20.0  # by the clock that one program may take in all
ASKED = 10  # times that a test is asked about a sound program before it counts as one that always refuses it
_HEADER = 2**16  # bytes that describe the tensors of a call
_NUMBERS = 624  # in the state of the Mersenne twister
_one_at_a_time = threading.Lock()  # torch's random numbers are those of the whole process


class Held:
    """A program, by its functions, which an answer may call. most: numbers that one call may bring.

    A function gives numbers each of which depends on no other entry of an argument than its own; or on no other row, where it
    has fewer axes, such as one number.
    """

    def __init__(self, functions: Mapping[str, Callable[..., Tensor]], most: int):
        self._functions, self._most = functions, most
        self._asked: set[str] = set()
        self._calls, self._seconds = 0, 0.0

    def answer(self, request: bytes) -> bytes:
        """The reply to a call, or to a verdict. Raises nothing, whatever the bytes are."""
        try:
            if int.from_bytes(request[:8], "little") > _HEADER:
                raise ValueError("the description of the tensors is too long")
            parcels, note = wire.unpack(request)
            return self._reply(parcels, note)
        except Exception as error:
            return wire.pack([], {"error": [type(error).__name__, str(error)]})

    def evidence(self) -> wire.Parcel:
        """What was noted here, which goes before what is said where the answer runs."""
        return {}

    def _reply(self, parcels: Sequence[wire.Parcel], note: Mapping) -> bytes:
        self._calls += 1
        if self._calls > CALLS or self._seconds > SECONDS:
            return wire.pack([], {"error": ["TimeUp", ""]})
        function = self._functions[note["call"]]
        self._asked.add(note["call"])
        state, *arguments = (parcel["value"] for parcel in parcels)
        _check_size([value for value in arguments if isinstance(value, Tensor)], self._most)
        leaves = [arguments[index].requires_grad_() for index in note["wanted"]]
        start = time.monotonic()
        try:
            with torch.set_grad_enabled(bool(leaves)):  # in one process the test's own switch is off on the way here
                with _one_at_a_time, torch.random.fork_rng(devices=[]):
                    _set_state(state)
                    value = function(*arguments)
                    state = torch.get_rng_state()
                slopes = _slopes(value, leaves)
        finally:
            self._seconds += time.monotonic() - start
        return wire.pack([{"value": part} for part in (state, value, *slopes)])


class OnTrial(Held):
    """A program of which a test is to say whether it is sound, and what the test said. also: evidence beside the verdict, given
    that."""

    def __init__(
        self, functions: Mapping[str, Callable[..., Tensor]], most: int, sound: bool,
        also: Callable[[str], wire.Parcel] = lambda verdict: {},
    ):
        super().__init__(functions, most)
        self._sound, self._also = sound, also
        self._said: list[bool] = []

    def evidence(self) -> wire.Parcel:
        """What the test said, and which functions it asked. Raises ValueError when it said nothing.

        A sound program that is refused is shown again: `by chance` where it passes one of these times.
        """
        if not self._said:
            raise ValueError("no verdict")
        verdict = "sound" if self._said[0] else "by chance" if any(self._said) else "broken"
        return {"verdict": verdict, "asked": " and ".join(sorted(self._asked)) or "nothing", **self._also(verdict)}

    def _reply(self, parcels: Sequence[wire.Parcel], note: Mapping) -> bytes:
        if "says" not in note:
            return super()._reply(parcels, note)
        if self._unsettled():
            self._said.append(note["says"] is True)
        return wire.pack([], {"again": self._unsettled()})

    def _unsettled(self) -> bool:
        """Whether the test is to be asked, or asked again; afterwards nothing more is heard."""
        return not self._said or self._sound and not any(self._said) and len(self._said) < ASKED


def _check_size(tensors: Sequence[Tensor], most: int) -> None:
    """ValueError for more than `most` numbers, be it that rows and columns meet."""
    axes = max((value.dim() for value in tensors), default=0)
    total = 1
    for axis in range(1, axes + 1):
        total *= max(value.shape[-axis] for value in tensors if value.dim() >= axis)
    if total > most:
        raise ValueError(f"a program is shown at most {most:,} numbers at a time, and here it would be {total:,}")


def _set_state(state: object) -> None:
    """Set torch's random numbers. ValueError for a state after which it would read numbers that are none of its own."""
    if not isinstance(state, Tensor) or state.dtype != torch.uint8 or state.shape != torch.get_rng_state().shape:
        raise ValueError("this is no state of random numbers")
    _, left, _, following = struct.unpack_from("<QiiQ", bytes(state[:24].tolist()))
    if not 1 <= left <= _NUMBERS or left + following > _NUMBERS + 1:
        raise ValueError("this is no state of random numbers")
    torch.set_rng_state(state)


def _slopes(value: Tensor, leaves: Sequence[Tensor]) -> list[Tensor]:
    """How each of the value's entries changes with its own entry, or row, of each leaf; nothing where there is no gradient."""
    if not leaves or not value.requires_grad:
        return []
    pull = torch.ones_like(value, requires_grad=True)
    # given the pull as an argument of its own, torch would import for a second what it never uses here
    grads = torch.autograd.grad((value * pull).sum(), leaves, create_graph=True, allow_unused=True)
    found = []
    for leaf, grad in zip(leaves, grads, strict=True):
        if grad is None:
            found.append(torch.zeros_like(leaf))
        elif value.dim() < leaf.dim():
            found.append(grad)
        else:  # linear in the pull on each entry, whose own part comes out where a leaf was spread over several
            found.append(torch.autograd.grad(grad.sum(), pull, retain_graph=True)[0])
    return found


# --- on the side of the test ---


def far(name: str, ask: Ask) -> Callable[..., Tensor]:
    """The function `name` of the program that answers `ask`."""

    def call(*arguments: object) -> Tensor:
        for given in arguments:
            if not isinstance(given, (Tensor, int, float)):
                raise TypeError(f"a program takes tensors, and {name} was given {a(type(given).__name__)}")
        wanted = [index for index, given in enumerate(arguments) if isinstance(given, Tensor) and given.requires_grad]
        return _Call.apply(ask, name, wanted if torch.is_grad_enabled() else [], *arguments)[0]

    return call


def says(passes: bool, ask: Ask) -> bool:
    """Tell whoever holds the program what the test says of it; whether it is to be asked again."""
    return wire.unpack(ask(wire.pack([], {"says": passes})))[1]["again"]


class _Call(torch.autograd.Function):
    """The value of a function that is elsewhere, with its slopes, which serve on the way back."""

    @staticmethod
    def forward(ask: Ask, name: str, wanted: Sequence[int], *arguments: object) -> tuple[Tensor, ...]:
        parts = [{"value": part} for part in (torch.get_rng_state(), *arguments)]
        parcels, note = wire.unpack(ask(wire.pack(parts, {"call": name, "wanted": [*wanted]})))
        if note:
            raise _error(*note["error"])
        state, *found = (parcel["value"] for parcel in parcels)
        torch.set_rng_state(state)
        return tuple(found)

    @staticmethod
    def setup_context(ctx, inputs, output) -> None:
        _, _, ctx.wanted, *arguments = inputs
        value, *slopes = output
        ctx.arguments = len(arguments)
        ctx.shapes = [arguments[index].shape for index in ctx.wanted]
        ctx.save_for_backward(*slopes)
        ctx.mark_non_differentiable(*(slopes or [value]))

    @staticmethod
    @once_differentiable
    def backward(ctx, grad: Tensor, *_: Tensor) -> tuple[Tensor | None, ...]:
        found: list[Tensor | None] = [None] * ctx.arguments
        for index, shape, slope in zip(ctx.wanted, ctx.shapes, ctx.saved_tensors, strict=True):
            over_rows = grad.reshape(grad.shape + (1,) * (slope.dim() - grad.dim()))
            found[index] = (over_rows * slope).sum_to_size(shape)
        return None, None, None, *found


def _error(name: str, text: str) -> BaseException:
    """What a call raises that was answered with an error."""
    if name == "TimeUp":
        return TimeUp()
    known = getattr(builtins, name, RuntimeError)
    return known(text) if issubclass(known, Exception) else RuntimeError(text)
