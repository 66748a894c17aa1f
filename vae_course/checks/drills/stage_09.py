"""Drills of stage 09."""

MISTAKES = {}
