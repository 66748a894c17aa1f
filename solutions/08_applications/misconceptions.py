"""Wrong answers to stage 08, each with the sentence that names it and a question that leads out of it."""

import math

import torch
from torch import nn
from torch.distributions import Normal, kl_divergence
from torch.nn import functional as F

from vae_course.checks.bank import wrong


def std(logvar):
    return torch.exp(0.5 * logvar)


def density(z, mu, logvar):
    return Normal(mu, std(logvar)).log_prob(z).sum(-1)


def joined(z, y):
    """Code and label side by side, their leading axes broadcast."""
    lead = torch.broadcast_shapes(z.shape[:-1], y.shape[:-1])
    return torch.cat([z.expand(*lead, -1), y.expand(*lead, -1)], dim=-1)


# --- ConditionalVAE ---


class Machine(nn.Module):
    """The shape of a right ConditionalVAE, to be spoiled."""

    def __init__(self, x_dim, y_dim, z_dim):
        super().__init__()
        self.x_dim, self.y_dim, self.z_dim = x_dim, y_dim, z_dim
        self.encoder = self.net(x_dim + y_dim, 2 * z_dim)
        self.of_label = nn.Linear(y_dim, 2 * z_dim)
        self.decoder = self.net(z_dim + y_dim, x_dim)

    def net(self, inputs, outputs):
        return nn.Sequential(nn.Linear(inputs, 24), nn.Tanh(), nn.Linear(24, outputs))

    def encode(self, x, y):
        return self.encoder(torch.cat([x, y], dim=-1)).chunk(2, dim=-1)

    def prior(self, y):
        return self.of_label(y).chunk(2, dim=-1)

    def decode(self, z, y):
        return self.decoder(joined(z, y))

    def code(self, q, p, eps):
        mu, logvar = q
        return mu + std(logvar) * eps

    def forward(self, x, y, eps):
        q, p = self.encode(x, y), self.prior(y)
        return self.decode(self.code(q, p, eps), y), *q, *p


@wrong(
    "ConditionalVAE",
    "Your encoder never sees the label: q(z|x) is asked to find the code of a picture without being told what "
    "the decoder is told. "
    "Whatever it has to say about the class is then paid for in z, though the label said it already.",
    "What stands behind the bar in q(z|x, y)?",
)
class encoder_without_label(Machine):
    def encode(self, x, y):
        return super().encode(x, torch.zeros_like(y))


@wrong(
    "ConditionalVAE",
    "Your decoder never sees the label: it decodes the code alone, so asking it for a three or for an eight "
    "gives the same picture.",
    "What stands behind the bar in p(x|z, y)?",
)
class decoder_without_label(Machine):
    def decode(self, z, y):
        return self.decoder(joined(z, torch.zeros_like(y)))


@wrong(
    "ConditionalVAE",
    "Neither network can tell one label from another, though y may come in: what you have is the VAE of stage "
    "05, with a prior beside "
    "it that depends on y.",
    "In how many places does y enter, and what of a one-hot row differs from class to class?",
)
class label_in_the_prior_only(Machine):
    def encode(self, x, y):
        return super().encode(x, torch.zeros_like(y))

    def decode(self, z, y):
        return self.decoder(joined(z, torch.zeros_like(y)))


@wrong(
    "ConditionalVAE",
    "Your encoder looks at the label and not at the picture: every three gets the same code.",
    "Which of its two inputs reaches mu?",
)
class encoder_of_the_label_alone(Machine):
    def encode(self, x, y):
        return super().encode(torch.zeros_like(x), y)


@wrong(
    "ConditionalVAE",
    "Only the first column of the one-hot label is used, so all classes but one look alike to the networks.",
    "How many columns has a one-hot label, and which of them tells a three from an eight?",
)
class first_column_of_the_label(Machine):
    def first(self, y):
        return torch.cat([y[..., :1], torch.zeros_like(y[..., 1:])], dim=-1)

    def encode(self, x, y):
        return super().encode(x, self.first(y))

    def decode(self, z, y):
        return super().decode(z, self.first(y))


@wrong("ConditionalVAE", alias_of="label_in_the_prior_only")
class label_summed(Machine):
    def encode(self, x, y):
        return super().encode(x, y.sum(-1, keepdim=True).expand_as(y))

    def decode(self, z, y):
        return super().decode(z, y.sum(-1, keepdim=True).expand_as(y))


@wrong(
    "ConditionalVAE",
    "Your prior is learned, and it is the same for every label: it has parameters of its own that y does not reach.",
    "What does p(z|y) know that p(z) does not?",
)
class prior_learned_without_label(Machine):
    def __init__(self, x_dim, y_dim, z_dim):
        super().__init__(x_dim, y_dim, z_dim)
        self.of_label = nn.Linear(1, 2 * z_dim)

    def prior(self, y):
        return self.of_label(torch.ones_like(y[..., :1])).chunk(2, dim=-1)


@wrong(
    "ConditionalVAE",
    "Your fixed prior has the log-variance 1 in place of 0: it is N(0, e), wider than N(0, I).",
    "What is the logarithm of a variance of 1?",
)
class log_variance_one(Machine):
    def __init__(self, x_dim, y_dim, z_dim):
        super().__init__(x_dim, y_dim, z_dim)
        del self.of_label

    def prior(self, y):
        none = torch.zeros(*y.shape[:-1], self.z_dim)
        return none, none + 1


@wrong(
    "ConditionalVAE",
    "Your code is a sample of the prior p(z|y): the picture has no part in it. So new pictures of a class are "
    "drawn; this one is "
    "not explained.",
    "Which distribution does the code of a given picture come from?",
)
class code_from_the_prior(Machine):
    def code(self, q, p, eps):
        return super().code(p, q, eps)


@wrong(
    "ConditionalVAE",
    "Your code is the mean of q alone: eps has no effect on the logits.",
    "What is drawn from q, and by which noise?",
)
class noise_forgotten(Machine):
    def code(self, q, p, eps):
        return q[0]


@wrong(
    "ConditionalVAE",
    "Your eps is multiplied by exp(logvar), which is the variance, where the deviation belongs.",
    "eps has standard deviation 1; by what must it be multiplied to have sigma?",
)
class times_the_variance(Machine):
    def code(self, q, p, eps):
        return q[0] + torch.exp(q[1]) * eps


@wrong(
    "ConditionalVAE",
    "Your code adds the mean of the prior to a sample of q. The encoder, which sees the label, gives the whole mean by itself.",
    "Is the mean of q meant as a distance from that of the prior?",
)
class means_added(Machine):
    def code(self, q, p, eps):
        return super().code(q, p, eps) + p[0]


@wrong(
    "ConditionalVAE",
    "forward decodes without the label, or with zeros for it, though your decode can take one.",
    "Which label does decode get inside forward?",
)
class decoded_without_label_in_forward(Machine):
    def forward(self, x, y, eps):
        q, p = self.encode(x, y), self.prior(y)
        return self.decode(self.code(q, p, eps), torch.zeros_like(y)), *q, *p


@wrong(
    "ConditionalVAE",
    "Every row is decoded with the label of row 0.",
    "How many rows has y?",
)
class label_of_the_first_row(Machine):
    def forward(self, x, y, eps):
        q, p = self.encode(x, y), self.prior(y)
        return self.decode(self.code(q, p, eps), y[:1]), *q, *p


@wrong(
    "ConditionalVAE",
    "The ends of q and of the prior have changed places in what forward returns.",
    "In which order does the card list the five results?",
)
class q_and_p_exchanged(Machine):
    def forward(self, x, y, eps):
        logits, mu_q, logvar_q, mu_p, logvar_p = super().forward(x, y, eps)
        return logits, mu_p, logvar_p, mu_q, logvar_q


@wrong(
    "ConditionalVAE",
    "forward returns both means first and both log-variances after them, so the second log-variance stands where "
    "a mean is expected.",
    "In which order does the card list the five results?",
)
class means_first(Machine):
    def forward(self, x, y, eps):
        logits, mu_q, logvar_q, mu_p, logvar_p = super().forward(x, y, eps)
        return logits, mu_q, mu_p, logvar_q, logvar_p


@wrong(
    "ConditionalVAE",
    "forward returns the ends of q twice: where the prior's are expected stand those of q again, and every KL would be 0.",
    "Which method gives the last two results?",
)
class q_twice(Machine):
    def forward(self, x, y, eps):
        logits, mu, logvar, *_ = super().forward(x, y, eps)
        return logits, mu, logvar, mu, logvar


@wrong(
    "ConditionalVAE",
    "Your decode gives probabilities, between 0 and 1 whatever the weights; a model of this course decodes to logits.",
    "Where does the sigmoid belong, if a loss takes logits?",
)
class probabilities_from_decode(Machine):
    def decode(self, z, y):
        return torch.sigmoid(super().decode(z, y))


@wrong(
    "ConditionalVAE",
    "Your prior gives standard deviations where log-variances belong: they are never below 0.",
    "Which of the three is it that both methods return: sigma, sigma squared, or its logarithm?",
)
class prior_gives_sigma(Machine):
    def prior(self, y):
        mu, logvar = super().prior(y)
        return mu, std(logvar)


@wrong(
    "ConditionalVAE",
    "Your encode gives variances, or deviations, where log-variances belong: they are never below 0.",
    "Can the logarithm of a variance be negative?",
)
class encode_gives_variances(Machine):
    def encode(self, x, y):
        mu, logvar = super().encode(x, y)
        return mu, F.softplus(logvar)


@wrong(
    "ConditionalVAE",
    "decode joins a code and a label of the same number of axes, and stops when there are samples in front: torch.cat does not "
    "broadcast.",
    "With z of shape (11, 5, 3) and y of shape (5, 4), which shape should both have before they are joined?",
)
class labels_not_broadcast(Machine):
    def decode(self, z, y):
        return self.decoder(torch.cat([z, y], dim=-1))


@wrong(
    "ConditionalVAE",
    "decode repeats the labels to the number of axes of z, and of every row it takes the first label only when a "
    "code meets several "
    "labels: z (B, 1, Z) with y (C, Y) is every code with every label.",
    "Which shape do z (5, 1, 3) and y (4, 4) have together, without their last axes?",
)
class labels_only_spread_over_samples(Machine):
    def decode(self, z, y):
        y = y.expand(*z.shape[:-2], *y.shape) if z.dim() > y.dim() else y
        return self.decoder(torch.cat([z, y[..., : z.shape[-2], :]], dim=-1))


@wrong(
    "ConditionalVAE",
    "A layer of your encoder standardises over the batch: what q says of a picture depends on the company that it is shown in.",
    "Which layer looks along the rows?",
)
class rows_look_at_each_other(Machine):
    def net(self, inputs, outputs):
        return nn.Sequential(nn.Linear(inputs, 24), nn.BatchNorm1d(24), nn.Tanh(), nn.Linear(24, outputs))

    def decode(self, z, y):
        both = joined(z, y)
        return self.decoder(both.reshape(-1, both.shape[-1])).reshape(*both.shape[:-1], -1)


@wrong(
    "ConditionalVAE",
    "A layer of yours drops numbers at random: the same x, y and eps give other logits each time.",
    "Through which argument does all noise of the model come?",
)
class numbers_dropped(Machine):
    def net(self, inputs, outputs):
        return nn.Sequential(nn.Linear(inputs, 24), nn.Tanh(), nn.Dropout(0.2), nn.Linear(24, outputs))


@wrong(
    "ConditionalVAE",
    "Your model does not know its sizes: x_dim, y_dim and z_dim are not there for others to read.",
    "How would someone who draws a three know how long a label is?",
)
class sizes_not_kept(Machine):
    def __init__(self, x_dim, y_dim, z_dim):
        super().__init__(x_dim, y_dim, z_dim)
        del self.x_dim, self.y_dim, self.z_dim


@wrong(
    "ConditionalVAE",
    "The sizes of label and code have changed places: what you keep as y_dim is the length of a code.",
    "In which order do the three sizes come?",
)
class sizes_exchanged(Machine):
    def __init__(self, x_dim, y_dim, z_dim):
        super().__init__(x_dim, y_dim, z_dim)
        self.y_dim, self.z_dim = z_dim, y_dim

    def prior(self, y):
        return self.of_label(y).chunk(2, dim=-1)


@wrong(
    "ConditionalVAE",
    "The network of your prior lies in a plain list, where nn.Module does not see it: the prior would never be trained.",
    "How does a module get to know the networks that it owns?",
)
class prior_in_a_list(Machine):
    def __init__(self, x_dim, y_dim, z_dim):
        super().__init__(x_dim, y_dim, z_dim)
        self.nets = [self.of_label]
        del self.of_label

    def prior(self, y):
        return self.nets[0](y).chunk(2, dim=-1)


@wrong(
    "ConditionalVAE",
    "The logits are right, but the code is cut from the encoder: no gradient of the reconstruction reaches it.",
    "Which call turns a tensor with a history into one without?",
)
class code_detached(Machine):
    def code(self, q, p, eps):
        return super().code(q, p, eps).detach()


@wrong(
    "ConditionalVAE",
    "prior(y) follows the label and gives no gradient: its numbers stay what they were at the start.",
    "Who is to move the prior, if not the KL?",
)
class prior_without_gradients(Machine):
    def prior(self, y):
        with torch.no_grad():
            return super().prior(y)


@wrong(
    "ConditionalVAE",
    "forward returns the prior's mean and log-variance without the gradient that prior gives them: the KL cannot "
    "train the prior.",
    "Which of the five results is the KL computed from?",
)
class prior_detached_in_forward(Machine):
    def forward(self, x, y, eps):
        logits, mu_q, logvar_q, mu_p, logvar_p = super().forward(x, y, eps)
        return logits, mu_q, logvar_q, mu_p.detach(), logvar_p.detach()


@wrong(
    "ConditionalVAE",
    "forward returns mu_q and logvar_q without a gradient: the price of a code has no way back to the encoder.",
    "Which of the five results is the KL computed from?",
)
class q_detached_in_forward(Machine):
    def forward(self, x, y, eps):
        logits, mu_q, logvar_q, mu_p, logvar_p = super().forward(x, y, eps)
        return logits, mu_q.detach(), logvar_q.detach(), mu_p, logvar_p


@wrong(
    "ConditionalVAE",
    "A learned prior is made and never used: prior gives N(0, I), and the network meant for it has no effect on anything.",
    "Which name from __init__ does not come up again in your methods?",
)
class prior_network_never_used(Machine):
    def prior(self, y):
        none = torch.zeros(*y.shape[:-1], self.z_dim)
        return none, none


# --- conditional_elbo ---


def price(mu_q, logvar_q, mu_p, logvar_p):
    return kl_divergence(Normal(mu_q, std(logvar_q)), Normal(mu_p, std(logvar_p)))


@wrong(
    "conditional_elbo",
    "You subtract the KL to N(0, I): the label's own prior has no part in it, and a code exactly where p(z|y) "
    "expects it would be "
    "charged for lying away from 0.",
    "Which prior does the code of this picture have, once its label is known?",
)
def against_the_standard_prior(log_likelihood, mu_q, logvar_q, mu_p, logvar_p):
    return log_likelihood - price(mu_q, logvar_q, torch.zeros_like(mu_p), torch.zeros_like(logvar_p)).sum(-1)


@wrong(
    "conditional_elbo",
    "The two distributions have changed places: what you subtract is the KL from the prior to q.",
    "From which of the two is the code drawn, and over which of the two is averaged?",
)
def reverse(log_likelihood, mu_q, logvar_q, mu_p, logvar_p):
    return log_likelihood - price(mu_p, logvar_p, mu_q, logvar_q).sum(-1)


@wrong(
    "conditional_elbo",
    "The KL is added: a code far from its prior is rewarded, and what you have is no bound.",
    "Which of the two terms is a price?",
)
def kl_added(log_likelihood, mu_q, logvar_q, mu_p, logvar_p):
    return log_likelihood + price(mu_q, logvar_q, mu_p, logvar_p).sum(-1)


@wrong(
    "conditional_elbo",
    "What you return is minus the bound, a loss: it is larger where the picture is less likely.",
    "In which direction is the bound better?",
)
def negated(log_likelihood, mu_q, logvar_q, mu_p, logvar_p):
    return price(mu_q, logvar_q, mu_p, logvar_p).sum(-1) - log_likelihood


@wrong(
    "conditional_elbo",
    "The KL is averaged over the dimensions of the code: it is Z times too small.",
    "What becomes of the prices of independent dimensions?",
)
def mean_over_dimensions(log_likelihood, mu_q, logvar_q, mu_p, logvar_p):
    return log_likelihood - price(mu_q, logvar_q, mu_p, logvar_p).mean(-1)


@wrong(
    "conditional_elbo",
    "Your price lacks the factor one half: it is twice the KL.",
    "At mu_q one deviation of p away and equal variances, how many nats is the price?",
)
def twice_the_kl(log_likelihood, mu_q, logvar_q, mu_p, logvar_p):
    return log_likelihood - 2 * price(mu_q, logvar_q, mu_p, logvar_p).sum(-1)


@wrong(
    "conditional_elbo",
    "The difference of the means is not divided by the prior's variance: a narrow prior charges no more for the "
    "same distance than a "
    "wide one.",
    "In which unit does the prior measure how far away a code lies?",
)
def distance_without_its_unit(log_likelihood, mu_q, logvar_q, mu_p, logvar_p):
    terms = logvar_p - logvar_q + torch.exp(logvar_q - logvar_p) + (mu_q - mu_p).square() - 1
    return log_likelihood - 0.5 * terms.sum(-1)


@wrong(
    "conditional_elbo",
    "The difference of the means is divided by the variance of q, and not by that of the prior.",
    "Whose spread decides how surprising a code is?",
)
def distance_in_the_unit_of_q(log_likelihood, mu_q, logvar_q, mu_p, logvar_p):
    terms = logvar_p - logvar_q + torch.exp(logvar_q - logvar_p) + (mu_q - mu_p).square() / logvar_q.exp() - 1
    return log_likelihood - 0.5 * terms.sum(-1)


@wrong(
    "conditional_elbo",
    "The logarithm of the two variances has its sign turned round: a q that is surer than its prior is paid for it.",
    "Should being sure cost something, or earn something?",
)
def log_ratio_turned(log_likelihood, mu_q, logvar_q, mu_p, logvar_p):
    terms = logvar_q - logvar_p + torch.exp(logvar_q - logvar_p) + (mu_q - mu_p).square() / logvar_p.exp() - 1
    return log_likelihood - 0.5 * terms.sum(-1)


@wrong(
    "conditional_elbo",
    "The 1 of each dimension is missing from your KL: half a nat a dimension is left where q equals the prior.",
    "What must the price be where q is the prior?",
)
def one_missing(log_likelihood, mu_q, logvar_q, mu_p, logvar_p):
    return log_likelihood - price(mu_q, logvar_q, mu_p, logvar_p).sum(-1) - 0.5 * mu_q.shape[-1]


@wrong(
    "conditional_elbo",
    "You take logvar for the logarithm of sigma: exp(2 logvar) is the square of a variance.",
    "What is exp of the logarithm of a variance?",
)
def logvar_for_log_sigma(log_likelihood, mu_q, logvar_q, mu_p, logvar_p):
    return log_likelihood - price(mu_q, 2 * logvar_q, mu_p, 2 * logvar_p).sum(-1)


@wrong(
    "conditional_elbo",
    "The log-likelihood is missing: what you return is minus the KL.",
    "Which two terms make the bound?",
)
def price_only(log_likelihood, mu_q, logvar_q, mu_p, logvar_p):
    return -price(mu_q, logvar_q, mu_p, logvar_p).sum(-1)


@wrong(
    "conditional_elbo",
    "You subtract two KLs to N(0, I), that of q and, with the other sign, that of the prior. KLs are no "
    "differences on a line: it is "
    "0 where q equals the prior, and negative elsewhere at times.",
    "Is the way from A to B the way from A home, less the way from B home?",
)
def difference_of_two_prices(log_likelihood, mu_q, logvar_q, mu_p, logvar_p):
    none = torch.zeros_like(mu_q)
    of_p, of_q = price(mu_p, logvar_p, none, none).sum(-1), price(mu_q, logvar_q, none, none).sum(-1)
    return log_likelihood - of_q + of_p


@wrong(
    "conditional_elbo",
    "The value is right, and the prior gets no gradient from it: p(z|y) would never learn where its codes are.",
    "Which of the arguments is cut off from its history?",
)
def prior_held_fixed(log_likelihood, mu_q, logvar_q, mu_p, logvar_p):
    return log_likelihood - price(mu_q, logvar_q, mu_p.detach(), logvar_p.detach()).sum(-1)


@wrong(
    "conditional_elbo",
    "The value is right, and q gets no gradient from the KL.",
    "Which of the arguments is cut off from its history?",
)
def q_held_fixed(log_likelihood, mu_q, logvar_q, mu_p, logvar_p):
    return log_likelihood - price(mu_q.detach(), logvar_q.detach(), mu_p, logvar_p).sum(-1)


# --- class_posterior ---


@wrong(
    "class_posterior",
    "The prior is missing: you normalise p(x|y) by itself, as if every class occurred equally often.",
    "How often does each class occur, and what does Bayes' rule do with that?",
)
def prior_missing(log_px_given_y, log_prior):
    return torch.softmax(log_px_given_y, dim=-1)


@wrong(
    "class_posterior",
    "Your numbers are p(x, y), which add up to p(x) and not to 1: nothing is normalised.",
    "What is missing from Bayes' rule under the line?",
)
def joint(log_px_given_y, log_prior):
    return (log_px_given_y + log_prior).exp()


@wrong(
    "class_posterior",
    "You normalise along the batch: each column adds up to 1, over different x, and not each row over its classes.",
    "Among which alternatives does the probability of one x get shared out?",
)
def over_the_batch(log_px_given_y, log_prior):
    return torch.softmax(log_px_given_y + log_prior, dim=0)


@wrong(
    "class_posterior",
    "What you return is the logarithm of the posterior, and probabilities are asked for.",
    "Which numbers may a probability be?",
)
def logarithm(log_px_given_y, log_prior):
    return torch.log_softmax(log_px_given_y + log_prior, dim=-1)


@wrong(
    "class_posterior",
    "The prior is subtracted: a rare class is helped.",
    "Which is likelier before anything is seen: a frequent class, or a rare one?",
)
def prior_subtracted(log_px_given_y, log_prior):
    return torch.softmax(log_px_given_y - log_prior, dim=-1)


@wrong(
    "class_posterior",
    "The prior enters as a probability beside logarithms: p(y) is added where log p(y) belongs.",
    "What becomes of a product when its logarithm is taken?",
)
def prior_not_as_a_logarithm(log_px_given_y, log_prior):
    return torch.softmax(log_px_given_y + log_prior.exp(), dim=-1)


@wrong(
    "class_posterior",
    "The prior is counted twice.",
    "How often does what was known beforehand count?",
)
def prior_twice(log_px_given_y, log_prior):
    return torch.softmax(log_px_given_y + 2 * log_prior, dim=-1)


@wrong(
    "class_posterior",
    "You share out the logarithms themselves, each divided by their sum. They are all negative, so the least likely class gets "
    "the largest share.",
    "Which numbers are to be compared, logarithms or what they are logarithms of?",
)
def shares_of_logarithms(log_px_given_y, log_prior):
    joint = log_px_given_y + log_prior
    return joint / joint.sum(-1, keepdim=True)


@wrong(
    "class_posterior",
    "Your row has a 1 at the best class and 0 elsewhere: that is the decision, and it hides how sure it is.",
    "What should the row be when two classes are almost equally likely?",
)
def decision(log_px_given_y, log_prior):
    best = (log_px_given_y + log_prior).argmax(-1)
    return torch.eye(len(log_prior), dtype=log_px_given_y.dtype)[best]


@wrong(
    "class_posterior",
    "You take the mean of two answers, the shares of the likelihoods and the prior. Bayes' rule multiplies them.",
    "If one of the two says that a class is impossible, what should the posterior say?",
)
def mean_with_the_prior(log_px_given_y, log_prior):
    return (torch.softmax(log_px_given_y, dim=-1) + log_prior.exp()) / 2


@wrong(
    "class_posterior",
    "Shares of the likelihoods are multiplied by the prior and not normalised again, so a row adds up to less than 1.",
    "What do your rows add up to, and after which step should they add up to 1?",
)
def multiplied_after_the_softmax(log_px_given_y, log_prior):
    return torch.softmax(log_px_given_y, dim=-1) * log_prior.exp()


@wrong(
    "class_posterior",
    "Each class is judged by itself, with a sigmoid; the classes exclude one another, and their probabilities add up to 1.",
    "Of how many classes can one picture be?",
)
def sigmoids(log_px_given_y, log_prior):
    joint = log_px_given_y + log_prior
    return torch.sigmoid(joint - joint.mean(-1, keepdim=True))


@wrong(
    "class_posterior",
    "On ordinary numbers you are right; near -1,000 nats every probability that you write out is 0, and 0 "
    "divided by 0 is not a number.",
    "What is exp of -1,000 on a computer, and what may be subtracted from all classes beforehand?",
)
def written_out(log_px_given_y, log_prior):
    joint = (log_px_given_y + log_prior).exp()
    return joint / joint.sum(-1, keepdim=True)


@wrong(
    "class_posterior",
    "On ordinary numbers you are right; near -1,000 nats every probability that you write out is 0, and the "
    "small number under the line "
    "that guards against 0 divided by 0 turns the whole row into 0.",
    "What do the probabilities of a row add up to in that case?",
)
def written_out_and_guarded(log_px_given_y, log_prior):
    joint = (log_px_given_y + log_prior).exp()
    return joint / (joint.sum(-1, keepdim=True) + 1e-12)


@wrong(
    "class_posterior",
    "You take one number out of the whole table before the exp, its largest. A row far below it is all 0, and 0 "
    "divided by 0 is not a "
    "number.",
    "From which numbers must the largest be taken, so that every row has a 1 in it?",
)
def largest_of_the_table(log_px_given_y, log_prior):
    joint = log_px_given_y + log_prior
    joint = (joint - joint.max()).exp()
    return joint / joint.sum(-1, keepdim=True)


# --- label_information ---


def of_class(table, y):
    return table.gather(1, y[:, None]).squeeze(1)


@wrong(
    "label_information",
    "Your log p(x) sums over the classes without their prior: it is too large by about log C, and what you "
    "return is no more than "
    "log p(y|x) with equal classes.",
    "How is p(x) made of p(x|y), and what is each of them multiplied by?",
)
def log_posterior_of_equal_classes(log_px_given_y, y, log_prior):
    return of_class(log_px_given_y, y) - log_px_given_y.logsumexp(-1)


@wrong(
    "label_information",
    "The prior of the true class is left in: what you return is log p(x, y) - log p(x), the log-posterior of the "
    "true class, which "
    "is never above 0.",
    "Is it p(x|y) or p(x, y) that is compared with p(x)?",
)
def log_posterior(log_px_given_y, y, log_prior):
    joint = log_px_given_y + log_prior
    return of_class(joint, y) - joint.logsumexp(-1)


@wrong(
    "label_information",
    "The classes are weighted as if all occurred equally often; their own prior is not used.",
    "With which weight does each class enter p(x)?",
)
def equal_weights(log_px_given_y, y, log_prior):
    return of_class(log_px_given_y, y) - log_px_given_y.logsumexp(-1) + math.log(len(log_prior))


@wrong(
    "label_information",
    "Your log p(x) is an average of logarithms, weighted by the prior. p(x) is an average of the probabilities, "
    "and its logarithm is "
    "larger.",
    "Which comes first: the sum over classes, or the logarithm?",
)
def mean_of_logarithms(log_px_given_y, y, log_prior):
    return of_class(log_px_given_y, y) - (log_prior.exp() * log_px_given_y).sum(-1)


@wrong(
    "label_information",
    "You compare with the best class in place of all of them: your answer is never above 0.",
    "What does p(x) hold besides its largest part?",
)
def against_the_best_class(log_px_given_y, y, log_prior):
    return of_class(log_px_given_y, y) - log_px_given_y.amax(-1)


@wrong(
    "label_information",
    "You take the class that the model finds best and not the true one: that flatters the model, as if it never chose wrongly.",
    "Which class does y name?",
)
def at_the_best_class(log_px_given_y, y, log_prior):
    best = (log_px_given_y + log_prior).argmax(-1)
    return of_class(log_px_given_y, best) - (log_px_given_y + log_prior).logsumexp(-1)


@wrong(
    "label_information",
    "The sign is turned round: a label that makes x likelier should say something positive.",
    "Which of the two is larger when the label helps: log p(x|y) or log p(x)?",
)
def turned_round(log_px_given_y, y, log_prior):
    return (log_px_given_y + log_prior).logsumexp(-1) - of_class(log_px_given_y, y)


@wrong(
    "label_information",
    "Your unit is the bit: the logarithm to the base 2. This course counts in nats.",
    "What do you divide by, and who asked for it?",
)
def in_bits(log_px_given_y, y, log_prior):
    return (of_class(log_px_given_y, y) - (log_px_given_y + log_prior).logsumexp(-1)) / math.log(2)


@wrong(
    "label_information",
    "Your sum in log p(x) runs over the batch: it mixes different x of one class, where one x of all classes is meant.",
    "Which axis holds the classes?",
)
def over_the_batch_of_images(log_px_given_y, y, log_prior):
    return of_class(log_px_given_y, y) - (log_px_given_y + log_prior).logsumexp(0)[y]


@wrong(
    "label_information",
    "You average over what the model believes of the class, p(y|x), and the true label has no part in it.",
    "Whose label is y: the model's guess, or the truth?",
)
def averaged_over_the_posterior(log_px_given_y, y, log_prior):
    joint = log_px_given_y + log_prior
    return (joint.softmax(-1) * log_px_given_y).sum(-1) - joint.logsumexp(-1)


@wrong(
    "label_information",
    "The prior of the true class is divided by twice: what you return is log p(y|x) - 2 log p(y), too much by "
    "the rarity of the class.",
    "Of log p(x|y), log p(x) and log p(y), which two are compared?",
)
def prior_taken_off_twice(log_px_given_y, y, log_prior):
    return of_class(log_px_given_y - log_prior, y) - (log_px_given_y + log_prior).logsumexp(-1)


@wrong(
    "label_information",
    "You return the ratio p(x|y) / p(x) itself; its logarithm is asked for.",
    "Which number is it where the label says nothing: 0 or 1?",
)
def ratio(log_px_given_y, y, log_prior):
    return (of_class(log_px_given_y, y) - (log_px_given_y + log_prior).logsumexp(-1)).exp()


@wrong(
    "label_information",
    "On ordinary numbers you are right; near -1,000 nats the probabilities that you write out are 0, and so is "
    "their sum, whose "
    "logarithm is infinite.",
    "What is exp of -1,000 on a computer?",
)
def sum_written_out(log_px_given_y, y, log_prior):
    return of_class(log_px_given_y, y) - (log_px_given_y + log_prior).exp().sum(-1).log()


@wrong(
    "label_information",
    "On ordinary numbers you are right. You compute the posterior as a probability and take its logarithm "
    "afterwards: where the true "
    "class is very unlikely, the probability was rounded to 0 before, and its logarithm is infinite or cut off.",
    "Is there a way to the logarithm of a share that never writes the share out?",
)
def by_way_of_the_posterior(log_px_given_y, y, log_prior):
    shares = torch.softmax(log_px_given_y + log_prior, dim=-1)
    return (of_class(shares, y) + 1e-9).log() - log_prior[y]


# --- linear_probe ---


def fitted(features, labels, **more):
    from sklearn.linear_model import LogisticRegression

    return LogisticRegression(max_iter=1000, **more).fit(features, labels)


def scale(given, like):
    """`given` with the mean and the deviation of `like`; a feature that does not change keeps its deviation of 0 as 1."""
    deviation = like.std(0, unbiased=False)
    return (given - like.mean(0)) / torch.where(deviation > 0, deviation, 1)


@wrong(
    "linear_probe",
    "Mean and deviation are those of the training rows and the new rows together: what you test on has a part in "
    "what you train.",
    "If tomorrow's new rows are others, may the classifier of today change?",
)
def scaled_on_everything(features, labels, new):
    both = torch.cat([features, new])
    model = fitted(scale(features, both).numpy(), labels.numpy())
    return torch.as_tensor(model.predict(scale(new, both).numpy()))


@wrong(
    "linear_probe",
    "The new rows are standardised with their own mean and deviation. The classifier has learned where its "
    "border lies in the unit of "
    "the training rows, and meets numbers in another one; a single new row becomes 0 in every feature.",
    "What does a new value of 25 become, where the training rows have the mean 15 and the deviation 5?",
)
def new_rows_in_their_own_units(features, labels, new):
    model = fitted(scale(features, features).numpy(), labels.numpy())
    return torch.as_tensor(model.predict(scale(new, new).numpy()))


@wrong(
    "linear_probe",
    "Nothing is standardised: a feature with large numbers drowns the others, and the penalty of the regression "
    "holds down a feature in "
    "a tiny unit, which would need a large weight.",
    "What would change if a length were given in millimetres?",
)
def nothing_standardised(features, labels, new):
    return torch.as_tensor(fitted(features.numpy(), labels.numpy()).predict(new.numpy()))


@wrong(
    "linear_probe",
    "The training rows are standardised and the new rows are not: the classifier meets numbers in another unit "
    "than it has learned.",
    "Which steps does a new row need before the classifier may see it?",
)
def new_rows_as_they_are(features, labels, new):
    return torch.as_tensor(fitted(scale(features, features).numpy(), labels.numpy()).predict(new.numpy()))


@wrong(
    "linear_probe",
    "A feature that is the same in every training row has the deviation 0, and you divide by it: 0 divided by 0 "
    "is not a number, and "
    "the classifier refuses it.",
    "What should become of a pixel that is white in every picture?",
)
def divided_by_zero(features, labels, new):
    mean, deviation = features.mean(0), features.std(0)
    model = fitted(((features - mean) / deviation).numpy(), labels.numpy())
    return torch.as_tensor(model.predict(((new - mean) / deviation).numpy()))


@wrong(
    "linear_probe",
    "What you return is the place of a label among the labels, 0, 1 or 2, and not the label.",
    "Which labels were in training?",
)
def places(features, labels, new):
    model = fitted(scale(features, features).numpy(), labels.numpy())
    return torch.as_tensor(model.predict_proba(scale(new, features).numpy()).argmax(1))


@wrong(
    "linear_probe",
    "The label is treated as a quantity: a straight line is fitted to its number and rounded, so that a 7 lies "
    "between a 4 and a 9 in "
    "every respect.",
    "Is a seven more than a four and less than a nine, or something else?",
)
def number_of_the_label(features, labels, new):
    given = torch.cat([scale(features, features), torch.ones(len(features), 1, dtype=features.dtype)], 1)
    square = given.T @ given + 1e-9 * torch.eye(given.shape[1], dtype=given.dtype)
    weights = torch.linalg.solve(square, given.T @ labels.to(given))
    level = torch.cat([scale(new, features), torch.ones(len(new), 1, dtype=new.dtype)], 1) @ weights
    known = torch.unique(labels)
    return known[(level[:, None] - known).abs().argmin(1)]


@wrong(
    "linear_probe",
    "You give each row the label of the nearest centre: a border halfway between the means, which is not where "
    "the groups part when "
    "they stretch along another direction.",
    "Does the mean of a group know in which direction the group is long?",
)
def nearest_centre(features, labels, new):
    known, given = torch.unique(labels), scale(features, features)
    centres = torch.stack([given[labels == label].mean(0) for label in known])
    return known[torch.cdist(scale(new, features), centres).argmin(1)]


@wrong(
    "linear_probe",
    "You give each row the label of the nearest training row. That is another question: a probe asks what a "
    "straight border can read "
    "from the features.",
    "What is linear in a linear probe?",
)
def nearest_row(features, labels, new):
    return labels[torch.cdist(scale(new, features), scale(features, features)).argmin(1)]


@wrong(
    "linear_probe",
    "Every new row gets the label that most training rows have: the features have no part in it.",
    "Where do the new rows enter your answer?",
)
def most_frequent(features, labels, new):
    return torch.mode(labels).values.expand(len(new)).clone()


@wrong(
    "linear_probe",
    "The classifier is trained on the new rows, with the first labels of training for theirs.",
    "Which rows have known labels?",
)
def trained_on_the_new_rows(features, labels, new):
    rows = torch.arange(len(new)) % len(labels)
    given = labels[rows].clone()
    if len(torch.unique(given)) < 2:
        return given
    return torch.as_tensor(fitted(scale(new, features).numpy(), given.numpy()).predict(scale(new, features).numpy()))


@wrong(
    "linear_probe",
    "Each row is standardised over its own features, where each feature should be over the rows: how large a row "
    "is as a whole is lost, "
    "and the unit of one feature decides about all others.",
    "Which axis holds the rows, and along which axis is a mean of a feature taken?",
)
def rows_standardised(features, labels, new):
    def unit(given):
        return (given - given.mean(1, keepdim=True)) / (given.std(1, keepdim=True) + 1e-12)

    return torch.as_tensor(fitted(unit(features).numpy(), labels.numpy()).predict(unit(new).numpy()))


# --- neighbour_vote ---


def vote(labels):
    """The most frequent label of each row, of equals the smallest."""
    return labels.mode(dim=1).values


@wrong(
    "neighbour_vote",
    "k is not used: the single nearest row decides.",
    "How many rows have a vote?",
)
def nearest_only(features, labels, new, k):
    return labels[torch.cdist(new, features).argmin(1)]


@wrong(
    "neighbour_vote",
    "The k farthest rows vote.",
    "Which end of the sorted distances do you take?",
)
def farthest(features, labels, new, k):
    return vote(labels[torch.cdist(new, features).topk(k, dim=1).indices])


@wrong(
    "neighbour_vote",
    "The nearest row is left out, as one leaves a row out that is its own neighbour. A new row is not among the training rows.",
    "Is the row that asks one of those that are asked?",
)
def nearest_left_out(features, labels, new, k):
    order = torch.cdist(new, features).argsort(1)
    return vote(labels[order[:, 1 : k + 1]])


@wrong(
    "neighbour_vote",
    "One row too many has a vote: k + 1 of them.",
    "How many entries does your slice have?",
)
def one_too_many(features, labels, new, k):
    return vote(labels[torch.cdist(new, features).argsort(1)[:, : k + 1]])


@wrong(
    "neighbour_vote",
    "One row too few has a vote: k - 1 of them.",
    "How many entries does your slice have?",
)
def one_too_few(features, labels, new, k):
    return vote(labels[torch.cdist(new, features).argsort(1)[:, : max(k - 1, 1)]])


@wrong(
    "neighbour_vote",
    "You average the labels of the neighbours, and round to the nearest label: a 2 and a 7 are no 5 on the "
    "average, and a label is a name.",
    "What would happen if two classes changed their numbers?",
)
def average_label(features, labels, new, k):
    nearest = labels[torch.cdist(new, features).topk(k, dim=1, largest=False).indices].double()
    known = torch.unique(labels)
    return known[(nearest.mean(1, keepdim=True) - known).abs().argmin(1)]


@wrong(
    "neighbour_vote",
    "You take the middle one of the neighbours' labels when they are sorted by their numbers, and not the most frequent one.",
    "Is the order of the labels' numbers of any meaning?",
)
def median_label(features, labels, new, k):
    nearest = labels[torch.cdist(new, features).topk(k, dim=1, largest=False).indices]
    return nearest.median(dim=1).values


@wrong(
    "neighbour_vote",
    "Nearness is measured by the angle between two rows: how long they are does not count, so a row can be near "
    "to one ten times as long.",
    "How far apart are (1, 1) and (5, 5)?",
)
def by_angle(features, labels, new, k):
    likeness = F.normalize(new, dim=1) @ F.normalize(features, dim=1).T
    return vote(labels[likeness.topk(k, dim=1).indices])


@wrong(
    "neighbour_vote",
    "Your distances add up absolute differences: the way round the block, where the straight line is meant.",
    "How far is (3, 4) from the origin?",
)
def round_the_block(features, labels, new, k):
    return vote(labels[torch.cdist(new, features, p=1).topk(k, dim=1, largest=False).indices])


@wrong(
    "neighbour_vote",
    "Only the largest difference among the features counts as your distance; the straight line adds up the squares of all.",
    "How far is (3, 4) from the origin?",
)
def largest_difference(features, labels, new, k):
    return vote(labels[torch.cdist(new, features, p=float("inf")).topk(k, dim=1, largest=False).indices])


@wrong(
    "neighbour_vote",
    "A near neighbour has a larger vote than a far one, one over its distance; each should have one vote.",
    "How many votes does each of the k rows have?",
)
def weighted_votes(features, labels, new, k):
    distances, nearest = torch.cdist(new, features).topk(k, dim=1, largest=False)
    known = torch.unique(labels)
    votes = (labels[nearest][..., None] == known).double() / (distances[..., None] + 1e-12)
    return known[votes.sum(1).argmax(1)]


@wrong(
    "neighbour_vote",
    "Of labels with equally many votes you take the largest, and the card asks for the smallest.",
    "Which of several equal counts does your function find?",
)
def largest_of_a_tie(features, labels, new, k):
    nearest = labels[torch.cdist(new, features).topk(k, dim=1, largest=False).indices]
    return -(-nearest).mode(dim=1).values


@wrong(
    "neighbour_vote",
    "Of labels with equally many votes you take that of the nearest neighbour among them; the card asks for the "
    "smallest label.",
    "What decides in a tie, according to the card?",
)
def nearest_of_a_tie(features, labels, new, k):
    nearest = labels[torch.cdist(new, features).topk(k, dim=1, largest=False).indices]
    counts = (nearest[:, :, None] == nearest[:, None, :]).sum(-1)
    first = (counts - torch.arange(k) / (2 * k)).argmax(1)
    return nearest.gather(1, first[:, None]).squeeze(1)


@wrong(
    "neighbour_vote",
    "You return places of training rows, and not their labels.",
    "What does a sorted list of distances tell: who is near, or what they are called?",
)
def places_of_neighbours(features, labels, new, k):
    return vote(torch.cdist(new, features).topk(k, dim=1, largest=False).indices)


@wrong(
    "neighbour_vote",
    "You return the label whose rows are nearest on average, over all of them; k has no part in it.",
    "Which rows have a vote, and how is it decided?",
)
def nearest_group(features, labels, new, k):
    known = torch.unique(labels)
    distances = torch.cdist(new, features)
    return known[torch.stack([distances[:, labels == label].mean(1) for label in known]).argmin(0)]


# --- anomaly_score ---


def sampled(x, model, eps):
    """log p(x|z), log p(z) and log q(z|x), (K, B) each."""
    mu, logvar = model.encode(x)
    z = mu + std(logvar) * eps
    return model.log_likelihood(x, z), Normal(0.0, 1.0).log_prob(z).sum(-1), density(z, mu, logvar)


def bound(x, model, eps):
    likelihood, prior, q = sampled(x, model, eps)
    return (likelihood + prior - q).logsumexp(0) - math.log(len(eps))


@wrong(
    "anomaly_score",
    "The score has its sign turned round: it is the bound itself, which is high for what the model expects.",
    "Should noise score above or below a digit?",
)
def likelihood_for_strangeness(x, model, eps):
    return bound(x, model, eps)


@wrong(
    "anomaly_score",
    "Your samples are averaged as logarithms: that is minus the ELBO, whatever K is, and a looser bound than K samples allow.",
    "Which comes first in the bound of stage 07: the mean, or the logarithm?",
)
def elbo_of_all_samples(x, model, eps):
    likelihood, prior, q = sampled(x, model, eps)
    return -(likelihood + prior - q).mean(0)


@wrong(
    "anomaly_score",
    "Log K is missing: your score falls by log K merely because more samples are drawn.",
    "What is the mean of K equal weights?",
)
def log_k_missing(x, model, eps):
    return -bound(x, model, eps) - math.log(len(eps))


@wrong(
    "anomaly_score",
    "Log K is counted with the wrong sign, so your score rises by it merely because more samples are drawn.",
    "What is the mean of K equal weights?",
)
def log_k_turned(x, model, eps):
    return -bound(x, model, eps) + 2 * math.log(len(eps))


@wrong(
    "anomaly_score",
    "Only log p(x|z) is in your score: how far the code lies from the prior costs nothing.",
    "Which terms of the log-weight are missing?",
)
def reconstruction_only(x, model, eps):
    likelihood, _, _ = sampled(x, model, eps)
    return -(likelihood.logsumexp(0) - math.log(len(eps)))


@wrong(
    "anomaly_score",
    "Only the code is judged, by its KL: what of the picture the code cannot hold costs nothing.",
    "Where does x itself enter your score?",
)
def price_of_the_code_only(x, model, eps):
    _, prior, q = sampled(x, model, eps)
    return -((prior - q).logsumexp(0) - math.log(len(eps)))


@wrong(
    "anomaly_score",
    "log q is missing: your score is made of log p(x, z), which does not know how often q draws this z.",
    "What stands below the line in a weight?",
)
def q_missing(x, model, eps):
    likelihood, prior, _ = sampled(x, model, eps)
    return -((likelihood + prior).logsumexp(0) - math.log(len(eps)))


@wrong(
    "anomaly_score",
    "Your score is divided by the number of pixels. For images of one size the order stays, but it is no longer "
    "minus a bound on log p(x), "
    "in nats/image.",
    "Which unit should the score have?",
)
def nats_a_pixel(x, model, eps):
    return -bound(x, model, eps) / x.shape[-1]


@wrong(
    "anomaly_score",
    "Your scores have their mean taken away, over the batch: how strange an image is depends on the company that "
    "it is shown in.",
    "If every image of a batch is noise, which score should they have?",
)
def centred_in_the_batch(x, model, eps):
    score = -bound(x, model, eps)
    return score - score.mean()


@wrong(
    "anomaly_score",
    "Your scores are standardised over the batch: how strange an image is depends on the company that it is shown in.",
    "What becomes of the score of a single image?",
)
def standardised_in_the_batch(x, model, eps):
    score = -bound(x, model, eps)
    return (score - score.mean()) / (score.std(unbiased=False) + 1e-9)


@wrong(
    "anomaly_score",
    "You take the best sample of each image: the score of K tries falls without end as K grows, and bounds nothing.",
    "What else is in the mean of K weights besides its largest?",
)
def best_sample(x, model, eps):
    likelihood, prior, q = sampled(x, model, eps)
    return -(likelihood + prior - q).amax(0)


@wrong(
    "anomaly_score",
    "Your score is one minus the probability of x: images of which every one is very improbable all get a score of 1, rounded.",
    "What is exp of -300?",
)
def one_minus_probability(x, model, eps):
    return 1 - bound(x, model, eps).exp()


@wrong(
    "anomaly_score",
    "The noise is not used: your code is the mean of q, and the score is the loss at that one code.",
    "How many codes of each image does eps make?",
)
def at_the_mean(x, model, eps):
    return -bound(x, model, torch.zeros_like(eps[:1]))


@wrong(
    "anomaly_score",
    "The KL is taken in its closed form beside each sample's log-likelihood: every sample of an image then has "
    "the same price, which "
    "is no weight.",
    "Which of your terms differ from sample to sample, and which should?",
)
def closed_form(x, model, eps):
    mu, logvar = model.encode(x)
    likelihood, _, _ = sampled(x, model, eps)
    kl = kl_divergence(Normal(mu, std(logvar)), Normal(0.0, 1.0)).sum(-1)
    return -((likelihood - kl).logsumexp(0) - math.log(len(eps)))


@wrong(
    "anomaly_score",
    "On ordinary images you are right; at strange ones, which an anomaly detector is for, the weights that you "
    "write out are 0, and "
    "the logarithm of 0 is infinite.",
    "What is exp of -1,000 on a computer?",
)
def weights_written_out(x, model, eps):
    likelihood, prior, q = sampled(x, model, eps)
    return -(likelihood + prior - q).exp().mean(0).log()


# --- auroc ---


def split(scores, is_anomaly):
    odd = is_anomaly.bool()
    return scores[odd], scores[~odd]


@wrong(
    "auroc",
    "The pairs are counted the other way round: yours is the share in which the normal image scores higher.",
    "Which of the two should have the higher score?",
)
def other_way_round(scores, is_anomaly):
    odd, normal = split(scores, is_anomaly)
    lead = normal[:, None] - odd
    return ((lead > 0).double() + 0.5 * (lead == 0)).mean().item()


@wrong(
    "auroc",
    "A tie counts nothing in your share, as if it were lost: one half is meant.",
    "If all images have the same score, what does it know, and what should the area be?",
)
def ties_lost(scores, is_anomaly):
    odd, normal = split(scores, is_anomaly)
    return (odd[:, None] > normal).double().mean().item()


@wrong(
    "auroc",
    "A tie counts as won in your share: one half is meant.",
    "If all images have the same score, what does it know, and what should the area be?",
)
def ties_won(scores, is_anomaly):
    odd, normal = split(scores, is_anomaly)
    return (odd[:, None] >= normal).double().mean().item()


@wrong(
    "auroc",
    "Equal scores get different places, by the order in which the images stand: put them into another order, and "
    "the area changes.",
    "Which place should each of three equal scores have?",
)
def ties_by_place(scores, is_anomaly):
    odd = is_anomaly.bool()
    ranks = torch.empty(len(scores), dtype=torch.float64)
    ranks[scores.argsort(stable=True)] = torch.arange(1, len(scores) + 1).double()
    n, m = int(odd.sum()), int((~odd).sum())
    return ((ranks[odd].sum() - n * (n + 1) / 2) / (n * m)).item()


@wrong(
    "auroc",
    "Ties are left out of the count of pairs altogether. A pair that the score cannot decide is a pair, and counts one half.",
    "How many pairs are there, with the ties?",
)
def ties_left_out(scores, is_anomaly):
    odd, normal = split(scores, is_anomaly)
    won, lost = (odd[:, None] > normal).sum(), (odd[:, None] < normal).sum()
    return float(won / (won + lost)) if won + lost else 0.5


@wrong(
    "auroc",
    "What you return is the share of right decisions at one threshold, the middle score; the area looks at all "
    "thresholds at once.",
    "At which threshold should one stop counting?",
)
def accuracy_at_the_median(scores, is_anomaly):
    return ((scores > scores.median()) == is_anomaly.bool()).double().mean().item()


@wrong(
    "auroc",
    "What you return is the share of anomalies that score above 0: a threshold that nobody asked for, and the "
    "normal images have no part "
    "in it.",
    "Does the number 0 mean anything to a score?",
)
def share_above_zero(scores, is_anomaly):
    odd, _ = split(scores, is_anomaly)
    return (odd > 0).double().mean().item()


@wrong(
    "auroc",
    "What you return is the distance of the two mean scores: how far, and not how often, an anomaly is ahead.",
    "What becomes of your number when all scores are doubled?",
)
def difference_of_means(scores, is_anomaly):
    odd, normal = split(scores, is_anomaly)
    return float(odd.mean() - normal.mean())


@wrong(
    "auroc",
    "You divide by all pairs of images: pairs of two anomalies, or of two normal images, are counted below the "
    "line and can never be won.",
    "In which pairs is there anything to tell apart?",
)
def out_of_all_pairs(scores, is_anomaly):
    odd, normal = split(scores, is_anomaly)
    lead = odd[:, None] - normal
    return ((lead > 0).double() + 0.5 * (lead == 0)).sum().item() / len(scores) ** 2


@wrong(
    "auroc",
    "You count the pairs and do not divide by how many there are.",
    "What is the largest value that your answer can have?",
)
def count_of_pairs(scores, is_anomaly):
    odd, normal = split(scores, is_anomaly)
    lead = odd[:, None] - normal
    return ((lead > 0).double() + 0.5 * (lead == 0)).sum().item()


@wrong(
    "auroc",
    "Each anomaly is compared with all images, other anomalies and itself among them.",
    "Whom should an anomaly be told apart from?",
)
def against_everybody(scores, is_anomaly):
    odd, _ = split(scores, is_anomaly)
    lead = odd[:, None] - scores
    return ((lead > 0).double() + 0.5 * (lead == 0)).mean().item()


@wrong(
    "auroc",
    "What you return is 2 A - 1, which is 0 for a score that knows nothing; A itself is asked for.",
    "What should a score that knows nothing get?",
)
def stretched_to_minus_one(scores, is_anomaly):
    odd, normal = split(scores, is_anomaly)
    return torch.sign(odd[:, None] - normal).double().mean().item()


@wrong(
    "auroc",
    "An area below one half is turned into its counterpart above it: a score that is worse than chance is "
    "reported as a good one.",
    "May a score that puts the anomalies last be called good?",
)
def never_below_half(scores, is_anomaly):
    odd, normal = split(scores, is_anomaly)
    lead = odd[:, None] - normal
    area = ((lead > 0).double() + 0.5 * (lead == 0)).mean().item()
    return max(area, 1 - area)


@wrong(
    "auroc",
    "What you return is the average precision: of the images above each anomaly, how many are anomalies. It "
    "depends on how many normal "
    "images there are.",
    "Twice as many normal images with the same scores: should the area change?",
)
def average_precision(scores, is_anomaly):
    odd = is_anomaly.bool()
    order = scores.argsort(descending=True)
    found = odd[order].double().cumsum(0)
    precision = found / torch.arange(1, len(scores) + 1)
    return precision[odd[order]].mean().item()


@wrong(
    "auroc",
    "Truth given as the numbers 0 and 1 is used as places: your scores are those of image 0 and image 1, over and over.",
    "What does indexing with whole numbers do, and what with truth values?",
)
def numbers_as_places(scores, is_anomaly):
    odd, normal = scores[is_anomaly], scores[1 - is_anomaly if is_anomaly.dtype != torch.bool else ~is_anomaly]
    lead = odd[:, None] - normal
    return ((lead > 0).double() + 0.5 * (lead == 0)).mean().item()


@wrong(
    "auroc",
    "Each anomaly is compared with one normal image, the one in the same place of its list, and not with all of them.",
    "How many pairs do 3 anomalies and 5 normal images make?",
)
def side_by_side(scores, is_anomaly):
    odd, normal = split(scores, is_anomaly)
    n = min(len(odd), len(normal))
    lead = odd[:n] - normal[:n]
    return ((lead > 0).double() + 0.5 * (lead == 0)).mean().item()


@wrong(
    "auroc",
    "What you return is the greatest distance between the two shares, of anomalies and of normal images above a "
    "threshold: that is the "
    "curve at its best point, and not the area under all of it.",
    "At how many thresholds does your answer look?",
)
def best_threshold(scores, is_anomaly):
    odd, normal = split(scores, is_anomaly)
    above = [(odd >= t).double().mean() - (normal >= t).double().mean() for t in scores]
    return float(max(above))


# --- gumbel_softmax ---


def gumbel(uniform):
    return -torch.log(-torch.log(uniform))


@wrong(
    "gumbel_softmax",
    "The noise is added after the division by tau: at a low temperature the logits win whatever the noise is, "
    "and nothing is drawn.",
    "As tau goes to 0, should the largest logit win, or the largest sum?",
)
def noise_after_the_division(logits, tau, uniform):
    return torch.softmax(logits / tau + gumbel(uniform), dim=-1)


@wrong(
    "gumbel_softmax",
    "u itself is added as noise: a uniform number, which is never below 0 or above 1, where Gumbel noise is meant.",
    "How is Gumbel noise made of a uniform number?",
)
def uniform_noise(logits, tau, uniform):
    return torch.softmax((logits + uniform) / tau, dim=-1)


@wrong(
    "gumbel_softmax",
    "The noise has its sign turned round: log(-log u) is added, whose long tail goes down in place of up.",
    "Which value of u should give a large noise?",
)
def noise_turned_round(logits, tau, uniform):
    return torch.softmax((logits - gumbel(uniform)) / tau, dim=-1)


@wrong(
    "gumbel_softmax",
    "Your noise is -log u, which is exponential: the outer logarithm is missing.",
    "How many logarithms does Gumbel noise have?",
)
def exponential_noise(logits, tau, uniform):
    return torch.softmax((logits - torch.log(uniform)) / tau, dim=-1)


@wrong(
    "gumbel_softmax",
    "Your noise is log u, with the inner minus and the outer logarithm missing: it only ever lowers a logit.",
    "How is Gumbel noise made of a uniform number?",
)
def log_uniform_noise(logits, tau, uniform):
    return torch.softmax((logits + torch.log(uniform)) / tau, dim=-1)


@wrong(
    "gumbel_softmax",
    "Your noise is the logistic one, log u - log(1 - u), which belongs to a choice between two.",
    "How many classes does your noise have in mind?",
)
def logistic_noise(logits, tau, uniform):
    return torch.softmax((logits + torch.log(uniform) - torch.log1p(-uniform)) / tau, dim=-1)


@wrong(
    "gumbel_softmax",
    "uniform is not used: what you return is the softmax of the logits, and nothing is drawn.",
    "What makes two draws from the same logits differ?",
)
def no_noise(logits, tau, uniform):
    return torch.softmax(logits / tau, dim=-1)


@wrong(
    "gumbel_softmax",
    "The sum is multiplied by tau: a low temperature makes the draw softer, where it should make it harder.",
    "As tau goes to 0, what should the row become?",
)
def times_tau(logits, tau, uniform):
    return torch.softmax((logits + gumbel(uniform)) * tau, dim=-1)


@wrong(
    "gumbel_softmax",
    "Only the noise is divided by tau, and the logits are not.",
    "What does the temperature divide?",
)
def noise_alone_divided(logits, tau, uniform):
    return torch.softmax(logits + gumbel(uniform) / tau, dim=-1)


@wrong(
    "gumbel_softmax",
    "tau is not used: the temperature is always 1.",
    "Where does tau come in?",
)
def tau_ignored(logits, tau, uniform):
    return torch.softmax(logits + gumbel(uniform), dim=-1)


@wrong(
    "gumbel_softmax",
    "Your row is one-hot: that is an exact draw, with or without a borrowed slope. The relaxed one is asked for.",
    "How does the largest entry change when a logit moves a little?",
)
def hard(logits, tau, uniform):
    best = (logits + gumbel(uniform)).argmax(-1)
    return F.one_hot(best, logits.shape[-1]).to(logits)


@wrong("gumbel_softmax", alias_of="hard")
def straight_through(logits, tau, uniform):
    soft = torch.softmax((logits + gumbel(uniform)) / tau, dim=-1)
    return F.one_hot(soft.argmax(-1), logits.shape[-1]).to(soft) - soft.detach() + soft


@wrong(
    "gumbel_softmax",
    "The softmax runs along the batch: columns add up to 1, and rows do not.",
    "Which axis holds the classes?",
)
def softmax_over_the_batch(logits, tau, uniform):
    return torch.softmax((logits + gumbel(uniform)) / tau, dim=0)


@wrong(
    "gumbel_softmax",
    "What you return is the logarithm of the shares.",
    "What should a row add up to?",
)
def log_shares(logits, tau, uniform):
    return torch.log_softmax((logits + gumbel(uniform)) / tau, dim=-1)


@wrong(
    "gumbel_softmax",
    "The noise is added to probabilities, where it belongs on their logarithms: a class of probability 0 then "
    "has as good a chance as "
    "others.",
    "To which numbers is Gumbel noise added so that the largest is a fair draw?",
)
def noise_on_probabilities(logits, tau, uniform):
    return torch.softmax((torch.softmax(logits, dim=-1) + gumbel(uniform)) / tau, dim=-1)


@wrong(
    "gumbel_softmax",
    "The logits are taken for probabilities, by their logarithm: a negative logit has none.",
    "Which numbers may a logit be?",
)
def logarithm_of_logits(logits, tau, uniform):
    return torch.softmax((torch.log(logits.clamp(min=1e-6)) + gumbel(uniform)) / tau, dim=-1)


@wrong(
    "gumbel_softmax",
    "uniform is not used: noise is drawn inside, so two calls with the same arguments give different draws, and "
    "no run can be repeated.",
    "Who decides about the noise?",
)
def draws_its_own_noise(logits, tau, uniform):
    return F.gumbel_softmax(logits, tau=tau, dim=-1)


@wrong(
    "gumbel_softmax",
    "All rows share the noise of row 0.",
    "How many rows does uniform have?",
)
def noise_of_the_first_row(logits, tau, uniform):
    return torch.softmax((logits + gumbel(uniform[:1])) / tau, dim=-1)


@wrong(
    "gumbel_softmax",
    "The value is right, and the logits are cut off from it: no gradient comes back, which is what the relaxation is for.",
    "Which call turns a tensor with a history into one without?",
)
def logits_detached(logits, tau, uniform):
    return torch.softmax((logits.detach() + gumbel(uniform)) / tau, dim=-1)


@wrong(
    "gumbel_softmax",
    "At ordinary numbers you are right; with large logits and a small tau the exp that you write out is "
    "infinite, and infinite over "
    "infinite is not a number.",
    "What is exp of 1,000 on a computer, and what may be subtracted from a row beforehand?",
)
def exp_written_out(logits, tau, uniform):
    weights = torch.exp((logits + gumbel(uniform)) / tau)
    return weights / weights.sum(-1, keepdim=True)


# --- leave_one_out_gradient ---


def of_others(values):
    return (values.sum(0) - values) / (len(values) - 1)


def scores(logits, z):
    return F.one_hot(z, logits.shape[-1]) - torch.softmax(logits, dim=-1)


@wrong(
    "leave_one_out_gradient",
    "Your baseline is the mean of all samples, the sample itself among them. It then depends on the z whose "
    "score it multiplies, and the "
    "estimate is biased: (K - 1) / K of the gradient on average.",
    "May the baseline of a sample know what that sample did?",
)
def mean_of_all(values, logits, z):
    return ((values - values.mean(0))[..., None] * scores(logits, z)).mean(0)


@wrong(
    "leave_one_out_gradient",
    "There is no baseline: this is the plain score-function estimate. It is right on average, and a constant "
    "added to all values, which "
    "changes nothing, makes it as noisy as you like.",
    "What is subtracted from each value?",
)
def no_baseline(values, logits, z):
    return (values[..., None] * scores(logits, z)).mean(0)


@wrong(
    "leave_one_out_gradient",
    "The sum of the other values is divided by K, though there are only K - 1 others.",
    "How many samples are left when one is left out?",
)
def divided_by_k(values, logits, z):
    others = (values.sum(0) - values) / len(values)
    return ((values - others)[..., None] * scores(logits, z)).mean(0)


@wrong(
    "leave_one_out_gradient",
    "The baseline is the sum of the other values, and not their mean.",
    "What should the difference be when all samples do equally well?",
)
def sum_of_the_others(values, logits, z):
    others = values.sum(0) - values
    return ((values - others)[..., None] * scores(logits, z)).mean(0)


@wrong(
    "leave_one_out_gradient",
    "The samples are added up and not averaged: your gradient grows with K.",
    "Twice as many samples: should the estimate be twice as large?",
)
def sum_over_samples(values, logits, z):
    return ((values - of_others(values))[..., None] * scores(logits, z)).sum(0)


@wrong(
    "leave_one_out_gradient",
    "The average over samples divides by K - 1 where it should by K. With the mean of the others as a baseline "
    "it is too large by "
    "K / (K - 1).",
    "How many samples are averaged?",
)
def averaged_over_k_minus_one(values, logits, z):
    return ((values - of_others(values))[..., None] * scores(logits, z)).sum(0) / (len(values) - 1)


@wrong(
    "leave_one_out_gradient",
    "The sign is turned round: this is the way down, for a loss that is minus E[f].",
    "Should a class whose samples do better than the others gain or lose?",
)
def downhill(values, logits, z):
    return -((values - of_others(values))[..., None] * scores(logits, z)).mean(0)


@wrong(
    "leave_one_out_gradient",
    "The baseline is the mean over the rows of the batch: another row's values say nothing of how well this row's samples do.",
    "Which axis holds the samples of one row?",
)
def mean_over_the_batch(values, logits, z):
    return ((values - values.mean(1, keepdim=True))[..., None] * scores(logits, z)).mean(0)


@wrong(
    "leave_one_out_gradient",
    "The baseline is the mean of all values in the table, one number for all rows.",
    "Whose values may a row be compared with?",
)
def one_mean(values, logits, z):
    return ((values - values.mean())[..., None] * scores(logits, z)).mean(0)


@wrong(
    "leave_one_out_gradient",
    "The leads are divided by their spread. It makes steps of equal size, and the average is no longer the gradient.",
    "What becomes of your gradient when f is doubled, and what should?",
)
def standardised_leads(values, logits, z):
    lead = (values - of_others(values)) / (values.std(0) + 1e-9)
    return (lead[..., None] * scores(logits, z)).mean(0)


@wrong(
    "leave_one_out_gradient",
    "Your score is the one-hot row divided by the probability: the gradient with respect to the probabilities, "
    "and not to the logits.",
    "With respect to what is the gradient asked for, and how does log p(z) depend on it?",
)
def in_the_probabilities(values, logits, z):
    p = torch.softmax(logits, dim=-1)
    return ((values - of_others(values))[..., None] * F.one_hot(z, logits.shape[-1]) / p).mean(0)


@wrong(
    "leave_one_out_gradient",
    "The mean lead is multiplied by the mean score: the two are averaged separately. Leads over the mean of the "
    "others average to 0.",
    "Which comes first: the product of each sample, or the mean over samples?",
)
def means_multiplied(values, logits, z):
    return (values - of_others(values)).mean(0)[:, None] * scores(logits, z).mean(0)


@wrong(
    "leave_one_out_gradient",
    "Each sample is compared with the next one only, and not with the mean of all others. It is right on "
    "average, and wastes what the "
    "other samples know.",
    "Over how many others is the baseline averaged?",
)
def against_the_next(values, logits, z):
    return ((values - values.roll(1, 0))[..., None] * scores(logits, z)).mean(0)


@wrong(
    "leave_one_out_gradient",
    "The baseline is the best of the other samples, and not their mean.",
    "What should the leads of a row add up to?",
)
def best_of_the_others(values, logits, z):
    K = len(values)
    others = torch.stack([torch.cat([values[:k], values[k + 1 :]]).amax(0) for k in range(K)])
    return ((values - others)[..., None] * scores(logits, z)).mean(0)


@wrong(
    "leave_one_out_gradient",
    "The logits are used as if they were probabilities in the score: one-hot minus logits.",
    "What is subtracted from the one-hot row: p, or its logarithm?",
)
def logits_for_probabilities(values, logits, z):
    score = F.one_hot(z, logits.shape[-1]) - logits
    return ((values - of_others(values) + 1)[..., None] * score).mean(0)


@wrong(
    "leave_one_out_gradient",
    "The value itself is multiplied by the score of its own sample, and the baseline by the score of the others: "
    "what is left is not the "
    "gradient's estimate but something half as large or less.",
    "By which score is the baseline of a sample multiplied?",
)
def baseline_at_the_mean_score(values, logits, z):
    score = scores(logits, z)
    return (values[..., None] * score).mean(0) - (of_others(values)[..., None] * of_others(score)).mean(0)


# --- mixture_log_prob ---


def parts_of(z, mu, logvar):
    """Log-density of each part, (..., M)."""
    return Normal(mu, std(logvar)).log_prob(z[..., None, :]).sum(-1)


@wrong(
    "mixture_log_prob",
    "The weights are missing: the densities of all parts are added up as they are, and the whole does not integrate to 1.",
    "Each part integrates to 1: what does a sum of M of them integrate to?",
)
def weights_missing(z, mu, logvar, log_weights):
    return parts_of(z, mu, logvar).logsumexp(-1)


@wrong(
    "mixture_log_prob",
    "All parts have the same weight in yours: log_weights is not used.",
    "What does a part with a large weight do to the density near its centre?",
)
def equal_parts(z, mu, logvar, log_weights):
    return parts_of(z, mu, logvar).logsumexp(-1) - math.log(len(mu))


@wrong(
    "mixture_log_prob",
    "The logarithms of the parts are averaged, by their weights. The density of a mixture is an average of "
    "densities, and its logarithm "
    "is larger.",
    "Which comes first: the sum over parts, or the logarithm?",
)
def mean_of_logs(z, mu, logvar, log_weights):
    return (log_weights.exp() * parts_of(z, mu, logvar)).sum(-1)


@wrong(
    "mixture_log_prob",
    "Every dimension chooses its part by itself: you add up the parts before the dimensions. In a mixture one "
    "part is chosen, for all of "
    "the code.",
    "How often is a part chosen for one code?",
)
def part_for_each_dimension(z, mu, logvar, log_weights):
    each = Normal(mu, std(logvar)).log_prob(z[..., None, :])  # (..., M, Z)
    return (log_weights[:, None] + each).logsumexp(-2).sum(-1)


@wrong(
    "mixture_log_prob",
    "You take the best part alone: the others add something, however little.",
    "Between two equal parts, in the middle: how many of them count?",
)
def best_part(z, mu, logvar, log_weights):
    return (log_weights + parts_of(z, mu, logvar)).amax(-1)


@wrong(
    "mixture_log_prob",
    "You add up the log-densities of all parts: that is a product of the parts, not a mixture.",
    "Is a code of the one part or of the other, or of both at once?",
)
def product_of_parts(z, mu, logvar, log_weights):
    return (log_weights + parts_of(z, mu, logvar)).sum(-1)


@wrong(
    "mixture_log_prob",
    "You blend the parameters: one Gaussian with the weighted mean and the weighted variance of the parts, which "
    "has one hump where the "
    "mixture has several.",
    "How many humps do two parts have that lie far apart?",
)
def blended_parameters(z, mu, logvar, log_weights):
    weights = log_weights.exp()
    mean, variance = weights @ mu, weights @ logvar.exp()
    return Normal(mean, variance.sqrt()).log_prob(z).sum(-1)


@wrong(
    "mixture_log_prob",
    "Logvar is taken for the logarithm of sigma: the deviation of each part is exp(logvar), its variance.",
    "Does the scale of a Normal mean sigma, or sigma squared?",
)
def variance_as_deviation(z, mu, logvar, log_weights):
    parts = Normal(mu, logvar.exp()).log_prob(z[..., None, :]).sum(-1)
    return (log_weights + parts).logsumexp(-1)


@wrong(
    "mixture_log_prob",
    "The constant is missing, half of log 2 pi for each dimension.",
    "What is the density of N(0, 1) at 0?",
)
def constant_missing(z, mu, logvar, log_weights):
    return (log_weights + parts_of(z, mu, logvar)).logsumexp(-1) + 0.5 * math.log(2 * math.pi) * z.shape[-1]


@wrong(
    "mixture_log_prob",
    "The logarithm of sigma is missing: a narrow part is as high at its centre as a wide one.",
    "Two parts of the same weight, one narrow and one wide: which is higher at its centre?",
)
def log_sigma_missing(z, mu, logvar, log_weights):
    parts = parts_of(z, mu, logvar) + 0.5 * logvar.sum(-1)
    return (log_weights + parts).logsumexp(-1)


@wrong(
    "mixture_log_prob",
    "log_weights is used as if it held the weights themselves: each logarithm of a density is multiplied by a negative number.",
    "What becomes of weight times density when its logarithm is taken?",
)
def weights_as_factors(z, mu, logvar, log_weights):
    return (log_weights * parts_of(z, mu, logvar)).logsumexp(-1)


@wrong(
    "mixture_log_prob",
    "The weights are added to the log-densities as they are, and not their logarithms.",
    "What becomes of weight times density when its logarithm is taken?",
)
def weights_not_as_logarithms(z, mu, logvar, log_weights):
    return (log_weights.exp() + parts_of(z, mu, logvar)).logsumexp(-1)


@wrong(
    "mixture_log_prob",
    "The dimensions are averaged and not added up: the log-density of each part is Z times too small.",
    "What becomes of the densities of independent dimensions?",
)
def mean_over_dimensions_of_z(z, mu, logvar, log_weights):
    parts = Normal(mu, std(logvar)).log_prob(z[..., None, :]).mean(-1)
    return (log_weights + parts).logsumexp(-1)


@wrong(
    "mixture_log_prob",
    "What you return is minus the log-density.",
    "Larger should be likelier: is it, in yours?",
)
def minus_the_log_density(z, mu, logvar, log_weights):
    return -(log_weights + parts_of(z, mu, logvar)).logsumexp(-1)


@wrong(
    "mixture_log_prob",
    "What you return is the density itself, and its logarithm is asked for.",
    "Can the logarithm of a density be negative?",
)
def density_itself(z, mu, logvar, log_weights):
    return (log_weights + parts_of(z, mu, logvar)).logsumexp(-1).exp()


@wrong(
    "mixture_log_prob",
    "The value is right, and the parts are cut off from it: a prior whose means and variances get no gradient "
    "cannot be learned.",
    "Which of the arguments is cut off from its history?",
)
def parts_held_fixed(z, mu, logvar, log_weights):
    return (log_weights + parts_of(z, mu.detach(), logvar.detach())).logsumexp(-1)


@wrong(
    "mixture_log_prob",
    "The value is right, and the code is cut off from it: the encoder would not hear from this prior.",
    "Which of the arguments is cut off from its history?",
)
def code_held_fixed(z, mu, logvar, log_weights):
    return (log_weights + parts_of(z.detach(), mu, logvar)).logsumexp(-1)


@wrong(
    "mixture_log_prob",
    "At ordinary codes you are right; far from every part the densities that you write out are 0, and the "
    "logarithm of 0 is infinite.",
    "What is exp of -1,000 on a computer?",
)
def densities_written_out(z, mu, logvar, log_weights):
    return (log_weights.exp() * parts_of(z, mu, logvar).exp()).sum(-1).log()


@wrong(
    "mixture_log_prob",
    "At ordinary codes you are right; far from every part a small number inside your logarithm is all that is "
    "left, so the density has a "
    "floor there, and no slope.",
    "How should the log-density fall when a code moves further away?",
)
def densities_with_a_floor(z, mu, logvar, log_weights):
    return ((log_weights.exp() * parts_of(z, mu, logvar).exp()).sum(-1) + 1e-30).log()


# --- elbo_with_prior ---


def drawn(x, model, eps):
    mu, logvar = model.encode(x)
    return mu, logvar, mu + std(logvar) * eps


@wrong(
    "elbo_with_prior",
    "You average the weights before the logarithm: that is the bound of stage 07. It is tighter, and not the "
    "ELBO that is asked for here.",
    "Which comes first here: the mean over samples, or the logarithm?",
)
def bound_of_many(x, model, log_prior, eps):
    mu, logvar, z = drawn(x, model, eps)
    log_w = model.log_likelihood(x, z) + log_prior(z) - density(z, mu, logvar)
    return log_w.logsumexp(0) - math.log(len(eps))


@wrong(
    "elbo_with_prior",
    "Your prior is N(0, I): log_prior is not asked.",
    "Which prior does this bound belong to?",
)
def standard_prior(x, model, log_prior, eps):
    mu, logvar, z = drawn(x, model, eps)
    return (model.log_likelihood(x, z) + Normal(0.0, 1.0).log_prob(z).sum(-1) - density(z, mu, logvar)).mean(0)


@wrong(
    "elbo_with_prior",
    "The KL to N(0, I) in its closed form is subtracted, as in stage 05: log_prior is not asked.",
    "Is there a closed form for a prior that is known only by its log-density?",
)
def closed_form_to_the_standard_prior(x, model, log_prior, eps):
    mu, logvar, z = drawn(x, model, eps)
    return model.log_likelihood(x, z).mean(0) - kl_divergence(Normal(mu, std(logvar)), Normal(0.0, 1.0)).sum(-1)


@wrong(
    "elbo_with_prior",
    "Two priors are paid for: log_prior, and N(0, I) besides, in its closed form.",
    "How often should log q and log p(z) each come in?",
)
def two_priors(x, model, log_prior, eps):
    mu, logvar, z = drawn(x, model, eps)
    kl = kl_divergence(Normal(mu, std(logvar)), Normal(0.0, 1.0)).sum(-1)
    return (model.log_likelihood(x, z) + log_prior(z)).mean(0) - kl


@wrong(
    "elbo_with_prior",
    "log q is missing: the code is charged for lying where the prior is low, and not paid back for being uncertain.",
    "What does an encoder do to its sigma when nothing rewards it for being wide?",
)
def entropy_missing(x, model, log_prior, eps):
    _, _, z = drawn(x, model, eps)
    return (model.log_likelihood(x, z) + log_prior(z)).mean(0)


@wrong(
    "elbo_with_prior",
    "log_prior is missing: codes may lie anywhere at no price.",
    "Which of the three log-densities have you not got?",
)
def prior_left_out(x, model, log_prior, eps):
    mu, logvar, z = drawn(x, model, eps)
    return (model.log_likelihood(x, z) - density(z, mu, logvar)).mean(0)


@wrong(
    "elbo_with_prior",
    "The KL has its sign turned round: the prior is subtracted and log q is added.",
    "Should a code where the prior is high cost more or less?",
)
def kl_turned(x, model, log_prior, eps):
    mu, logvar, z = drawn(x, model, eps)
    return (model.log_likelihood(x, z) - log_prior(z) + density(z, mu, logvar)).mean(0)


@wrong(
    "elbo_with_prior",
    "The log-likelihood is missing: what you return is minus the KL.",
    "Where does x itself come in?",
)
def minus_the_kl(x, model, log_prior, eps):
    mu, logvar, z = drawn(x, model, eps)
    return (log_prior(z) - density(z, mu, logvar)).mean(0)


@wrong(
    "elbo_with_prior",
    "What you return is minus the bound, a loss.",
    "Larger should be better: is it, in yours?",
)
def loss(x, model, log_prior, eps):
    mu, logvar, z = drawn(x, model, eps)
    return -(model.log_likelihood(x, z) + log_prior(z) - density(z, mu, logvar)).mean(0)


@wrong(
    "elbo_with_prior",
    "The samples are added up and not averaged: your value grows with K.",
    "Twice as many samples: should the bound be twice as large?",
)
def sum_of_samples(x, model, log_prior, eps):
    mu, logvar, z = drawn(x, model, eps)
    return (model.log_likelihood(x, z) + log_prior(z) - density(z, mu, logvar)).sum(0)


@wrong(
    "elbo_with_prior",
    "The prior is asked about the mean of q and not about the samples: the average of log p(z) over q is not its "
    "value at the average.",
    "At which codes are all three log-densities taken?",
)
def prior_at_the_mean(x, model, log_prior, eps):
    mu, logvar, z = drawn(x, model, eps)
    return (model.log_likelihood(x, z) + log_prior(mu) - density(z, mu, logvar)).mean(0)


@wrong(
    "elbo_with_prior",
    "The prior is asked about the noise and not about the codes.",
    "What is the code: eps, or what is made of it?",
)
def prior_of_the_noise(x, model, log_prior, eps):
    mu, logvar, z = drawn(x, model, eps)
    return (model.log_likelihood(x, z) + log_prior(eps) - density(z, mu, logvar)).mean(0)


@wrong(
    "elbo_with_prior",
    "Your log q is the log-density of eps: the logarithm of sigma of each dimension is missing.",
    "For the same eps, is q(z) higher in a narrow q or in a wide one?",
)
def density_of_the_noise(x, model, log_prior, eps):
    _, _, z = drawn(x, model, eps)
    return (model.log_likelihood(x, z) + log_prior(z) - Normal(0.0, 1.0).log_prob(eps).sum(-1)).mean(0)


@wrong(
    "elbo_with_prior",
    "Codes are made with the variance in place of sigma, so they are no samples of q.",
    "Is logvar the log of sigma, or of sigma squared?",
)
def sampled_with_the_variance(x, model, log_prior, eps):
    mu, logvar = model.encode(x)
    z = mu + logvar.exp() * eps
    return (model.log_likelihood(x, z) + log_prior(z) - density(z, mu, logvar)).mean(0)


@wrong(
    "elbo_with_prior",
    "Your log q has the variance for its deviation.",
    "Does the scale of a Normal mean sigma, or sigma squared?",
)
def density_with_the_variance(x, model, log_prior, eps):
    mu, logvar, z = drawn(x, model, eps)
    return (model.log_likelihood(x, z) + log_prior(z) - Normal(mu, logvar.exp()).log_prob(z).sum(-1)).mean(0)


@wrong(
    "elbo_with_prior",
    "Only the first sample is used.",
    "How many samples does eps hold?",
)
def first_sample(x, model, log_prior, eps):
    mu, logvar, z = drawn(x, model, eps[:1])
    return (model.log_likelihood(x, z) + log_prior(z) - density(z, mu, logvar)).mean(0)


@wrong(
    "elbo_with_prior",
    "The value is right, and log q is cut off from mu and logvar: the gradient that reaches the encoder lacks a part.",
    "In which ways does the value depend on logvar, and is one of them cut?",
)
def q_detached(x, model, log_prior, eps):
    mu, logvar, z = drawn(x, model, eps)
    return (model.log_likelihood(x, z) + log_prior(z) - density(z, mu.detach(), logvar.detach())).mean(0)


@wrong(
    "elbo_with_prior",
    "The value is right, and the prior is asked about a code without its history: it pulls at nothing, and the "
    "encoder goes where it likes.",
    "Whom should the prior pull?",
)
def prior_detached(x, model, log_prior, eps):
    mu, logvar, z = drawn(x, model, eps)
    return (model.log_likelihood(x, z) + log_prior(z.detach()) - density(z, mu, logvar)).mean(0)
