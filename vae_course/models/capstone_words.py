"""The words of the capstone: the parts of the script, and what may be wrong with one."""

from __future__ import annotations

from vae_course.models.clinic_words import Words

PARTS = ("A", "B", "C", "D", "E", "F", "G", "H", "I", "J")

FAULTS = Words({
    "cut path": "the sample, or what it is made of, is cut from the graph",
    "latent mean": "the KL is averaged over the latents and not added up",
    "log K missing": "the weights of the samples are added up and not averaged",
    "mean of logs": "the logarithm is taken of each weight by itself, and then comes the mean",
    "over the latents": "a variance is taken over the latents of a picture and not over the pictures",
    "part price": "a result is stated with the KL at the price of a warm-up and not at its full price",
    "pixel mean": "recon is averaged over the pixels and not added up",
    "shared noise": "the rows of a batch get the same noise",
    "shared photographs": "files of the same photograph are on both sides of a split",
    "sound": "nothing is wrong with this part",
    "twice squashed": "probabilities are given where logits are expected",
    "variance for sigma": "the spread of a sample is made from logvar as if it were the logarithm of sigma",
    "warm-up too long": "the weight of the KL is far below 1 when training ends",
    "weights left out": "a part of the model is not trained",
})
