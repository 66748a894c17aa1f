"""An instructor in the formgrader: autograde, mark an answer in words by its scheme, feedback; a hostile answer runs no script."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request

import pytest
from browsing import chromium, shot
from desk import QUESTION, STAGE, Desk
from playwright.sync_api import expect
from support import REPOSITORY

HOSTILE = (
    'Because of Bayes. <script>window.hacked = 1</script><img src="x" onerror="window.hacked = 2"> '
    "[here](javascript:window.hacked=3) <svg onload=window.hacked=4></svg>"
)
SENTENCE = "What you return is exactly twice the KL: the factor 1/2 in front of the bracket is gone."


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """A desk with one submission, and Jupyter's server on it; its address."""
    if shutil.which("bwrap") is None:
        pytest.skip("bubblewrap is not installed")
    desk = Desk(tmp_path_factory.mktemp("desk"))
    desk.release()
    told = desk.answered(gaussian_kl="(mu**2 + logvar.exp() - logvar - 1).sum(-1)")
    cell = next(c for c in told["cells"] if c["metadata"].get("nbgrader", {}).get("grade_id") == QUESTION)
    cell["source"] = HOSTILE
    folder = desk.submitted / "ada" / STAGE
    folder.mkdir(parents=True)
    (folder / f"{STAGE}.ipynb").write_text(json.dumps(told), encoding="utf-8")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environment = {**os.environ, "HOME": str(desk.folder), "PYTHONPATH": str(REPOSITORY)}
    options = [f"--port={port}", "--no-browser", "--IdentityProvider.token=", "--ServerApp.password=", "--allow-root"]
    process = subprocess.Popen(
        [sys.executable, "-m", "jupyter", "server", *options], cwd=desk.folder, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    address = f"http://127.0.0.1:{port}/formgrader"
    for _ in range(120):
        try:
            urllib.request.urlopen(address, timeout=5)
            break
        except (urllib.error.URLError, ConnectionError):
            assert process.poll() is None
            time.sleep(0.5)
    yield address, desk
    process.send_signal(signal.SIGTERM)
    process.wait(30)


@pytest.fixture(scope="module")
def page(server):
    with chromium() as browser:
        yield browser.new_page(viewport={"width": 1280, "height": 1000})


def test_a_submission_is_autograded_by_a_click(server, page):
    address, desk = server
    page.goto(f"{address}/manage_submissions/{STAGE}")
    row = page.locator("#main-table tr")
    expect(row).to_contain_text("needs autograding", timeout=30_000)
    row.locator("td.autograde a").click()
    expect(page.locator(".modal")).to_contain_text("Successfully autograded", timeout=120_000)
    shot(page, "formgrader: autograded")
    assert desk.marks("ada")["gaussian_kl"] == 0 and desk.marks("ada")["std_from_logvar"] == 1


def test_an_answer_in_words_is_marked_by_its_scheme(server, page):
    address, desk = server
    page.goto(f"{address}/gradebook/{STAGE}/{STAGE}")
    page.locator("#main-table a").first.click()
    shown = page.locator("body")
    expect(shown).to_contain_text("Mark scheme, 4 points.", timeout=30_000)
    expect(shown).to_contain_text(SENTENCE)
    page.locator(f"#{QUESTION}").fill("3")
    page.locator(f"#{QUESTION}-comment").fill("The roles of q and p are the right way round.")
    page.keyboard.press("Tab")
    for _ in range(40):  # the page saves by itself
        page.wait_for_timeout(250)
        if QUESTION not in desk.waiting("ada"):
            break
    shot(page, "formgrader: marking")
    assert page.evaluate("window.hacked") is None
    assert QUESTION not in desk.waiting("ada")


def test_the_feedback_has_the_sentences_the_comment_and_nothing_hidden(server, page):
    address, desk = server
    page.goto(f"{address}/manage_submissions/{STAGE}")
    page.locator("#main-table td.generate-feedback a").click()
    expect(page.locator(".modal")).to_contain_text("Successfully generated feedback", timeout=120_000)
    place = desk.folder / "grading" / "feedback" / "ada" / STAGE / f"{STAGE}.html"
    page.goto(place.as_uri())
    shown = page.locator("body")
    expect(shown).to_contain_text(SENTENCE)
    expect(shown).to_contain_text("The roles of q and p are the right way round.")
    expect(shown).to_contain_text("Because of Bayes.")
    shot(page, "feedback")
    assert page.evaluate("window.hacked") is None
    text = place.read_text(encoding="utf-8")
    for forbidden in ("onerror=", "javascript:window", "<script>window", "hidden_cases", "VAE_COURSE_SEED", str(desk.folder)):
        assert forbidden not in text, forbidden
