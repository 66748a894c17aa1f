"""Digits are always the same; MNIST is read from the reader's folder, and only when it is MNIST."""

import gzip
import hashlib
import math
import os
import shutil

import pytest
import torch
from support import mnist_folder
from torch.distributions import Bernoulli

from vae_course.course import CourseError
from vae_course.models import data
from vae_course.models.data import digit_counts, digit_labels, digits, mnist, mnist_labels
from vae_course.models.likelihoods import binomial_log_likelihood


def test_digits_are_black_and_white_and_split_in_one_way():
    train, test = digits()
    assert (train.shape, test.shape) == ((1437, 64), (360, 64))
    assert set(train.unique().tolist()) == {0.0, 1.0}
    assert torch.equal(train, digits()[0])


def test_counts_are_the_same_digits_in_grey():
    for counts, pictures in zip(digit_counts(), digits(), strict=True):
        assert counts.dtype == torch.float32 and torch.equal((counts >= 8).float(), pictures)
    assert digit_counts()[0].unique().tolist() == list(range(17))


def test_whoever_changes_digits_changes_them_for_nobody_else():
    for given in (digits, digit_counts, digit_labels):
        before = given()[0].clone()
        given()[0].zero_()
        assert before.any() and torch.equal(given()[0], before)


# --- MNIST ---


@pytest.fixture
def real(monkeypatch):
    monkeypatch.setenv("VAE_COURSE_MNIST", str(mnist_folder()))


def test_mnist_is_read_with_its_labels(real):
    train, test = mnist()
    assert (train.shape, test.shape, train.dtype) == ((60000, 784), (10000, 784), torch.float32)
    assert (train.min(), train.max()) == (0, 1) and train.mean().item() == pytest.approx(0.1307, abs=1e-4)
    labels = mnist_labels()
    assert [len(part) for part in labels] == [60000, 10000] and labels[0].dtype == torch.int64
    assert labels[0][:5].tolist() == [5, 0, 4, 1, 9] and labels[1].bincount().tolist()[:3] == [980, 1135, 1032]
    ones, zeros = (train[labels[0] == digit].mean(0).reshape(28, 28) for digit in (1, 0))
    assert ones[14, 14] > 0.8 and zeros[14, 14] < 0.1  # rows and columns are where they were


def test_raw_files_are_read_too(tmp_path, monkeypatch):
    name = "t10k-labels-idx1-ubyte"
    unpacked = gzip.decompress((mnist_folder() / f"{name}.gz").read_bytes())
    for part in ("t10k", "train"):
        shutil.copy(mnist_folder() / f"{part}-labels-idx1-ubyte.gz", tmp_path)
    (tmp_path / f"{name}.gz").unlink()
    (tmp_path / name).write_bytes(unpacked)
    monkeypatch.setenv("VAE_COURSE_MNIST", str(tmp_path))
    assert len(mnist_labels()[1]) == 10000


# a file of two pictures of 2 x 3 pixels stands for MNIST where the real one is not needed
HEADER = b"\0\0\x08\x03" + b"".join(size.to_bytes(4, "big") for size in (2, 2, 3))
SMALL = HEADER + bytes(range(0, 240, 20))


def packed(content):
    """The same bytes whenever it is called: gzip writes the time of day unless told not to."""
    return gzip.compress(content, mtime=0)


@pytest.fixture
def small(tmp_path, monkeypatch):
    monkeypatch.setattr(data, "MNIST", {
        f"{part}-images-idx3-ubyte": ((2, 2, 3), hashlib.sha256(SMALL).hexdigest()) for part in ("train", "t10k")
    })
    monkeypatch.setenv("VAE_COURSE_MNIST", str(tmp_path))
    for part in ("train", "t10k"):
        (tmp_path / f"{part}-images-idx3-ubyte.gz").write_bytes(packed(SMALL))
    return tmp_path / "train-images-idx3-ubyte.gz"


def test_pixels_follow_the_header_row_by_row(small):
    train, _ = mnist()
    assert torch.equal(train * 255, torch.arange(0, 240, 20).float().reshape(2, 6))


@pytest.mark.parametrize("written, said", [
    (packed(SMALL)[:-12], "is damaged or cut short: gzip cannot unpack it; copy the file there again."),
    (packed(SMALL)[:5], "is damaged or cut short: gzip cannot unpack it; copy the file there again."),
    (SMALL, "is damaged: gzip cannot unpack it; copy the file there again."),
    (b"", "holds 0 bytes and MNIST's has 28; copy the whole file there again."),
    (packed(SMALL[:-3]), "holds 25 bytes and MNIST's has 28; copy the whole file there again."),
    (packed(SMALL[:-1] + b"\0"), "is damaged: its SHA-256 does not begin with"),
    (packed(SMALL)[:12] + b"\xff\xff" + packed(SMALL)[14:], "gzip cannot unpack it; copy the file there again."),
], ids=["cut", "stump", "not packed", "empty", "short", "one byte off", "spoiled"])
def test_a_damaged_file_is_named_in_one_sentence(small, written, said):
    small.write_bytes(written)
    with pytest.raises(CourseError) as refused:
        mnist()
    assert said in str(refused.value) and str(small) in str(refused.value) and "\n" not in str(refused.value)


def test_an_absent_file_folder_or_variable_is_named_in_one_sentence(small, monkeypatch):
    small.unlink()
    with pytest.raises(CourseError, match=r"has neither train-images-idx3-ubyte nor train-images-idx3-ubyte\.gz; put MNIST's"):
        mnist()
    monkeypatch.setenv("VAE_COURSE_MNIST", str(small))
    with pytest.raises(CourseError, match="VAE_COURSE_MNIST is .*, which is no folder; set it to"):
        mnist()
    for unset in ("", None):
        monkeypatch.delenv("VAE_COURSE_MNIST", raising=False)
        if unset is not None:
            monkeypatch.setenv("VAE_COURSE_MNIST", unset)
        with pytest.raises(CourseError, match="^VAE_COURSE_MNIST is not set; set it to a folder with MNIST's four IDX files"):
            mnist()


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may read every file")
def test_a_file_that_may_not_be_read_is_named(small):
    small.chmod(0)
    with pytest.raises(CourseError, match=r"cannot be read \(Permission denied\); make it readable"):
        mnist()


# --- counts ---


def test_the_binomial_likelihood_sums_to_one_and_agrees_with_its_formula():
    logits = torch.tensor([[-1.3], [0.4]], dtype=torch.float64)
    counts = torch.arange(17.0, dtype=torch.float64)[:, None, None].expand(17, 2, 1)
    log_p = binomial_log_likelihood(counts, logits)  # (17, 2)
    assert torch.allclose(log_p.exp().sum(0), torch.ones(2, dtype=torch.float64))
    pi = torch.sigmoid(logits[0]).item()
    assert log_p[5, 0].item() == pytest.approx(math.log(math.comb(16, 5) * pi**5 * (1 - pi) ** 11))


def test_the_binomial_of_one_is_the_bernoulli():
    generator = torch.Generator().manual_seed(0)
    x, logits = (torch.rand(5, 7, generator=generator) < 0.5).float(), torch.randn(5, 7, generator=generator)
    assert torch.allclose(binomial_log_likelihood(x, logits, n=1), Bernoulli(logits=logits).log_prob(x).sum(-1))


def test_the_binomial_stays_finite_and_refuses_what_is_no_count():
    far = torch.tensor([[1000.0, -1000.0]])
    assert binomial_log_likelihood(torch.tensor([[16.0, 0.0]]), far).item() == 0
    assert binomial_log_likelihood(torch.tensor([[0.0, 0.0]]), far).item() == -16000
    for wrong in (0.5, -1.0, 17.0):
        with pytest.raises(ValueError):
            binomial_log_likelihood(torch.tensor([[wrong]]), torch.zeros(1, 1))
