# %% [markdown] card="00_start_here"
# A course that checks your code while you write it asks for one habit: reading what a check says. This page lets
# you practise the habit on a mistake so small that nobody is proud of it, and that everybody makes.
#
# After it you can
#
# - run a cell and read the three outcomes of a check: right, not right yet, not judged;
# - tell a shape error that Python reports from one that it hides;
# - take a hint, record a prediction, practise, and open a gate;
# - say where your points come from, and what is not needed to take this course.

# %% [markdown]
# ## Set up
#
# One cell at the top of every stage loads what the stage needs and fixes the random numbers, so that you see the
# numbers that the text talks about. Click into it and press Shift+Enter.

# %% tags=["setup"]
import torch

from vae_course.learn import check, gate, hint, practice, predict, ready, reveal

torch.manual_seed(0)
print("torch", torch.__version__)

# %% [markdown]
# The first line of output names the version of PyTorch. If you see an error in red instead, close Jupyter and run
# `vae-course doctor` in the terminal: it says what is missing and how to get it.
#
# ## The lucky error
#
# Here is a table with three rows and two columns. We want to raise row 0 by 10, row 1 by 20 and row 2 by 30.

# %%
table = torch.tensor([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]])  # (3, 2)
by = torch.tensor([10.0, 20.0, 30.0])  # (3,)
try:
    table + by
except RuntimeError as error:
    print(error)

# %% [markdown]
# PyTorch lines shapes up from the right. It puts the 3 of `by` against the 2 of `table`, finds that they differ, and
# refuses. That is the lucky case: the program stopped where the mistake was.
#
# ## The unlucky one
#
# Now give the table a third column. Before you run the line, say what you expect. The course keeps your predictions, with how sure
# you were, so that you can see later when to trust yourself. Type the number of your choice, Tab, your confidence, Enter.

# %% tags=["nbval-ignore-output"]
predict("square_table")

# %% [markdown]
# Recorded? Then run on.

# %%
square = torch.tensor([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0], [7.0, 8.0, 9.0]])  # (3, 3)
print(square + by)

# %% [markdown]
# What did you say, and what happened? `reveal` puts the two side by side.

# %% tags=["nbval-ignore-output"]
reveal("square_table")

# %% [markdown]
# No error, the right shape, and wrong. Row 0 should have gone up by 10 everywhere; instead every *column* got its own
# amount. A batch of 64 pictures with 64 latent numbers hides the same mistake in a training run that simply learns badly.
#
# ## What a check says
#
# Let us hand this line to the check of the exercise below, and fail on purpose.

# %%
def first_try(x, by):
    return x + by


check("shift", first_try)

# %% [markdown]
# Read it in this order.
#
# 1. **The sentence** says which mistake your answer *is*, when it is one that we know, and otherwise which property broke.
# 2. **The evidence**: the line of yours that stopped or, when numbers help, one of yours beside the one expected.
# 3. **The question** is the one to ask yourself. It never contains the answer.
#
# There are three outcomes, each with a sign of its own: ✓ right, ✗ not right yet, ○ not judged because nothing is
# written. *"Will a failed attempt count against me?"* No. A check may be run as often as you like, and only the
# notebook that you hand in is marked. A failed check is information, and it is cheaper now than in stage 05.

# %% [markdown] card="shift"
# Write `shift(x, by)`: add `by[i]` to every entry of row `i`.
#
# - `x` is a table of shape (B, D), `by` has one number a row, shape (B,).
# - Return a table of shape (B, D).
#
# For example, `[[1, 2], [3, 4], [5, 6]]` shifted by `[10, 20, 30]` is `[[11, 12], [23, 24], [35, 36]]`.
#
# Run the check once before you write anything, to see the third outcome. Then replace the line that raises. When you are stuck,
# `hint("shift")` in a cell of your own gives a rung of a ladder, and each further call the next one. No rung is the answer.

# %% answer="shift"
def shift(x: torch.Tensor, by: torch.Tensor) -> torch.Tensor:
    """Add by[i] to row i of x. x: (B, D), by: (B,). Returns (B, D)."""
    ### BEGIN SOLUTION
    return x + by[:, None]  # (B, D) + (B, 1)
    ### END SOLUTION


# %% check="shift"
check("shift")

# %% [markdown]
# Here is the first rung of the ladder, so that you have seen one.

# %%
hint("shift")

# %% [markdown]
# The hint asks you to look, and says nothing about what to write.
#
# ## Where points come from
#
# Each exercise says what it is worth. When an instructor marks your notebook, the same check runs on fresh inputs, so an
# answer that was fitted to the visible ones earns nothing, and a right answer in a style of your own loses nothing. The last cell of an exercise is
# locked: it is the check, and the mark is read from it. `vae-course check`
# reads the saved file: of your other cells it runs only imports, functions, classes and constants.
#
# ## The engine of the course, as a prediction
#
# One more prediction, because everything later runs on it.

# %% tags=["nbval-ignore-output"]
predict("log_of_a_mean")

# %% [markdown]
# And the numbers themselves:

# %%
numbers = torch.tensor([1.0, 100.0])
print(f"log of the mean  {numbers.mean().log():.3f} nats")
print(f"mean of the logs {numbers.log().mean():.3f} nats")

# %% tags=["nbval-ignore-output"]
reveal("log_of_a_mean")

# %% [markdown]
# The gap between the two is what stage 02 is about.
#
# ## Are you ready?
#
# Eight questions on what the course takes for granted. There is no mark and nothing is locked. A miss opens a refresher of a
# few lines.

# %% tags=["nbval-ignore-output"]
ready()

# %% [markdown]
# ## The signs, said once
#
# Half of the bugs in this field are a sign, so we fix them now, for good. All numbers are in nats, the unit of natural logarithms,
# for one data point. Here that is mostly a picture, also called an image: hence nats/image.
#
# | larger is better | smaller is better |
# | --- | --- |
# | log p(x), a log-likelihood | `recon`, which is minus a log-likelihood |
# | `elbo`, the bound | `loss`, which is minus the bound |
# | | `kl`, `rate`, `distortion`, an anomaly score |
#
# `sigma` is always a standard deviation and `logvar` always the log of its square. `B` counts data points, `D` the
# numbers in one data point, `Z` the numbers in its code, and `K` the samples drawn for it.
#
# ## What you need, and what you do not
#
# You need Python functions, arrays, averages, and the idea that a derivative says which way is up. You do **not**
# need measure theory, a graphics card, or an internet connection.
#
# ## Practice
#
# Understanding fades unless it is used. `practice` asks short questions with fresh numbers each time. You type a number, or
# arithmetic such as `0.5*log(2)`; a slip that we know is named, and you may try once more. `practice()` without a number asks what is due again.

# %% tags=["nbval-ignore-output"]
practice("00")

# %% [markdown]
# ## The gate
#
# Each stage ends at a gate. It opens when every check passes in the notebook **as saved** and four of five fresh questions are right. A gate
# that stays closed says what is missing and how long that should take. Save with Ctrl+S, then run this cell.

# %% tags=["nbval-ignore-output"]
gate("00")

# %% [markdown]
# ## What you can do now
#
# You have seen one error that announced itself and one that did not, failed a check on purpose, and passed it. In a terminal,
# `vae-course check 00` runs the same check on the saved file, which is what gets marked, and `vae-course status` shows where you stand.
# Next comes the first quantity of the course that we want and cannot compute: how likely a picture is.
