"""What travels between the judge and the learner's code arrives as it was sent, and nothing else travels."""

import json
import math

import numpy
import pytest
import torch

from vae_course.checks import wire
from vae_course.course import CourseError


def through_bytes(parcel):
    return wire.unpack(wire.pack([parcel]))[0][0]


@pytest.fixture(params=[through_bytes, wire.carried])
def sent(request):
    """Gives the parcel as it arrives, through bytes or without any: both have to be the same in all that follows."""
    return lambda **parcel: request.param(parcel)


@pytest.mark.parametrize("dtype", [
    torch.float64, torch.float32, torch.float16, torch.bfloat16, torch.int64, torch.int32, torch.uint8, torch.bool,
])
def test_a_tensor_keeps_its_values_and_its_dtype(sent, dtype):
    given = torch.tensor([[0, 1, 2], [3, 4, 5]]).to(dtype)
    got = sent(x=given)["x"]
    assert got.dtype == dtype
    assert torch.equal(got, given)


@pytest.mark.parametrize("shape", [(), (0,), (0, 3), (1, 1, 1), (2, 3, 5)])
def test_a_tensor_keeps_its_shape(sent, shape):
    assert sent(x=torch.zeros(shape))["x"].shape == shape


def test_nan_and_infinities_arrive(sent):
    given = torch.tensor([math.nan, math.inf, -math.inf, -0.0])
    assert sent(x=given)["x"].isnan().tolist() == [True, False, False, False]
    assert sent(x=given)["x"][1:].tolist() == given[1:].tolist()


@pytest.mark.parametrize("view", [
    lambda t: t.T, lambda t: t[:, ::2], lambda t: t[:1].expand(4, 3), lambda t: t[0, 1],
], ids=["transposed", "strided", "expanded", "entry"])
def test_a_view_arrives_as_the_values_it_shows(sent, view):
    given = view(torch.arange(6.0).reshape(2, 3))
    assert torch.equal(sent(x=given)["x"], given)


def test_two_names_of_one_tensor_both_arrive(sent):
    given = torch.arange(3.0)
    got = sent(a=given, b=given[1:])
    assert got["a"].tolist() == [0, 1, 2] and got["b"].tolist() == [1, 2]


def test_a_tensor_arrives_without_its_history(sent):
    given = torch.ones(3, requires_grad=True)
    assert not sent(x=given * 2)["x"].requires_grad


class Labelled(torch.Tensor):
    def contiguous(self, **options):
        raise AssertionError("what the learner's class overrides must not be asked")


def test_a_subclass_of_tensor_is_sent_as_a_plain_tensor(sent):
    given = torch.arange(3.0).as_subclass(Labelled)
    got = sent(x=given)["x"]
    assert type(got) is torch.Tensor
    assert got.tolist() == [0, 1, 2]


@pytest.mark.parametrize("value", [True, False, 0, -7, 2**70, 1.5, -0.0, math.inf, "", "naïve ✓ \n \ud800"])
def test_a_scalar_keeps_its_value_and_its_type(sent, value):
    got = sent(x=value)["x"]
    assert got == value
    assert type(got) is type(value)


def test_nan_as_a_scalar_arrives(sent):
    assert math.isnan(sent(x=math.nan)["x"])


def test_parcels_keep_their_order_and_their_keys():
    given = [{"b": 1, "a": torch.zeros(2)}, {}, {"1/x": torch.ones(1), "x": "text"}]
    got, _ = wire.unpack(wire.pack(given))
    assert [list(parcel) for parcel in got] == [["b", "a"], [], ["1/x", "x"]]
    assert torch.equal(got[2]["1/x"], torch.ones(1))


def test_the_note_arrives():
    note = {"exercise": "shift", "seconds": 0.5, "answer": [None, True]}
    assert wire.unpack(wire.pack([], note)) == ([], note)


def test_a_parcel_at_the_limit_travels_and_one_byte_more_does_not(sent):
    assert sent(x=torch.zeros(wire.LIMIT, dtype=torch.uint8))["x"].numel() == wire.LIMIT
    with pytest.raises(CourseError, match=f"{wire.LIMIT + 1} bytes is over the limit of {wire.LIMIT}"):
        sent(x=torch.zeros(wire.LIMIT + 1, dtype=torch.uint8))


def test_the_limit_counts_every_value_of_a_parcel_but_each_parcel_for_itself(sent):
    half = torch.zeros(wire.LIMIT // 2, dtype=torch.uint8)
    with pytest.raises(CourseError, match="over the limit"):
        sent(a=half, b=half, c="more")
    assert len(wire.unpack(wire.pack([{"a": half, "b": half}] * 3))[0]) == 3


def test_the_limit_counts_text(sent):
    with pytest.raises(CourseError, match="over the limit"):
        sent(x="a" * (wire.LIMIT + 1))


@pytest.mark.parametrize("value", [None, [1.0], (), {}, 1j, b"bytes", object(), torch.nn.Linear(1, 1), len])
def test_nothing_but_tensors_numbers_and_text_travels(sent, value):
    kind = type(value).__name__
    with pytest.raises(CourseError, match=f"'x' is a {kind}; only tensors, numbers and text can travel"):
        sent(x=value)


def test_the_bytes_hold_no_pickle():
    data = wire.pack([{"x": torch.ones(2)}], {"a": 1})
    length = int.from_bytes(data[:8], "little")
    assert set(json.loads(data[8 : 8 + length])) == {"__metadata__", "0/x"}
    assert len(data) == 8 + length + 2 * 4


class Loud(str):
    def __str__(self):
        return "LOUD"


class Half(float):
    def __float__(self):
        return float.__float__(self) / 2


@pytest.mark.parametrize("value", [Loud("quiet"), Half(3.0), numpy.float64(2.5), 2**63, "\ud83d\ude00"], ids=ascii)
def test_what_is_out_of_the_ordinary_arrives_as_through_bytes(value):
    bytes_gave, got = through_bytes({"x": value})["x"], wire.carried({"x": value})["x"]
    assert type(got) is type(bytes_gave) and got == bytes_gave


def leaked():
    """A tensor that only means something inside of the torch.vmap that made it."""
    kept = []
    torch.vmap(lambda row: kept.append(row) or row)(torch.zeros(2, 3))
    return kept[0]


@pytest.mark.parametrize("make", [
    lambda: torch.eye(3).to_sparse(), lambda: torch.empty(3, device="meta"), lambda: torch.zeros(3, dtype=torch.complex128),
    lambda: torch.zeros(1).expand(2**60), leaked,
], ids=["sparse", "meta", "complex", "immense", "leaked"])
def test_a_tensor_without_numbers_of_its_own_is_refused_in_the_same_words(make):
    said = []
    for way in (through_bytes, wire.carried):
        with pytest.raises(Exception) as refused:
            way({"x": make()})
        said.append((type(refused.value), str(refused.value)))
    assert said[0] == said[1]


def test_what_arrived_does_not_change_with_what_was_sent(sent):
    given = torch.zeros(3)
    got = sent(x=given)["x"]
    given += 1
    assert got.tolist() == [0, 0, 0]


def test_a_key_that_cannot_travel_is_refused(sent):
    with pytest.raises(UnicodeEncodeError):
        sent(**{"\ud800": torch.zeros(1)})
