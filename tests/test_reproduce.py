"""The paper lab trains what the paper describes, goes on where it stopped, and says what it did."""

import hashlib
import itertools
import json
import math
import signal

import pytest
import torch
from support import REPOSITORY, mnist_folder
from torch.distributions import Bernoulli, Normal

from vae_course import reproduce as lab
from vae_course.course import CourseError
from vae_course.models import data
from vae_course.models.checkpoint import read_tensors
from vae_course.reproduce import OneLayerModel, Settings, learning_rate, models_for, new_model, objective, reproduce, table

ROWS, TESTED = 200, 50  # pictures of 4 x 4 pixels stand for MNIST where the real one is not needed
QUICK = Settings(samples=60, test_images=TESTED)


@pytest.fixture
def small(tmp_path, monkeypatch):
    """A folder with grey pictures in files like MNIST's."""
    generator = torch.Generator().manual_seed(0)
    folder, described = tmp_path / "pictures", {}
    folder.mkdir()
    for part, rows in (("train", ROWS), ("t10k", TESTED)):
        pixels = torch.randint(0, 256, (rows, 16), generator=generator) * (torch.arange(16) % 3 > 0)
        header = b"\0\0\x08\x03" + b"".join(size.to_bytes(4, "big") for size in (rows, 4, 4))
        content = header + bytes(pixels.flatten().tolist())
        (folder / f"{part}-images-idx3-ubyte").write_bytes(content)
        described[f"{part}-images-idx3-ubyte"] = ((rows, 4, 4), hashlib.sha256(content).hexdigest())
    monkeypatch.setattr(data, "MNIST", described)
    monkeypatch.setattr(lab, "TRIED", 2)
    return folder


@pytest.fixture
def run(small, tmp_path):
    """Run the lab on the small pictures; gives what was said, or None for a run that Ctrl-C ended, and the folder."""

    def call(out="out", ks=(1, 3), epochs=2, settings=QUICK):
        said = []
        ended = reproduce(ks, epochs, small, tmp_path / out, settings, said.append)
        return ("\n".join(said) if ended else None), tmp_path / out

    return call


def found(folder):
    """What a run found, without how long it took."""
    held = json.loads((folder / "results.json").read_text(encoding="utf-8"))["results"]
    return {key: {name: value for name, value in model.items() if "seconds" not in name} for key, model in held.items()}


def assert_same(one, other):
    """The same numbers and the same weights, to the last bit."""
    assert found(one) == found(other)
    for path in other.glob("*.safetensors"):
        for name, value in read_tensors(path).items():
            assert torch.equal(value, read_tensors(one / path.name)[name]), (path.name, name)


def tiny(seed=0):
    mean = torch.rand(7, generator=torch.Generator().manual_seed(seed))
    return new_model(mean.expand(3, 7), seed)


# --- the paper's settings ---


def test_the_learning_rates_last_as_many_passes_as_in_the_paper():
    rates = [learning_rate(epoch) for epoch in range(lab.EPOCHS)]
    lengths = [len(list(same)) for _, same in itertools.groupby(rates)]
    assert lengths == [1, 3, 9, 27, 81, 243, 729, 2187] and sum(lengths) == 3280
    for i, rate in enumerate(sorted(set(rates), reverse=True)):
        assert rate == pytest.approx(1e-3 * 10 ** (-i / 7))
    assert learning_rate(5000) == rates[-1]


def test_the_model_has_the_papers_layers_and_starts_at_the_mean_picture():
    mean = torch.linspace(0, 1, 784)
    model = OneLayerModel(mean)
    shapes = [tuple(layer.weight.shape) for net in (model.to_code, model.to_logits) for layer in net[::2]]
    assert shapes == [(200, 784), (200, 200), (100, 200), (200, 50), (200, 200), (784, 200)]
    assert torch.allclose(model.to_logits[-1].bias.sigmoid(), mean.clamp(0.001, 0.999), atol=1e-5)
    layers = [layer for net in (model.to_code, model.to_logits) for layer in net]
    assert sum(isinstance(layer, torch.nn.Tanh) for layer in layers) == 4
    x = torch.bernoulli(mean.expand(3, 784), generator=torch.Generator().manual_seed(0))
    mu, logvar = model.encode(x)
    assert torch.equal(torch.cat([mu, logvar / 2], -1), model.to_code(x))  # the network gives the log of sigma
    assert [layer.bias.any().item() for layer in layers if hasattr(layer, "bias")] == [False] * 5 + [True]


def test_adam_and_the_batch_are_the_papers(run, monkeypatch):
    made, seen = [], []
    real, given = torch.optim.Adam, lab.objective

    def watched(model, name, K):
        loss = given(model, name, K)
        return lambda grey, generator: (seen.append(len(grey)), loss(grey, generator))[1]

    monkeypatch.setattr(torch.optim, "Adam", lambda *a, **k: (made.append(real(*a, **k)), made[-1])[1])
    monkeypatch.setattr(lab, "objective", watched)
    run(ks=(1,))
    assert made[-1].defaults["eps"] == 1e-4 and made[-1].defaults["betas"] == (0.9, 0.999)
    assert set(seen) == {20}
    assert made[-1].param_groups[0]["lr"] == learning_rate(1) < learning_rate(0) == made[-1].defaults["lr"]


def test_a_k_of_one_is_one_model_and_others_are_two():
    assert models_for([1, 5, 50]) == [("IWAE", 1), ("VAE", 5), ("IWAE", 5), ("VAE", 50), ("IWAE", 50)]


# --- what is minimised ---


@pytest.mark.parametrize("K", [1, 4])
def test_the_objectives_are_the_mean_log_weight_and_the_log_of_the_mean_weight(K):
    model, grey = tiny(), torch.rand(5, 7, generator=torch.Generator().manual_seed(1))
    losses = {name: objective(model, name, K)(grey, torch.Generator().manual_seed(2)).item() for name in ("VAE", "IWAE")}
    generator = torch.Generator().manual_seed(2)
    x = torch.bernoulli(grey, generator=generator)
    mu, logvar = model.encode(x)
    q = Normal(mu, torch.exp(logvar / 2))
    z = mu + q.scale * torch.randn(K, 5, 50, generator=generator)
    log_w = (
        Bernoulli(logits=model.decode(z)).log_prob(x).sum(-1) + Normal(0.0, 1.0).log_prob(z).sum(-1) - q.log_prob(z).sum(-1)
    ).double()
    assert losses["VAE"] == pytest.approx(-log_w.mean().item(), abs=1e-4)
    assert losses["IWAE"] == pytest.approx(-log_w.exp().mean(0).log().mean().item(), abs=1e-4)
    assert (losses["IWAE"] == pytest.approx(losses["VAE"], abs=1e-5)) == (K == 1)


def test_pixels_are_drawn_afresh_at_every_step(monkeypatch):
    model, seen = tiny(), []
    given = model.encode
    monkeypatch.setattr(model, "encode", lambda x: (seen.append(x), given(x))[1])
    loss, grey, generator = objective(model, "IWAE", 2), torch.full((20, 7), 0.3), torch.Generator().manual_seed(0)
    for _ in range(50):
        loss(grey, generator)
    drawn = torch.stack(seen)
    assert set(drawn.unique().tolist()) == {0.0, 1.0} and not torch.equal(drawn[0], drawn[1])
    assert drawn.mean().item() == pytest.approx(0.3, abs=0.03)


def test_the_test_pictures_are_drawn_once():
    grey = torch.rand(30, 7, generator=torch.Generator().manual_seed(0))
    few, again = (lab.binarised(grey, Settings(10, 12)) for _ in range(2))
    assert few.shape == (12, 7) and set(few.unique().tolist()) == {0.0, 1.0} and torch.equal(few, again)


# --- a run ---


def test_a_run_says_how_long_it_will_take_before_it_trains_and_ends_with_the_table(run, monkeypatch):
    said, given = [], lab.fit
    monkeypatch.setattr(lab, "fit", lambda *a, **k: (said.append(len(said)), given(*a, **k))[1])
    heard, folder = run()
    first, second, *lines = heard.splitlines()
    assert first == "3 of 3 models to do: 2 of the paper's 3,280 epochs each, 20 steps."
    assert second == "About 1 min of training and 1 min of evaluation on this machine. Ctrl-C keeps what is done."
    assert "trained in" in lines[0] and "test NLL" in lines[1] and said == [0, 1, 2]
    assert heard.endswith((folder / "table.md").read_text(encoding="utf-8"))
    log = (folder / "log.txt").read_text(encoding="utf-8")
    assert heard.startswith(log.strip()) and log.count("s of the processor") == 6
    assert {path.name for path in folder.iterdir()} == {"results.json", "log.txt", "table.md"} | {
        f"{key}{part}.safetensors" for key in ("iwae-1", "vae-3", "iwae-3") for part in ("", "-evaluation")
    }


def test_training_has_not_begun_when_the_estimate_is_said(small, tmp_path):
    class Enough(Exception):
        pass

    def echo(line):
        if line.startswith("About"):
            assert not list((tmp_path / "out").glob("*.safetensors"))
            raise Enough

    with pytest.raises(Enough):
        reproduce([1], 2, small, tmp_path / "out", QUICK, echo)


def test_the_nll_is_that_of_the_trained_model_and_the_test_pictures(run, small):
    _, folder = run(ks=(3,))
    train, test = data.mnist(small)
    model = new_model(train, 0)
    held = read_tensors(folder / "iwae-3.safetensors")
    model.load_state_dict({name.removeprefix("model/"): value for name, value in held.items() if name.startswith("model/")})
    x = lab.binarised(test, QUICK)
    with torch.no_grad():
        mu, _ = model.encode(x)
        generator = torch.Generator().manual_seed(2)
        kept = torch.cat([lab.log_evidence(rows, model, QUICK.samples, lab.CHUNK, generator) for rows in x.split(lab.ROWS)])
    numbers = found(folder)["iwae-3"]
    assert numbers["nll"] == pytest.approx(-kept.mean().item(), abs=1e-4)
    assert numbers["active_units"] == sum(float(unit.var()) > 0.01 for unit in mu.T)
    assert math.isfinite(numbers["nll"]) and numbers["epochs"] == 2


def test_a_run_that_is_over_does_nothing_and_prints_its_table(run, monkeypatch):
    _, folder = run()
    monkeypatch.setattr(lab, "fit", None)
    heard, _ = run()
    assert heard.startswith("0 of 3 models to do") and heard.endswith((folder / "table.md").read_text(encoding="utf-8"))


# --- a run that was stopped ---


def ctrl_c():
    signal.raise_signal(signal.SIGINT)


@pytest.mark.parametrize("at", [1, 15, 47])  # each model takes 20 steps
def test_ctrl_c_in_training_keeps_everything_and_the_run_goes_on_to_the_same_numbers(at, run, monkeypatch):
    given, calls = lab.objective, []

    def interrupted(model, name, K):
        loss = given(model, name, K)

        def counted(grey, generator):
            if len(calls) < at:
                calls.append(None)
                if len(calls) == at:
                    ctrl_c()
            return loss(grey, generator)

        return counted

    monkeypatch.setattr(lab._Run, "_seconds_of_a_step", lambda *_: 0.001)
    monkeypatch.setattr(lab, "objective", interrupted)
    heard, folder = run()
    assert heard is None and len(calls) == at
    assert (folder / "log.txt").read_text(encoding="utf-8").endswith("Stopped; the same command goes on from here.\n")
    heard, _ = run()
    assert heard is not None
    assert_same(folder, run("straight")[1])


@pytest.mark.parametrize("at", [1, 2, 5])  # each model's test pictures come in three lots
def test_ctrl_c_in_evaluation_keeps_everything_and_the_run_goes_on_to_the_same_numbers(at, run, monkeypatch):
    given, calls = lab.log_evidence, []

    def counted(x, model, K, chunk, generator):
        calls.append(None)
        if len(calls) == at + 1:  # the first is the estimate's
            ctrl_c()
        return given(x, model, K, chunk, generator)

    monkeypatch.setattr(lab, "log_evidence", counted)
    heard, folder = run(ks=(3,))
    assert heard is None
    trained = [path.name for path in folder.glob("*-3.safetensors")]
    assert len(trained) == (1 if at < 4 else 2)
    assert run(ks=(3,))[0] is not None
    assert_same(folder, run("straight", ks=(3,))[1])


def test_the_seconds_of_a_run_that_was_stopped_are_added_up(run, monkeypatch):
    now = itertools.count(step=10)
    monkeypatch.setattr(lab.time, "process_time", lambda: next(now))
    given, calls = lab.log_evidence, []

    def once(x, model, *more):
        calls.append(len(x))
        if len(calls) == 3:  # the first is the estimate's
            raise KeyboardInterrupt
        return given(x, model, *more)

    monkeypatch.setattr(lab, "log_evidence", once)
    assert run(ks=(1,))[0] is None
    _, folder = run(ks=(1,))
    held = json.loads((folder / "results.json").read_text(encoding="utf-8"))["results"]["iwae-1"]
    assert held["seconds_of_evaluation"] == 20 and held["seconds_of_training"] == 20


def test_more_epochs_go_on_from_where_a_run_ended(run):
    run(ks=(3,), epochs=2)
    _, folder = run(ks=(3,), epochs=4)
    assert_same(folder, run("straight", ks=(3,), epochs=4)[1])


def test_fewer_epochs_than_were_trained_are_refused(run):
    run(ks=(1,), epochs=4)
    with pytest.raises(CourseError, match=r"holds IWAE with K = 1 trained for more than 2 epochs.*; give more --epochs, or another"):
        run(ks=(1,), epochs=2)


def test_another_evaluation_does_not_train_again(run, monkeypatch):
    _, folder = run(ks=(1,))
    before = (folder / "iwae-1.safetensors").read_bytes()
    fewer = Settings(samples=60, test_images=30)
    heard, _ = run(ks=(1,), settings=fewer)
    assert "1 of 1 models to do" in heard and "trained in" not in heard and "the first 30 test pictures" in heard
    assert (folder / "iwae-1.safetensors").read_bytes() == before
    assert_same(folder, run("straight", ks=(1,), settings=fewer)[1])


@pytest.mark.parametrize("held", [
    "", "{", "[]", "{}", '{"settings": 3, "results": {}}', '{"settings": {"more": 1}, "results": {}}',
    '{"settings": {}, "results": 3}', '{"settings": {}, "results": {"iwae-1": 3}}',
])
def test_damaged_results_are_refused_in_one_sentence(held, run, tmp_path):
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "results.json").write_text(held, encoding="utf-8")
    with pytest.raises(CourseError, match="results.json cannot be read .*; delete it, and the models are evaluated again") as refused:
        run()
    assert "\n" not in str(refused.value)


# --- the table ---


def test_the_table_puts_ours_beside_the_papers():
    numbers = {"iwae-1": (90.0, 20), "vae-5": (89.964, 21), "iwae-5": (85.04, 22), "vae-7": (88.0, 5), "iwae-7": (87.0, 6)}
    results = {key: {"nll": nll, "active_units": active, "epochs": 16} for key, (nll, active) in numbers.items()}
    text = table([1, 5, 7], 16, results, Settings(test_images=2000))
    assert text.splitlines() == [
        "Test NLL in nats on MNIST with dynamic binarisation, one stochastic layer, 5,000 samples, the first 2,000 test pictures. "
        "Trained for 16 of the paper's 3,280 epochs: the first of its schedule, with learning rates from 0.001 down to 0.00037.",
        "",
        "| model | K | ours | paper, Table 1 | ours − paper | our active units |",
        "| --- | --- | --- | --- | --- | --- |",
        "| VAE | 1 | 90.00 | 86.76 | +3.24 | 20 of 50 |",
        "| VAE | 5 | 89.96 | 86.47 | +3.49 | 21 of 50 |",
        "| VAE | 7 | 88.00 | – | – | 5 of 50 |",
        "| IWAE | 1 | 90.00 | 86.76 | +3.24 | 20 of 50 |",
        "| IWAE | 5 | 85.04 | 85.54 | -0.50 | 22 of 50 |",
        "| IWAE | 7 | 87.00 | – | – | 6 of 50 |",
        "",
        "With K = 1 both objectives are one, so that model was trained once. A unit is active where the variance of its posterior "
        "mean over the test pictures exceeds 0.01.",
    ]
    assert "schedule" not in table([1], 3280, results, Settings())


KEPT = REPOSITORY / "solutions" / "07_iwae" / "paper_lab"


def test_the_committed_table_is_that_of_the_committed_results_and_the_readmes():
    held = json.loads((KEPT / "results.json").read_text(encoding="utf-8"))
    epochs = {model["epochs"] for model in held["results"].values()}
    made = table([1, 5, 50], *epochs, held["results"], Settings(**held["settings"]))
    assert (KEPT / "table.md").read_text(encoding="utf-8").startswith(made)
    rows = [line for line in made.splitlines() if line.startswith("|")]
    assert "\n".join(rows) in (REPOSITORY / "tests" / "README.md").read_text(encoding="utf-8")
    nll = [held["results"][key]["nll"] for key in ("iwae-1", "iwae-5", "iwae-50")]
    assert nll == sorted(nll, reverse=True)


# --- the command ---


@pytest.mark.parametrize("given, said", [
    (["--k", "0"], "--k is 0; give different numbers of samples, each 1 or more, such as 1,5,50."),
    (["--k", "5,-1"], "--k is 5,-1; give different numbers of samples"),
    (["--k", "5,5"], "--k is 5,5; give different numbers of samples"),
    (["--k", "x"], "--k is 'x'; give numbers of samples with commas between them, such as 1,5,50."),
    (["--k", ""], "--k is ''; give numbers"),
    (["--k", "1,,5"], "--k is '1,,5'; give numbers"),
    (["--epochs", "0"], "--epochs is 0; it must be 1 or more."),
    (["--samples", "0"], "--samples is 0; it must be 1 or more."),
    (["--test-images", "0"], "--test-images is 0; it must be 1 or more."),
    (["--test-images", "51"], "--test-images is 51; there are 50 test pictures."),
    (["--threads", "0"], "--threads is 0; it must be 1 or more."),
    (["--data", "nowhere"], "The folder of the data is nowhere, which is no folder; set it to the one with MNIST's four IDX files."),
    (["--data", "."], "has neither train-images-idx3-ubyte nor train-images-idx3-ubyte.gz; put MNIST's four IDX files there."),
])
def test_bad_input_is_answered_in_one_sentence_and_leaves_nothing(given, said, small, vae_course, tmp_path):
    done = vae_course("reproduce", "iwae", "--data", small, *given)
    assert done.returncode == 2 and done.stdout == "" and done.stderr.count("\n") == 1, done
    assert said in done.stderr and not (tmp_path / "paper_lab").exists()


def test_an_unknown_paper_and_no_folder_at_all(vae_course, monkeypatch):
    done = vae_course("reproduce", "vqvae")
    assert done.returncode == 2 and "There is no paper called 'vqvae' in the lab; it has iwae" in done.stderr
    monkeypatch.delenv("VAE_COURSE_MNIST", raising=False)
    done = vae_course("reproduce", "iwae")
    assert done.returncode == 2 and done.stderr.startswith("VAE_COURSE_MNIST is not set; set it to a folder")


def test_the_folder_may_come_from_the_environment_and_the_command_prints_the_table(small, vae_course, monkeypatch, tmp_path):
    monkeypatch.setenv("VAE_COURSE_MNIST", str(small))
    done = vae_course("reproduce", "iwae", "--k", "1", "--epochs", "1", "--samples", "60", "--test-images", "50", "--out", "mine")
    assert done.returncode == 0, done
    assert done.stdout.startswith("1 of 1 models to do: 1 of the paper's 3,280 epochs each, 10 steps.")
    assert "| IWAE | 1 |" in done.stdout and (tmp_path / "mine" / "table.md").exists()


# --- real pictures ---


def test_on_real_pictures_training_beats_the_mean_picture(tmp_path, monkeypatch):
    train, test = data.mnist(mnist_folder())
    monkeypatch.setattr(lab, "mnist", lambda folder: (train[:1000], test[:40]))
    reproduce([5], 4, None, tmp_path / "out", Settings(samples=200, test_images=40), lambda line: None)
    x, mean = lab.binarised(test, Settings(test_images=40)), train.mean(0).clamp(0.001, 0.999)
    baseline = -Bernoulli(mean).log_prob(x).sum(-1).mean().item()
    for model in found(tmp_path / "out").values():
        assert model["nll"] < baseline - 10
