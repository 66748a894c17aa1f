"""Submissions that cheat, spy or do harm, by theme, and what each of them deserves.

    suite       what an attack is, and the world that it is let loose in, with its canaries
    verdicts    changes what decides the mark
    objects     returns something that pretends to be an answer
    notebooks   changes the notebook or the files around it
    spying      looks for answers, marks and secrets
    harm        hurts the machine, the batch or the others
    elsewhere   attacks on other layers, and those that are open, with the tests that make them
    pages       what would run in a page of feedback
    stock       the same submissions in nbgrader as it comes
    table       the README's table

A row of the table of attacks is named by its number, one of our own by a word.
"""

from attacks import harm, notebooks, objects, spying, verdicts  # noqa: F401
from attacks.suite import ATTACKS, Attack, Hand, World

__all__ = ["ATTACKS", "Attack", "Hand", "World"]
