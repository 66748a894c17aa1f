# %% [markdown] card="06_beta_vae"
# A skeleton.

# %% tags=["setup"]
import torch

from vae_course.learn import check, predict, reveal
from vae_course.models.clinic import CAUSES, TREATMENTS, beside, dashboard, patient, treat

torch.set_num_threads(1)

# %% [markdown]
# ## The clinic
#
# Five VAEs of digits lie in the ward, A to E. All have the same networks with 8 codes, the same pictures, and as many steps of training; each was trained by a program of its own. Four of the programs have a fault, of the kind that raises no error. One
# is sound, and its pictures are only soft. You have the same instruments as a doctor who is called to a stranger's model: the numbers on unseen pictures, always at β = 1.

# %%
beside(*(dashboard(patient(letter)) for letter in "ABCDE"))

# %% [markdown]
# Find the healthy one first: four patients can only be ill by comparison. Ask of each of the others what it has too much or too little of: nats, active units, or width of its codes. Two patients will look the same to you at this point, and that is no lack of
# attention.

# %% [markdown]
# These are the causes to choose from. More are listed than there are patients.

# %%
CAUSES

# %% [markdown]
# A last instrument costs a backward pass: how strongly recon pulls at what the encoder gives, at its mean and at its log-variance, along the way by which this patient's own program draws its sample. A small number and an exact 0 are different findings.

# %%
beside(*(dashboard(patient(letter), gradient=True) for letter in "ABCDE"))

# %% [markdown] card="clinic_diagnoses"
# Put down what each patient suffers from: `clinic_diagnoses()` returns a dictionary with the five letters as keys, and for each a cause, one of the words of `CAUSES`, such as `"no KL"`.
#
# - Every cause is used at most once; three are not needed.
# - A good diagnosis explains every number of the column, not only the one that strikes the eye. For each cause, ask what it would do to the KL, to the active units, to the spread of the codes and to the gradient; then look for the patient that has all of it.
# - The patient that is well comes first: the points for the others, a fifth each, count once it is found.
#
# An example, of a patient F that is not in this ward: KL 298, spread 6.5, recon 8.4. The codes are described without regard to cost, and lie far outside the prior: `"no KL"`.

# %% answer="clinic_diagnoses"
def clinic_diagnoses() -> dict[str, str]:
    """What each patient suffers from. Returns {"A": a cause, ..., "E": a cause}, words of CAUSES."""
    ### BEGIN SOLUTION
    return {
        "A": "low beta",  # spread 1.64: codes outside the prior, and more nats than their worth
        "B": "cut path",  # nothing bought, and a gradient of exactly 0
        "C": "sound",  # the best ELBO, and codes as wide as the prior
        "D": "mean over pixels",  # nothing bought, and a gradient that is small
        "E": "cut sigma",  # used codes, and a gradient of exactly 0 at the log-variance alone
    }
    ### END SOLUTION


# %% check="clinic_diagnoses"
check("clinic_diagnoses")

# %% [markdown]
# A treatment changes one thing in a patient's program, and trains it again from the start. Some of these are good answers to other illnesses.

# %%
TREATMENTS

# %% [markdown]
# A doctor says beforehand what a treatment will do. One that is often recommended, on the patient for whom it is often recommended:

# %% tags=["nbval-ignore-output"]
predict("a_warm_up_for_d")

# %% [markdown]
# The treated patient stands beside the untreated one, and both beside the healthy one.

# %%
beside(*(dashboard(seen) for seen in (patient("D"), treat("D", "warm up"), patient("C"))))

# %% tags=["nbval-ignore-output"]
reveal("a_warm_up_for_d")

# %% [markdown]
# The warm-up did its work and the price came back. Now it is your turn. Put a letter and a treatment of your own into the next cell, and write down the KL and the ELBO that you expect before you run it. If the numbers are others, then the diagnosis
# or the choice was wrong, and you know it before anybody was harmed.

# %%
letter, treatment = "B", "larger decoder"
beside(*(dashboard(seen) for seen in (patient(letter), treat(letter, treatment))))

# %% [markdown]
# A treatment works when it brings a patient to the numbers of the healthy one. A few nats of KL are no cure by themselves, since some treatments pay for nats that nobody wanted.

# %% [markdown] card="clinic_treatments"
# Put down the one treatment that makes each patient well: `clinic_treatments()` returns a dictionary with the five letters as keys, and for each one of the words of `TREATMENTS`.
#
# - A treatment may be used for more than one patient, and more treatments are listed than needed.
# - The aim is an ELBO within half a nat of the healthy patient's, with the fault gone and not covered by a second one. For the healthy patient the aim is not to be harmed.
# - Choose, predict, and verify with `treat(letter, treatment)` and `dashboard` in the cell above; each run takes about two seconds.
# - The healthy patient comes first again: the points for the others, a fifth each, count once its treatment is right.
#
# For example, the larger decoder leaves patient B at a recon of 25.35 and a KL of 0.000, so that is not what makes B well.

# %% answer="clinic_treatments"
def clinic_treatments() -> dict[str, str]:
    """What makes each patient well. Returns {"A": a treatment, ..., "E": a treatment}, words of TREATMENTS."""
    ### BEGIN SOLUTION
    return {
        "A": "raise beta",
        "B": "keep path",
        "C": "accept",
        "D": "sum over pixels",
        "E": "keep path",
    }
    ### END SOLUTION


# %% check="clinic_treatments"
check("clinic_treatments")
