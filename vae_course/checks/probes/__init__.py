"""One module a stage: for each exercise a function of its name, `probe(ns, case) -> evidence`."""
