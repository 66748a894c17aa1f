"""Right answers to stage 08 in other styles: they must pass."""

import math

import numpy as np
import torch
from torch import nn
from torch.distributions import Categorical, Gumbel, Independent, MixtureSameFamily, MultivariateNormal, Normal, kl_divergence
from torch.nn import functional as F

from vae_course.checks.bank import right

# --- ConditionalVAE ---


@right("ConditionalVAE")
class fixed_prior(nn.Module):
    def __init__(self, x_dim, y_dim, z_dim):
        super().__init__()
        self.x_dim, self.y_dim, self.z_dim = x_dim, y_dim, z_dim
        self.q = nn.Sequential(nn.Linear(x_dim + y_dim, 32), nn.ReLU())
        self.mu, self.logvar = nn.Linear(32, z_dim), nn.Linear(32, z_dim)
        self.p = nn.Sequential(nn.Linear(z_dim + y_dim, 32), nn.ReLU(), nn.Linear(32, x_dim))

    def encode(self, x, y):
        h = self.q(torch.hstack([x, y]))
        return self.mu(h), self.logvar(h)

    def prior(self, y):
        none = y.new_zeros(len(y), self.z_dim)
        return none, none

    def decode(self, z, y):
        both = torch.broadcast_tensors(z[..., 0], y[..., 0])[0].shape
        return self.p(torch.cat([z.expand(*both, self.z_dim), y.expand(*both, self.y_dim)], -1))

    def forward(self, x, y, eps):
        mu, logvar = self.encode(x, y)
        return self.decode(mu + (logvar / 2).exp() * eps, y), mu, logvar, *self.prior(y)


@right("ConditionalVAE")
class label_added_in_the_hidden_layer(nn.Module):
    """The sum of two linear layers broadcasts by itself."""

    def __init__(self, x_dim, y_dim, z_dim):
        super().__init__()
        self.x_dim, self.y_dim, self.z_dim = x_dim, y_dim, z_dim
        self.of_x, self.of_y, self.of_z, self.of_label = (
            nn.Linear(x_dim, 32), nn.Linear(y_dim, 32, bias=False), nn.Linear(z_dim, 32), nn.Linear(y_dim, 32, bias=False),
        )
        self.ends, self.logits = nn.Linear(32, 2 * z_dim), nn.Linear(32, x_dim)
        self.prior_mean = nn.Linear(y_dim, z_dim, bias=False)
        self.prior_logvar = nn.Linear(y_dim, z_dim, bias=False)

    def encode(self, x, y):
        ends = self.ends(torch.tanh(self.of_x(x) + self.of_y(y)))
        return ends[..., : self.z_dim], ends[..., self.z_dim :]

    def prior(self, y):
        return self.prior_mean(y), self.prior_logvar(y)

    def decode(self, z, y):
        return self.logits(torch.tanh(self.of_z(z) + self.of_label(y)))

    def forward(self, x, y, eps):
        mu, logvar = self.encode(x, y)
        z = torch.addcmul(mu, torch.exp(0.5 * logvar), eps)
        return [self.decode(z, y), mu, logvar, *self.prior(y)]


@right("ConditionalVAE")
class embedded_labels(nn.Module):
    def __init__(self, x_dim, y_dim, z_dim):
        super().__init__()
        self.x_dim, self.y_dim, self.z_dim = x_dim, y_dim, z_dim
        self.table = nn.Embedding(y_dim, 2 * z_dim)
        self.names = nn.Embedding(y_dim, 6)
        self.encoder = nn.Sequential(nn.Linear(x_dim + 6, 24), nn.ReLU(), nn.Linear(24, 2 * z_dim))
        self.decoder = nn.Sequential(nn.Linear(z_dim + 6, 24), nn.ReLU(), nn.Linear(24, x_dim))

    def encode(self, x, y):
        return torch.chunk(self.encoder(torch.cat([x, self.names(y.argmax(-1))], 1)), 2, -1)

    def prior(self, y):
        return torch.chunk(self.table(y.argmax(-1)), 2, -1)

    def decode(self, z, y):
        name = self.names(y.argmax(-1))
        lead = torch.broadcast_shapes(z.shape[:-1], name.shape[:-1])
        return self.decoder(torch.cat([z.broadcast_to(*lead, z.shape[-1]), name.broadcast_to(*lead, 6)], -1))

    def forward(self, x, y, eps):
        q = self.encode(x, y)
        return self.decode(q[0] + torch.exp(q[1]).sqrt() * eps, y), *q, *self.prior(y)


@right("ConditionalVAE")
class modules_for_methods(nn.Module):
    class Pair(nn.Module):
        def __init__(self, net):
            super().__init__()
            self.net = net

        def forward(self, *given):
            mu, logvar = self.net(torch.cat(given, -1)).chunk(2, -1)
            return mu, logvar

    class Joined(nn.Module):
        def __init__(self, net):
            super().__init__()
            self.net = net

        def forward(self, z, y):
            zeros = 0 * z[..., :1] * y[..., :1]
            return self.net(torch.cat([z + zeros, y + zeros], -1))

    def __init__(self, x_dim, y_dim, z_dim):
        super().__init__()
        self.x_dim, self.y_dim, self.z_dim = x_dim, y_dim, z_dim
        self.encode = self.Pair(nn.Sequential(nn.Linear(x_dim + y_dim, 20), nn.SiLU(), nn.Linear(20, 2 * z_dim)))
        self.prior = self.Pair(nn.Sequential(nn.Linear(y_dim, 10), nn.Tanh(), nn.Linear(10, 2 * z_dim)))
        self.decode = self.Joined(nn.Sequential(nn.Linear(z_dim + y_dim, 20), nn.SiLU(), nn.Linear(20, x_dim)))

    def forward(self, x, y, eps):
        mu, logvar = self.encode(x, y)
        return self.decode(Normal(mu, torch.exp(logvar / 2)).mean + torch.exp(logvar / 2) * eps, y), mu, logvar, *self.prior(y)


@right("ConditionalVAE")
class prior_means_only(nn.Module):
    """The prior has a mean of its own for each label, and the variance 1."""

    def __init__(self, x_dim, y_dim, z_dim):
        super().__init__()
        self.sizes = x_dim, y_dim, z_dim
        self.layers = nn.ModuleDict({
            "hidden": nn.Linear(x_dim + y_dim, 24), "ends": nn.Linear(24, 2 * z_dim), "centre": nn.Linear(y_dim, z_dim),
            "code": nn.Linear(z_dim + y_dim, 24), "pixels": nn.Linear(24, x_dim),
        })

    x_dim = property(lambda self: self.sizes[0])
    y_dim = property(lambda self: self.sizes[1])
    z_dim = property(lambda self: self.sizes[2])

    def encode(self, x, y):
        h = F.elu(self.layers["hidden"](torch.column_stack([x, y])))
        return self.layers["ends"](h).split(self.z_dim, -1)

    def prior(self, y):
        centre = self.layers["centre"](y)
        return centre, torch.zeros_like(centre)

    def decode(self, z, y):
        while y.dim() < z.dim():
            y = y[None]
        while z.dim() < y.dim():
            z = z[None]
        shape = [max(a, b) for a, b in zip(z.shape[:-1], y.shape[:-1])]
        h = self.layers["code"](torch.cat([z.expand(*shape, -1), y.expand(*shape, -1)], dim=-1))
        return self.layers["pixels"](F.elu(h))

    def forward(self, x, y, eps):
        mu, logvar = self.encode(x, y)
        return (self.decode(mu + eps * torch.exp(0.5 * logvar), y), mu, logvar) + self.prior(y)


# --- conditional_elbo ---


@right("conditional_elbo")
def by_torch_distributions(log_likelihood, mu_q, logvar_q, mu_p, logvar_p):
    q, p = Normal(mu_q, (logvar_q / 2).exp()), Normal(mu_p, (logvar_p / 2).exp())
    return log_likelihood - kl_divergence(q, p).sum(-1)


@right("conditional_elbo")
def kl_written_out(log_likelihood, mu_q, logvar_q, mu_p, logvar_p):
    terms = logvar_p - logvar_q + torch.exp(logvar_q - logvar_p) + (mu_q - mu_p) ** 2 * torch.exp(-logvar_p) - 1
    return log_likelihood - 0.5 * terms.sum(dim=1)


@right("conditional_elbo")
def row_by_row(log_likelihood, mu_q, logvar_q, mu_p, logvar_p):
    rows = []
    for b in range(len(log_likelihood)):
        kl = gaussian_kl_between(mu_q[b : b + 1], logvar_q[b : b + 1], mu_p[b : b + 1], logvar_p[b : b + 1])
        rows.append(log_likelihood[b] - kl[0])
    return torch.stack(rows)


@right("conditional_elbo")
def by_independent_gaussians(log_likelihood, mu_q, logvar_q, mu_p, logvar_p):
    def gaussian(mu, logvar):
        return Independent(Normal(mu, torch.exp(logvar).sqrt()), 1)

    return torch.add(log_likelihood, kl_divergence(gaussian(mu_q, logvar_q), gaussian(mu_p, logvar_p)), alpha=-1)


@right("conditional_elbo")
def cross_entropy_less_entropy(log_likelihood, mu_q, logvar_q, mu_p, logvar_p):
    entropy = 0.5 * (logvar_q + 1).sum(-1)
    cross = 0.5 * (logvar_p + (logvar_q.exp() + (mu_q - mu_p).square()) / logvar_p.exp()).sum(-1)
    return log_likelihood + entropy - cross


@right("conditional_elbo")
def by_a_dot_product(log_likelihood, mu_q, logvar_q, mu_p, logvar_p):
    away = (mu_q - mu_p) / torch.exp(logvar_p / 2)
    ratio = logvar_q - logvar_p
    return log_likelihood - 0.5 * torch.einsum("bz,bz->b", away, away) - 0.5 * (torch.expm1(ratio) - ratio).sum(-1)


# --- class_posterior ---


@right("class_posterior")
def by_log_sum_exp(log_px_given_y, log_prior):
    joint = log_px_given_y + log_prior[None, :]
    return torch.exp(joint - joint.logsumexp(dim=1, keepdim=True))


@right("class_posterior")
def largest_taken_out(log_px_given_y, log_prior):
    joint = log_px_given_y + log_prior
    weights = (joint - joint.max(dim=-1, keepdim=True).values).exp()
    return weights / weights.sum(dim=-1, keepdim=True)


@right("class_posterior")
def by_a_categorical(log_px_given_y, log_prior):
    return Categorical(logits=log_px_given_y + log_prior).probs


@right("class_posterior")
def one_row_after_the_other(log_px_given_y, log_prior):
    return torch.stack([F.softmax(row + log_prior, dim=0) for row in log_px_given_y])


@right("class_posterior")
def exp_of_the_log_softmax(log_px_given_y, log_prior):
    return F.log_softmax(torch.add(log_px_given_y, log_prior), dim=1).exp()


@right("class_posterior")
def with_numpy(log_px_given_y, log_prior):
    joint = (log_px_given_y + log_prior).numpy()
    weights = np.exp(joint - joint.max(1, keepdims=True))
    return torch.from_numpy(weights / weights.sum(1, keepdims=True))


# --- label_information ---


@right("label_information")
def gathered(log_px_given_y, y, log_prior):
    log_px = torch.logsumexp(log_px_given_y + log_prior, dim=-1)
    return log_px_given_y.gather(1, y[:, None])[:, 0] - log_px


@right("label_information")
def log_posterior_less_log_prior(log_px_given_y, y, log_prior):
    log_posterior = torch.log_softmax(log_px_given_y + log_prior, dim=-1)
    return log_posterior[range(len(y)), y] - log_prior[y]


@right("label_information")
def by_the_cross_entropy(log_px_given_y, y, log_prior):
    return -F.cross_entropy(log_px_given_y + log_prior, y, reduction="none") - log_prior[y]


@right("label_information")
def one_after_the_other(log_px_given_y, y, log_prior):
    told = []
    for row, label in zip(log_px_given_y, y.tolist()):
        told.append(row[label] - torch.logsumexp(row + log_prior, dim=0))
    return torch.stack(told)


@right("label_information")
def relative_to_the_true_class(log_px_given_y, y, log_prior):
    own = torch.take_along_dim(log_px_given_y, y[:, None], dim=1)
    return -(log_px_given_y - own + log_prior).logsumexp(dim=1)


@right("label_information")
def masked(log_px_given_y, y, log_prior):
    chosen = torch.where(F.one_hot(y, len(log_prior)).bool(), log_px_given_y, 0).sum(-1)
    top = (log_px_given_y + log_prior).amax(-1)
    return chosen - top - (log_px_given_y + log_prior - top[:, None]).exp().sum(-1).log()


# --- linear_probe ---


@right("linear_probe")
def by_hand_and_regression(features, labels, new):
    from sklearn.linear_model import LogisticRegression

    mean, deviation = features.mean(0), features.std(0).clamp(min=1e-12)
    model = LogisticRegression(max_iter=1000).fit((features - mean) / deviation, labels)
    return torch.tensor(model.predict((new - mean) / deviation))


@right("linear_probe")
def scaler_and_regression(features, labels, new):
    from sklearn.linear_model import LogisticRegression
    from sklearn.preprocessing import StandardScaler

    scaler = StandardScaler()
    model = LogisticRegression(C=3.0, max_iter=500).fit(scaler.fit_transform(features), labels)
    return torch.from_numpy(model.predict(scaler.transform(new)))


@right("linear_probe")
def without_a_penalty(features, labels, new):
    import numpy
    from sklearn.linear_model import LogisticRegression

    rows, others = features.numpy(), new.numpy()
    deviation = rows.std(axis=0)
    deviation[deviation == 0] = 1.0
    model = LogisticRegression(C=100.0, max_iter=2000)
    model.fit((rows - rows.mean(axis=0)) / deviation, labels.numpy())
    return torch.as_tensor(numpy.asarray(model.predict((others - rows.mean(axis=0)) / deviation)))


@right("linear_probe")
def constant_features_dropped(features, labels, new):
    from sklearn.linear_model import LogisticRegression

    varies = features.std(0) > 0
    mean, std = features[:, varies].mean(0), features[:, varies].std(0)

    def prepared(given):
        return ((given[:, varies] - mean) / std).double().numpy()

    return torch.as_tensor(LogisticRegression(max_iter=1000).fit(prepared(features), labels.tolist()).predict(prepared(new)))


@right("linear_probe")
def border_by_scores(features, labels, new):
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import Pipeline
    from sklearn.preprocessing import StandardScaler

    probe = Pipeline([("scale", StandardScaler()), ("classify", LogisticRegression(max_iter=1000))])
    probe.fit(features.numpy(), labels.numpy())
    return torch.as_tensor(probe.classes_)[torch.as_tensor(probe.predict_proba(new.numpy())).argmax(1)]


# --- neighbour_vote ---


@right("neighbour_vote")
def sorted_distances(features, labels, new, k):
    order = torch.cdist(new, features).argsort(dim=1)[:, :k]
    return torch.mode(labels[order], dim=1).values


@right("neighbour_vote")
def votes_counted(features, labels, new, k):
    known = torch.unique(labels)
    distances = (new[:, None] - features).square().sum(-1)
    nearest = labels[distances.topk(k, dim=1, largest=False).indices]
    votes = (nearest[:, :, None] == known).sum(1)
    return known[votes.argmax(1)]


@right("neighbour_vote")
def by_scikit_learn(features, labels, new, k):
    from sklearn.neighbors import KNeighborsClassifier

    return torch.as_tensor(KNeighborsClassifier(n_neighbors=k).fit(features.numpy(), labels.numpy()).predict(new.numpy()))


@right("neighbour_vote")
def row_after_row(features, labels, new, k):
    answers = []
    for row in new:
        nearest = (features - row).norm(dim=1).argsort()[:k]
        answers.append(torch.bincount(labels[nearest]).argmax())
    return torch.stack(answers)


@right("neighbour_vote")
def with_numpy_arrays(features, labels, new, k):
    rows, names = features.numpy(), labels.numpy()
    answers = []
    for row in new.numpy():
        nearest = names[np.argsort(np.sqrt(((rows - row) ** 2).sum(1)), kind="stable")[:k]]
        found, counts = np.unique(nearest, return_counts=True)
        answers.append(int(found[counts.argmax()]))
    return torch.tensor(answers)


@right("neighbour_vote")
def one_hot_votes(features, labels, new, k):
    names, places = torch.unique(labels, return_inverse=True)
    lengths = new.pow(2).sum(1, keepdim=True) + features.pow(2).sum(1) - 2 * new @ features.T
    nearest = lengths.topk(k, largest=False).indices
    return names[F.one_hot(places, len(names))[nearest].sum(1).argmax(1)]


# --- anomaly_score ---


@right("anomaly_score")
def from_scratch(x, model, eps):
    mu, logvar = model.encode(x)
    q = Normal(mu, torch.exp(0.5 * logvar))
    z = mu + q.scale * eps
    log_w = model.log_likelihood(x, z) + Normal(0.0, 1.0).log_prob(z).sum(-1) - q.log_prob(z).sum(-1)
    return math.log(len(eps)) - torch.logsumexp(log_w, dim=0)


@right("anomaly_score")
def without_gradients(x, model, eps):
    with torch.no_grad():
        log_w = log_weights(x, model, eps)
        return -(log_w.logsumexp(0) - math.log(len(log_w)))


@right("anomaly_score")
def image_by_image(x, model, eps):
    scores = [iwae_bound(log_weights(x[b : b + 1], model, eps[:, b : b + 1])) for b in range(len(x))]
    return torch.cat(scores).neg()


@right("anomaly_score")
def bound_named_first(x, model, eps):
    def elbo_like(noise):
        return log_weights(x, model, noise)

    bound = iwae_bound(elbo_like(eps)).detach()
    return torch.zeros_like(bound) - bound


@right("anomaly_score")
def in_double_precision(x, model, eps):
    log_w = log_weights(x, model, eps).double()
    top = log_w.max(dim=0).values
    return -(top + (log_w - top).exp().mean(0).log())


@right("anomaly_score")
def smallest_cost_taken_out(x, model, eps):
    cost = -log_weights(x, model, eps)
    return cost.amin(0) - torch.exp(cost.amin(0) - cost).mean(0).log()


# --- auroc ---


@right("auroc")
def by_scikit_learns_metric(scores, is_anomaly):
    from sklearn.metrics import roc_auc_score

    return float(roc_auc_score(is_anomaly.numpy(), scores.numpy()))


@right("auroc")
def by_ranks(scores, is_anomaly):
    odd = is_anomaly.bool()
    below = (scores[:, None] > scores).sum(1) + 0.5 * ((scores[:, None] == scores).sum(1) + 1)
    n, m = int(odd.sum()), int((~odd).sum())
    return float((below[odd].sum() - n * (n + 1) / 2) / (n * m))


@right("auroc")
def pair_after_pair(scores, is_anomaly):
    odd = [s for s, o in zip(scores.tolist(), is_anomaly.tolist()) if o]
    normal = [s for s, o in zip(scores.tolist(), is_anomaly.tolist()) if not o]
    won = sum(1.0 if a > b else 0.5 if a == b else 0.0 for a in odd for b in normal)
    return won / (len(odd) * len(normal))


@right("auroc")
def area_under_the_curve(scores, is_anomaly):
    odd = is_anomaly.bool()
    levels = torch.unique(scores).flip(0)
    true = [0.0] + [float((scores[odd] >= level).double().mean()) for level in levels]
    false = [0.0] + [float((scores[~odd] >= level).double().mean()) for level in levels]
    return sum((false[i + 1] - false[i]) * (true[i + 1] + true[i]) / 2 for i in range(len(levels)))


@right("auroc")
def by_signs(scores, is_anomaly):
    odd = is_anomaly.bool()
    return (torch.sign(scores[odd][:, None] - scores[~odd][None]).double().mean() + 1) / 2


@right("auroc")
def by_two_searches(scores, is_anomaly):
    odd = is_anomaly == 1
    normal = scores[~odd].sort().values
    left = torch.searchsorted(normal, scores[odd])
    right_ = torch.searchsorted(normal, scores[odd], right=True)
    return ((left + right_).double() / 2).mean().item() / len(normal)


# --- gumbel_softmax ---


@right("gumbel_softmax")
def noise_subtracted(logits, tau, uniform):
    return F.softmax((logits - (-uniform.log()).log()) / tau, dim=1)


@right("gumbel_softmax")
def by_the_quantile_of_a_gumbel(logits, tau, uniform):
    noise = Gumbel(torch.zeros_like(uniform), torch.ones_like(uniform)).icdf(uniform)
    return torch.softmax(logits / tau + noise / tau, dim=-1)


@right("gumbel_softmax")
def normalised_logits_first(logits, tau, uniform):
    return torch.softmax((torch.log_softmax(logits, dim=-1) - torch.log(-torch.log(uniform))) / tau, dim=-1)


@right("gumbel_softmax")
def guarded_ends(logits, tau, uniform):
    noise = -torch.log(-torch.log(uniform + 1e-20) + 1e-20)
    return F.softmax((logits + noise) / tau, dim=-1)


@right("gumbel_softmax")
def row_for_row(logits, tau, uniform):
    rows = [((row - torch.log(-torch.log(u))) / tau).softmax(0) for row, u in zip(logits, uniform)]
    return torch.stack(rows)


@right("gumbel_softmax")
def largest_subtracted(logits, tau, uniform):
    total = (logits - torch.log(-torch.log(uniform))) / tau
    weights = torch.exp(total - total.amax(dim=-1, keepdim=True))
    return weights / weights.sum(dim=-1, keepdim=True)


@right("gumbel_softmax")
def exp_of_a_log_share(logits, tau, uniform):
    total = torch.div(logits + uniform.log().neg().log().neg(), tau)
    return (total - total.logsumexp(-1, keepdim=True)).exp()


# --- leave_one_out_gradient ---


@right("leave_one_out_gradient")
def one_hot_alone(values, logits, z):
    """The leads of a row add up to 0, so what is the same in every score drops out."""
    lead = values - (values.sum(0) - values) / (len(values) - 1)
    return (lead[..., None] * F.one_hot(z, logits.shape[-1])).mean(0)


@right("leave_one_out_gradient")
def others_one_by_one(values, logits, z):
    K = len(values)
    p = logits.softmax(-1)
    total = torch.zeros_like(logits)
    for k in range(K):
        others = torch.cat([values[:k], values[k + 1 :]]).mean(0)
        total = total + (values[k] - others)[:, None] * (F.one_hot(z[k], logits.shape[-1]) - p)
    return total / K


@right("leave_one_out_gradient")
def lead_over_all_stretched(values, logits, z):
    K = len(values)
    lead = (values - values.mean(0)) * K / (K - 1)
    score = torch.eye(logits.shape[-1], dtype=logits.dtype)[z] - torch.softmax(logits, dim=-1)
    return torch.einsum("kb,kbc->bc", lead, score) / K


@right("leave_one_out_gradient")
def by_autograd(values, logits, z):
    leaf = logits.detach().clone().requires_grad_()
    log_p = Categorical(logits=leaf).log_prob(z)
    lead = values - (values.sum(0, keepdim=True) - values) / (values.shape[0] - 1)
    return torch.autograd.grad((lead.detach() * log_p).mean(0).sum(), leaf)[0]


@right("leave_one_out_gradient")
def mean_of_the_others_by_a_matrix(values, logits, z):
    K = len(values)
    others = (1 - torch.eye(K, dtype=values.dtype)) / (K - 1)
    lead = values - others @ values
    score = F.one_hot(z, logits.shape[1]).to(logits) - logits.softmax(1)
    return (lead.unsqueeze(-1) * score).sum(0) / K


@right("leave_one_out_gradient")
def over_pairs(values, logits, z):
    """Half the mean, over pairs of samples, of the product of two differences."""
    K = len(values)
    chosen = F.one_hot(z, logits.shape[-1]).to(logits)
    pairs = torch.combinations(torch.arange(K))
    differences = (values[pairs[:, 0]] - values[pairs[:, 1]])[..., None] * (chosen[pairs[:, 0]] - chosen[pairs[:, 1]])
    return differences.mean(0) / 2


# --- mixture_log_prob ---


@right("mixture_log_prob")
def by_a_mixture_of_the_same_family(z, mu, logvar, log_weights):
    parts = Independent(Normal(mu, torch.exp(logvar / 2)), 1)
    return MixtureSameFamily(Categorical(logits=log_weights), parts).log_prob(z)


@right("mixture_log_prob")
def part_by_part(z, mu, logvar, log_weights):
    told = [w + Normal(m, torch.exp(0.5 * v)).log_prob(z).sum(-1) for w, m, v in zip(log_weights, mu, logvar)]
    return torch.logsumexp(torch.stack(told), dim=0)


@right("mixture_log_prob")
def gaussian_written_out(z, mu, logvar, log_weights):
    square = (z.unsqueeze(-2) - mu).square() / logvar.exp()
    parts = -0.5 * (square + logvar + math.log(2 * math.pi)).sum(-1)
    return (parts + log_weights).logsumexp(-1)


@right("mixture_log_prob")
def largest_part_taken_out(z, mu, logvar, log_weights):
    parts = log_weights + Normal(mu, torch.exp(logvar).sqrt()).log_prob(z[..., None, :]).sum(-1)
    top = parts.detach().amax(-1, keepdim=True)
    return (top + (parts - top).exp().sum(-1, keepdim=True).log()).squeeze(-1)


@right("mixture_log_prob")
def added_one_after_the_other(z, mu, logvar, log_weights):
    total = torch.full_like(z[..., 0], -torch.inf)
    for m in range(len(mu)):
        part = log_weights[m] + Independent(Normal(mu[m], torch.exp(0.5 * logvar[m])), 1).log_prob(z)
        total = part if m == 0 else torch.logaddexp(total, part)
    return total


@right("mixture_log_prob")
def by_full_covariances(z, mu, logvar, log_weights):
    parts = MultivariateNormal(mu, scale_tril=torch.diag_embed(torch.exp(0.5 * logvar)))
    return torch.logsumexp(parts.log_prob(z[..., None, :]) + log_weights, dim=-1)


# --- elbo_with_prior ---


@right("elbo_with_prior")
def by_three_means(x, model, log_prior, eps):
    mu, logvar = model.encode(x)
    q = Independent(Normal(mu, torch.exp(logvar / 2)), 1)
    z = mu + torch.exp(logvar / 2) * eps
    return model.log_likelihood(x, z).mean(0) + log_prior(z).mean(0) - q.log_prob(z).mean(0)


@right("elbo_with_prior")
def sample_for_sample(x, model, log_prior, eps):
    mu, logvar = model.encode(x)
    total = 0.0
    for e in eps:
        z = reparameterize(mu, logvar, e)
        log_q = Normal(mu, torch.exp(0.5 * logvar)).log_prob(z).sum(-1)
        total = total + model.log_likelihood(x, z) + log_prior(z) - log_q
    return total / len(eps)


@right("elbo_with_prior")
def log_q_of_the_noise(x, model, log_prior, eps):
    mu, logvar = model.encode(x)
    z = mu + torch.exp(0.5 * logvar) * eps
    log_q = Normal(0.0, 1.0).log_prob(eps).sum(-1) - 0.5 * logvar.sum(-1)
    return torch.mean(model.log_likelihood(x, z) + log_prior(z) - log_q, dim=0)


@right("elbo_with_prior")
def one_image_at_a_time(x, model, log_prior, eps):
    found = []
    for b in range(len(x)):
        mu, logvar = model.encode(x[b : b + 1])
        z = mu + torch.exp(0.5 * logvar) * eps[:, b : b + 1]
        log_q = Normal(mu, torch.exp(0.5 * logvar)).log_prob(z).sum(-1)
        found.append((model.log_likelihood(x[b : b + 1], z) + log_prior(z) - log_q).mean(0))
    return torch.cat(found)


@right("elbo_with_prior")
def all_in_one_batch(x, model, log_prior, eps):
    K, B, Z = eps.shape
    mu, logvar = (given.repeat(K, 1) for given in model.encode(x))
    z = torch.addcmul(mu, torch.exp(0.5 * logvar), eps.reshape(K * B, Z))
    q = MultivariateNormal(mu, scale_tril=torch.diag_embed(torch.exp(0.5 * logvar)))
    terms = model.log_likelihood(x.repeat(K, 1), z) + log_prior(z) - q.log_prob(z)
    return terms.view(K, B).mean(0)


@right("elbo_with_prior")
def corrected_log_weights(x, model, log_prior, eps):
    """The ordinary log-weights, with one prior taken out and the other put in."""
    mu, logvar = model.encode(x)
    z = reparameterize(mu, logvar, eps)
    standard = Normal(torch.zeros_like(mu), 1.0).log_prob(z).sum(-1)
    log_w = model.log_likelihood(x, z) + standard - Normal(mu, torch.exp(logvar / 2)).log_prob(z).sum(-1)
    return (log_w - standard + log_prior(z)).mean(0)
