"""What must hold in stage 07."""

from vae_course.checks.judges.zoo import told_apart
from vae_course.checks.judging import part

# --- bug zoo ---


PROGRAMS = {
    "plain": "takes the log of the mean weight, and minus that as its loss",
    "relative": "writes its weights out as shares of the largest", "in_double": "adds in double precision",
    "image_by_image": "takes a few images at a time",
    "one_after_the_other": "adds one sample after the other, and reports a number without a gradient",
    "shares": "minimises minus the log-weights, each by its share, with the shares held fixed",
    "mean_of_logs": "takes the mean of the log-weights, which is the ELBO",
    "shares_in_the_graph": "weighs the log-weights by their shares, and lets the gradient pass through the shares",
    "worst_first": "gives the largest share to the worst sample",
    "shares_over_images": "shares out its weights over the images, not over the samples",
    "equal_shares": "reports the bound and trains on the ELBO", "winner": "trains on the best sample alone",
    "uphill": "minimises the bound itself",
    "written_out": "trains by weights that it writes out, which a computer rounds to 0 or infinity",
    "shares_reported": "reports the log-weights averaged by their shares",
    "sum_of_weights": "forgets log K in its report",
    "log_added": "adds log K in its report, in place of subtracting it",
    "log_of_the_images": "subtracts the log of the number of images in place of samples",
    "over_images": "averages its weights over the images and the logs over the samples",
    "one_mean": "takes one mean over samples and images before the log", "best": "reports its best sample",
    "negated": "reports minus the bound as the bound", "total": "adds the bounds of its images in place of averaging",
    "overflowing": "reports from weights that it writes out, which a computer rounds to 0 or infinity",
}


def _soundness(name, *cases):
    @part("bound_is_sound", name, cases=cases)
    def body(trial):
        told_apart(
            trial, PROGRAMS, "bound and loss",
            "How a program adds is its own affair, and so are its last digits and the value of its loss.",
            "Your inputs are drawn, and for some of them a right number differs from yours by more than you allow.",
        )

    return body


test_bound_value = _soundness(
    "value", "plain", "relative", "in_double", "image_by_image", "one_after_the_other", "shares", "mean_of_logs",
    "sum_of_weights", "over_images",
)
test_bound_weights = _soundness(
    "weights", "shares_in_the_graph", "worst_first", "shares_over_images", "equal_shares", "winner", "uphill",
    "written_out",
)
test_bound_report = _soundness(
    "report", "shares_reported", "log_added", "log_of_the_images", "one_mean", "best", "negated", "total",
    "overflowing",
)
