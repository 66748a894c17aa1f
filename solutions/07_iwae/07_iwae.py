# %% [markdown] card="07_iwae"
# A skeleton: only the bug zoo.

# %% tags=["setup"]
import math

import torch

from vae_course.learn import check
from vae_course.models.bug_zoo_iwae import ZOO, Program
from vae_course.models.toolbox.stage_07 import iwae_bound

torch.manual_seed(0)
torch.set_num_threads(1)

# %% [markdown]
# ## Bug zoo II: two numbers, two jobs
#
# A program that trains on many samples does two things with its log-weights. It *reports* a number, which people read and compare, and it *minimises* a number, which nobody has to read: only its
# gradient matters. The two need not have the same value. A public library reports the wrong one of them, and it flatters its models; another one gives the largest share to the worst sample.
#
# A `program` here is an object with these two functions, `program.bound(log_w)` and `program.loss(log_w)`. Both take log-weights of shape (K, B) and return a tensor without axes. Here is what the three programs of this zoo
# say about the two images of the worked example, whose bounds are -2.6910 and -5.5940:

# %%
log_w = torch.tensor([[-2.0, -5.0], [-4.0, -5.5], [-3.0, -8.0]])
for name, suspect in ZOO.items():
    report, loss = float(suspect.bound(log_w)), float(suspect.loss(log_w))
    print(f"the {name} program reports {report:.4f} and minimises {loss:.4f}")

# %% [markdown]
# The right report is -4.1425. The first program has it and minimises something else than minus this number; the other two are of one piece. Which of them is at fault? From two numbers you cannot say.
#
# ### Half a test
#
# What trains is the gradient of the loss. How much it falls when a single log-weight grows is a number for every sample, and automatic differentiation gives all of them at once. The slopes of a sound loss are known: minus the share of a sample in the
# weight of its image, divided by the number of images. So the slopes of an image add up to -1/B:

# %%
def slopes_of_an_image_add_up(program: Program) -> bool:
    """Whether the slopes of each image add up to minus one over the number of images."""
    log_w = torch.randn(6, 4, requires_grad=True)
    loss = program.loss(log_w)
    (slope,) = torch.autograd.grad(loss, log_w)  # (6, 4)
    return torch.allclose(slope.sum(dim=0), torch.tensor(-1 / 4), atol=1e-5)


for name, suspect in ZOO.items():
    print(f"the {name} program passes: {slopes_of_an_image_add_up(suspect)}")

# %% [markdown]
# All pass, and that is why this is half a test: it asks whether one whole is shared out, not who gets what.

# %% [markdown] card="bound_is_sound"
# Finish `bound_is_sound(program)`: True when a program, which takes log-weights of shape (K, B), reports the IWAE bound and its loss trains on it; otherwise False.
#
# - `program.bound(log_w)` is sound when it is the log of the mean weight of each image, averaged over images, in nats/image. `program.loss(log_w)` is sound when its gradient with respect to `log_w`, as automatic differentiation gives it, is that of minus this bound; its
#   value is its own affair. `log_w` (K, B) holds finite numbers and is yours to choose.
# - `ask`, which is written already, gives both: the report, and the slope of the loss for every log-weight. You may change it.
# - A sound program may add in any order and in any precision, and its report may be a number without a gradient. Log-weights of pictures are far from 0, -900 or so; a sound program gives no infinities there, but in single precision its report is then right to about 0.0001, and a share to 1 in 10,000. Allow for ten times that.
# - Value is for passing six sound programs, one of them with a loss that is not minus its report, and for rejecting three broken ones. The other parts are for seven wrong losses and eight wrong reports. You may call your own `iwae_bound`.
#
# For example, a program that reports -3 for the log-weights -2, -4, -3 of one image is broken: it took the mean of the logs, and -2.6910 is right.

# %% answer="bound_is_sound"
def bound_is_sound(program: Program) -> bool:
    """Whether program.bound is the IWAE bound, in nats/image, and program.loss trains on it."""

    def ask(log_w: torch.Tensor) -> tuple[float, torch.Tensor]:
        log_w = log_w.clone().requires_grad_()
        loss = program.loss(log_w)
        (slope,) = torch.autograd.grad(loss, log_w)  # (K, B)
        return float(program.bound(log_w.detach())), slope  # nats/image, and a slope a weight

    ### BEGIN SOLUTION
    for far in (0.0, -900.0, 900.0):  # a weight of e^900, written out, is infinite
        log_w = far + 2 * torch.randn(11, 5)
        report, slope = ask(log_w)
        right = float(iwae_bound(log_w).mean())
        if not math.isclose(report, right, rel_tol=1e-5, abs_tol=1e-3):
            return False
        if not torch.allclose(slope, -log_w.softmax(dim=0) / 5, rtol=1e-3, atol=1e-4):
            return False
    return True
    ### END SOLUTION


# %% check="bound_is_sound"
check("bound_is_sound")

# %%
for name, suspect in ZOO.items():
    print(f"the {name} program is sound: {bound_is_sound(suspect)}")

# %% [markdown]
# Here is what they were. The first reports honestly and gives the largest share to the worst sample: somebody took the softmax of a loss where a log-weight belongs. The second has the right gradient, and reports the loss that has it: the log-weights averaged by their shares, never below the bound. The third takes the mean of the logs, and is the VAE of stage 05
# with more samples a step.
