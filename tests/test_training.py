"""The course's training loop keeps what it promises: its rows, its history, its checkpoint, and Ctrl-C."""

import os
import signal
import subprocess
import sys
import textwrap
import threading

import pytest
import torch
from support import REPOSITORY
from torch import nn

from vae_course.course import CourseError
from vae_course.models import training
from vae_course.models.training import fit

ROWS = (torch.rand(70, 6, generator=torch.Generator().manual_seed(7)) < 0.5).float()


class Net(nn.Module):
    """A VAE of 6 pixels and 2 codes."""

    z_dim = 2

    def __init__(self):
        super().__init__()
        self.encode, self.decode = nn.Linear(6, 4), nn.Linear(2, 6)

    def forward(self, x, eps):
        mu, logvar = self.encode(x).chunk(2, -1)
        return self.decode(mu + torch.exp(0.5 * logvar) * eps), mu, logvar


def fresh(seed=0):
    torch.manual_seed(seed)
    return Net(), torch.Generator().manual_seed(seed)


def trained(steps, **more):
    """A small VAE after `steps` steps, its generator, and its history."""
    net, generator = fresh()
    history = fit(net, ROWS, steps, batch_size=11, log_every=3, generator=generator, **more)
    return net, generator, history


def assert_same(one, other):
    """The same to the last bit: parameters, what the generator gives next, and the history."""
    for (name, a), (_, b) in zip(one[0].state_dict().items(), other[0].state_dict().items(), strict=True):
        assert torch.equal(a, b), name
    assert torch.equal(one[1].get_state(), other[1].get_state())
    assert one[2] == other[2]


def weight_loss(seen):
    """A loss of one parameter that notes the batches it was given, and a model that holds the parameter."""
    model = nn.ParameterList([nn.Parameter(torch.zeros(1))])
    return model, lambda x, generator: (seen.append(x[:, 0]), (model[0] * x).mean())[1]


# --- batches ---


@pytest.mark.parametrize("batch_size", [1, 2, 3, 4, 10])
def test_an_epoch_covers_every_row_once_also_when_batches_do_not_divide_them(batch_size):
    seen = []
    model, loss = weight_loss(seen)
    per_epoch = -(-10 // batch_size)
    fit(model, torch.arange(10.0)[:, None], 3 * per_epoch, loss=loss, batch_size=batch_size)
    epochs = [torch.cat(seen[i * per_epoch : (i + 1) * per_epoch]).tolist() for i in range(3)]
    assert all(sorted(epoch) == list(range(10)) for epoch in epochs)
    assert epochs[0] != epochs[1] != epochs[2]


def test_the_order_is_the_generators():
    orders = []
    for seed in (0, 0, 1):
        seen = []
        model, loss = weight_loss(seen)
        state = torch.get_rng_state()
        fit(model, torch.arange(10.0)[:, None], 5, loss=loss, batch_size=2, generator=torch.Generator().manual_seed(seed))
        assert torch.equal(state, torch.get_rng_state())
        orders.append(torch.cat(seen).tolist())
    assert orders[0] == orders[1] != orders[2]


@pytest.mark.parametrize("batch_size", [0, -1, 11])
def test_a_batch_that_does_not_fit_is_refused(batch_size):
    with pytest.raises(ValueError, match=f"batch_size is {batch_size}; it must be between 1 and the 10 rows"):
        fit(nn.Linear(1, 1), torch.zeros(10, 1), 1, batch_size=batch_size)


def test_grey_pictures_are_not_taken_for_black_and_white_ones():
    with pytest.raises(ValueError, match="values other than 0 and 1"):
        fit(fresh()[0], ROWS / 2, 1)


# --- what is minimised ---


def test_it_takes_the_steps_of_adam_written_out():
    net, generator = fresh()
    again, other = fresh()
    fit(net, ROWS, 20, batch_size=70, lr=0.01, generator=generator)
    adam = torch.optim.Adam(again.parameters(), lr=0.01)
    for _ in range(20):
        x = ROWS[torch.randperm(70, generator=other)]
        logits, mu, logvar = again(x, torch.randn(70, 2, generator=other))
        recon = -torch.distributions.Bernoulli(logits=logits).log_prob(x).sum(-1)
        q, p = torch.distributions.Normal(mu, torch.exp(0.5 * logvar)), torch.distributions.Normal(0.0, 1.0)
        adam.zero_grad()
        (recon + torch.distributions.kl_divergence(q, p).sum(-1)).mean().backward()
        adam.step()
    for a, b in zip(net.parameters(), again.parameters(), strict=True):
        assert torch.allclose(a, b, atol=1e-5)


def test_training_lowers_the_loss():
    history = trained(300)[2]
    assert sum(history["loss"][-10:]) < sum(history["loss"][:10]) - 1


def test_beta_weighs_the_kl_and_may_follow_the_step():
    history = trained(13, beta=lambda step: step / 10)[2]
    assert history["step"] == [0, 3, 6, 9, 12]
    for step, loss, recon, kl in zip(*(history[name] for name in ("step", "loss", "recon", "kl"))):
        assert loss == pytest.approx(recon + step / 10 * kl, rel=1e-6)
    assert_same(trained(13, beta=2.0), trained(13, beta=lambda step: 2))
    assert trained(13, beta=2.0)[2]["loss"][1:] != trained(13)[2]["loss"][1:]


def test_beta_wants_a_loss_with_a_kl():
    model, loss = weight_loss([])
    with pytest.raises(ValueError, match="beta is 2.0, and the loss gives loss; to weigh the KL it must give recon and kl"):
        fit(model, ROWS, 1, loss=loss, beta=2.0)


# --- history ---


def test_the_history_holds_the_terms_before_each_step_that_it_names():
    losses = []
    net, generator = fresh()
    given = training._negative_elbo_of(net, ROWS)

    def loss(x, generator):
        losses.append(given(x, generator))
        return losses[-1]

    history = fit(net, ROWS, 10, loss=loss, batch_size=11, log_every=4, generator=generator)
    assert history["step"] == [0, 4, 8]
    assert all(isinstance(value, float) for value in history["loss"] + history["recon"] + history["kl"])
    for name in ("loss", "recon", "kl"):
        assert history[name] == [losses[step][name].item() for step in (0, 4, 8)]


def test_the_history_of_a_loss_without_terms_is_the_loss():
    model, loss = weight_loss([])
    assert set(fit(model, ROWS, 2, loss=loss)) == {"step", "loss"}


def test_what_is_watched_stands_beside_the_terms_as_it_was_before_the_step():
    net, generator = fresh()
    held = []

    def watch():
        assert not torch.is_grad_enabled()
        held.append(net.decode.weight.sum())
        return {"weight": held[-1]}

    history = fit(net, ROWS, 10, batch_size=11, log_every=4, generator=generator, watch=watch)
    assert history["step"] == [0, 4, 8] and history["weight"] == [value.item() for value in held]
    assert history["weight"] == [trained(step)[0].decode.weight.sum().item() for step in (0, 4, 8)]
    del history["weight"]
    plain, other = fresh()
    assert_same((net, generator, history), (plain, other, fit(plain, ROWS, 10, batch_size=11, log_every=4, generator=other)))


def test_what_is_watched_goes_on_from_a_checkpoint_and_a_step_that_is_cut_off_leaves_none(tmp_path):
    def run(steps, loss=None):
        net, generator = fresh()
        loss = loss and loss(net)
        return net, generator, fit(
            net, ROWS, steps, loss=loss, batch_size=11, log_every=3, generator=generator, checkpoint=tmp_path / str(steps),
            watch=lambda: {"weight": net.decode.weight.sum(), "drawn": torch.rand((), generator=generator)},
        )

    stopped = run(30, lambda net: interrupting(net, 7, by_exception))  # in the step 6, which is one that is kept
    assert_same(stopped, run(6))
    assert stopped[2]["step"] == [0, 3] and len(stopped[2]["weight"]) == 2
    straight = run(20)
    (tmp_path / "20").unlink()
    (tmp_path / "30").rename(tmp_path / "20")
    assert_same(run(20), straight)


def test_no_step_waits_for_a_number(monkeypatch):
    """Reading a number each step is what makes training wait; the loop reads them when it is over."""
    net, generator = fresh()
    read = []
    for name in ("item", "tolist", "__float__", "__int__", "__bool__"):
        real = getattr(torch.Tensor, name)
        monkeypatch.setattr(torch.Tensor, name, lambda self, real=real, name=name: (read.append(name), real(self))[1])
    few, many = [], []
    for steps, counted in ((2, few), (200, many)):
        read.clear()
        fit(net, ROWS, steps, generator=generator)
        counted.extend(read)
    assert len(few) == len(many)


def test_a_log_of_no_steps_is_refused():
    with pytest.raises(ValueError, match="log_every is 0; it must be at least 1"):
        fit(fresh()[0], ROWS, 1, log_every=0)


# --- checkpoints ---


@pytest.mark.parametrize("stop", [1, 6, 7, 8, 20])  # an epoch is 7 steps
def test_a_run_that_goes_on_gives_the_numbers_of_one_that_never_stopped(stop, tmp_path):
    path = tmp_path / "deep" / "run.safetensors"
    trained(stop, checkpoint=path)
    net, generator = fresh(seed=99)  # what it starts from does not count
    history = fit(net, ROWS, 30, batch_size=11, log_every=3, generator=generator, checkpoint=path)
    assert_same((net, generator, history), trained(30))
    assert os.listdir(path.parent) == [path.name]


def test_a_checkpoint_changes_nothing_and_a_run_that_is_over_stays_as_it_is(tmp_path):
    path = tmp_path / "run"
    assert_same(trained(10, checkpoint=path), trained(10))
    assert_same(trained(10, checkpoint=path), trained(10))
    assert_same(trained(4, checkpoint=str(path)), trained(10))


def test_the_noise_of_the_global_generator_goes_on_too(tmp_path):
    def run(steps, path=None):
        net, _ = fresh()
        return net, torch.default_generator, fit(net, ROWS, steps, batch_size=11, checkpoint=path)

    run(9, tmp_path / "run")
    on = run(20, tmp_path / "run")
    weights, drawn = {name: value.clone() for name, value in on[0].state_dict().items()}, torch.rand(1)
    straight = run(20)
    assert torch.equal(drawn, torch.rand(1)) and on[2] == straight[2]
    assert all(torch.equal(weights[name], value) for name, value in straight[0].state_dict().items())


def test_a_checkpoint_is_written_on_the_way_so_that_a_killed_run_loses_little(tmp_path, monkeypatch):
    monkeypatch.setattr(training, "SAVE_SECONDS", -1)
    path, steps = tmp_path / "run", []
    net, generator = fresh()
    given = training._negative_elbo_of(net, ROWS)

    def loss(x, generator):
        steps.append(x)
        if len(steps) == 12:
            raise MemoryError
        return given(x, generator)

    with pytest.raises(MemoryError):
        fit(net, ROWS, 30, loss=loss, batch_size=11, log_every=3, generator=generator, checkpoint=path)
    assert_same(trained(30, checkpoint=path), trained(30))


def garbage(held):
    return b"not a checkpoint at all"


def empty(held):
    return b""


def cut(held):
    return held[: len(held) // 2]


def flipped(held):
    return held[:-5] + bytes([held[-5] ^ 1]) + held[-4:]


def renamed(held):
    return held.replace(b"model/encode.weight", b"model/encodd.weight")


@pytest.mark.parametrize("damage", [garbage, empty, cut, flipped, renamed])
def test_a_damaged_checkpoint_is_refused_in_one_sentence_and_left_alone(damage, tmp_path):
    path = tmp_path / "run"
    trained(5, checkpoint=path)
    damaged = damage(path.read_bytes())
    path.write_bytes(damaged)
    with pytest.raises(CourseError, match=r"run.*; delete it to train from the start\.$") as refused:
        trained(10, checkpoint=path)
    assert "\n" not in str(refused.value)
    assert path.read_bytes() == damaged


def test_a_checkpoint_that_cannot_be_written_is_named(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(CourseError, match=r"The checkpoint .*run cannot be written \(.*\); name a file in a folder of yours\."):
        trained(3, checkpoint=tmp_path / "file" / "run")


def test_a_folder_is_no_checkpoint(tmp_path):
    with pytest.raises(CourseError, match="is not a checkpoint that can be read"):
        trained(3, checkpoint=tmp_path)


def test_the_checkpoint_of_another_run_is_refused(tmp_path):
    path = tmp_path / "run"
    trained(5, checkpoint=path)
    with pytest.raises(CourseError, match="of a model with other parameters"):
        fit(nn.Linear(6, 6), ROWS, 10, loss=lambda x, _: x.sum(), batch_size=11, log_every=3, checkpoint=path)
    for change in ({"batch_size": 9}, {"lr": 0.1}, {"log_every": 2}, {"eps": 1e-4}):
        with pytest.raises(CourseError, match="is of 70 rows, batch_size 11, log_every 3, lr 0.001, eps 1e-08; train with these"):
            fit(fresh()[0], ROWS, 10, **{"batch_size": 11, "log_every": 3, **change}, checkpoint=path)
    with pytest.raises(CourseError, match="is of 70 rows"):
        fit(fresh()[0], ROWS[:40], 10, batch_size=11, log_every=3, checkpoint=path)


# --- the step's size ---


def test_a_learning_rate_may_follow_the_step():
    """Adam's first steps on a constant slope are as long as the learning rate."""
    model, places = nn.ParameterList([nn.Parameter(torch.zeros(1))]), []

    def loss(x, generator):
        places.append(model[0].item())
        return model[0].sum()

    fit(model, ROWS, 4, loss=loss, lr=lambda step: 0.1 * (step + 1))
    assert [round(a - b, 4) for a, b in zip(places, places[1:])] == [0.1, 0.2, 0.3]
    assert_same(trained(9, lr=lambda step: 1e-3), trained(9))


def test_a_large_eps_makes_steps_shorter():
    model, loss = weight_loss([])
    fit(model, torch.ones(10, 1), 1, loss=loss, batch_size=10, lr=0.1, eps=1.0)
    assert model[0].item() == pytest.approx(-0.05)  # slope 1, so 0.1 / (1 + 1)


# --- Ctrl-C ---


def interrupting(net, at, how):
    """The VAE's loss, which at its call number `at` is interrupted."""
    given, calls = training._negative_elbo_of(net, ROWS), []

    def loss(x, generator):
        terms = given(x, generator)
        calls.append(x)
        if len(calls) == at:
            how()
        return terms

    return loss


def by_exception():
    raise KeyboardInterrupt


def by_signal():
    signal.raise_signal(signal.SIGINT)


@pytest.mark.parametrize("at", [1, 8, 11])
@pytest.mark.parametrize("how", [by_exception, by_signal])
def test_ctrl_c_keeps_what_was_trained_and_the_run_goes_on_as_if_it_had_not_been_there(how, at, tmp_path, capsys):
    path = tmp_path / "run"
    net, generator = fresh()
    history = fit(
        net, ROWS, 30, loss=interrupting(net, at, how), batch_size=11, log_every=3, generator=generator, checkpoint=path,
    )
    done = at if how is by_signal else at - 1  # a signal waits for the end of the step
    assert_same((net, generator, history), trained(done))
    assert f"Stopped after {done} of 30 steps; what was trained is kept." in capsys.readouterr().out
    assert_same(trained(30, checkpoint=path), trained(30))


def test_a_second_ctrl_c_does_not_wait_for_a_step_that_hangs(capsys):
    net, generator = fresh()

    def how():
        by_signal()
        by_signal()

    history = fit(net, ROWS, 30, loss=interrupting(net, 5, how), batch_size=11, log_every=3, generator=generator)
    assert_same((net, generator, history), trained(4))


def test_ctrl_c_is_given_back(monkeypatch):
    before = signal.getsignal(signal.SIGINT)
    trained(2)
    with pytest.raises(ZeroDivisionError):
        trained(2, loss=lambda x, generator: 1 / 0)
    assert signal.getsignal(signal.SIGINT) is before


def test_it_trains_in_a_thread_where_signals_cannot_be_asked_for():
    results = []
    thread = threading.Thread(target=lambda: results.append(trained(5)))
    thread.start()
    thread.join()
    assert_same(results[0], trained(5))


# --- the bar ---

BAR = """
    import torch
    from torch import nn
    from vae_course.models.training import fit
    line = nn.Linear(1, 1)
    fit(line, torch.zeros(4, 1), 3, loss=lambda x, generator: line(x).mean(), batch_size=2)
"""


@pytest.mark.parametrize("silent", [True, False])
def test_a_bar_shows_progress_and_builds_and_tests_have_none(silent):
    environment = {name: value for name, value in os.environ.items() if name != "TQDM_DISABLE"}
    if silent:
        environment["TQDM_DISABLE"] = "1"
    environment["PYTHONPATH"] = str(REPOSITORY)
    done = subprocess.run([sys.executable, "-c", textwrap.dedent(BAR)], capture_output=True, text=True, env=environment, timeout=60)
    assert done.returncode == 0 and done.stdout == ""
    assert (done.stderr == "") if silent else ("3/3" in done.stderr), done.stderr


def test_a_build_runs_without_bars(tmp_path, monkeypatch):
    import nbformat

    from vae_course import course
    from vae_course.author.build import _execute

    monkeypatch.delenv("TQDM_DISABLE", raising=False)
    monkeypatch.setenv("VAE_COURSE_SOLUTIONS", str(tmp_path))
    (tmp_path / course.STAGES[0].id).mkdir()
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("import os; print(os.environ['TQDM_DISABLE'])")])
    _execute(notebook, course.STAGES[0])
    assert notebook.cells[0].outputs[0].text == "1\n"
    assert "TQDM_DISABLE" not in os.environ
