"""One file a stage: what must hold of the evidence, part by part."""
