"""Hints and predictions of stage 09."""

HINTS = {}
PREDICTIONS = {}
