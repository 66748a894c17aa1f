"""Wrong answers to stage 00, each with the sentence that names it and a question that leads out of it."""

from vae_course.checks.bank import wrong


@wrong(
    "shift",
    "You add `by` along the columns: PyTorch lines shapes up from the right, so a square table is shifted the wrong "
    "way without an error, and most other tables are refused.",
    "Which shape would `by` need, so that its numbers stand one under the other?",
)
def adds_to_columns(x, by):
    return x + by


@wrong("shift", alias_of="adds_to_columns")
def adds_to_columns_by_a_row_axis(x, by):
    return x + by[None, :]


@wrong(
    "shift",
    "You move the rows down where they should go up: `by` is taken away, not added.",
    "For by[0] = 10, should row 0 grow or shrink?",
)
def subtracts(x, by):
    return x - by[:, None]


@wrong(
    "shift",
    "You multiply each row by its number; a shift adds it.",
    "What should happen to a row of zeros?",
)
def scales(x, by):
    return x * by[:, None]


@wrong(
    "shift",
    "You return x as it came: `by` never reaches the result.",
    "Is what you computed the thing that you return?",
)
def forgets_by(x, by):
    x.add(by[:, None])
    return x


@wrong(
    "shift",
    "Every row moves by the same amount, the sum of all of `by`.",
    "When only by[0] changes, which rows should move?",
)
def adds_the_sum(x, by):
    return x + by.sum()


@wrong(
    "shift",
    "Every row moves by the same amount, the mean of `by`.",
    "When only by[0] changes, which rows should move?",
)
def adds_the_mean(x, by):
    return x + by.mean()


@wrong(
    "shift",
    "Only the first column moves; every entry of a row should.",
    "How many entries of row 0 should have grown by by[0]?",
)
def first_column_only(x, by):
    out = x.clone()
    out[:, 0] += by
    return out


@wrong(
    "shift",
    "Every row moves by by[0]; each row has a number of its own.",
    "Which index of `by` belongs to row 2?",
)
def first_amount_for_all(x, by):
    return x + by[0]


@wrong(
    "shift",
    "The numbers are right but the table lies on its side: rows and columns are swapped.",
    "Which axis is the batch, before and after?",
)
def transposed(x, by):
    return x.T + by


@wrong(
    "shift",
    "You return only the amounts, spread over the table; what they are added to is gone.",
    "For by = 0, what should come back?",
)
def only_the_amounts(x, by):
    return by[:, None].expand_as(x)
