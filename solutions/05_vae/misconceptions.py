"""Wrong answers to stage 05, each with the sentence that names it and a question that leads out of it."""

import math

import torch
from torch import nn
from torch.distributions import Bernoulli, Normal, kl_divergence
from torch.nn import functional as F

from vae_course.checks.bank import wrong


class TwoHeads(nn.Module):
    """The shape of a right encoder, to be spoiled."""

    def __init__(self, x_dim, z_dim):
        super().__init__()
        self.hidden = nn.Linear(x_dim, 32)
        self.mu = nn.Linear(32, z_dim)
        self.logvar = nn.Linear(32, z_dim)

    def layer(self, x):
        return torch.relu(self.hidden(x))

    def heads(self, h):
        return self.mu(h), self.logvar(h)

    def forward(self, x):
        return self.heads(self.layer(x))


class OneOutput(nn.Module):
    """The shape of a right decoder, to be spoiled."""

    def __init__(self, z_dim, x_dim):
        super().__init__()
        self.hidden = nn.Linear(z_dim, 32)
        self.out = nn.Linear(32, x_dim)

    def forward(self, z):
        return self.out(torch.relu(self.hidden(z)))


# --- Encoder ---


@wrong(
    "Encoder",
    "Your encoder returns one tensor of width 2Z: both answers stand in it side by side, and nobody has taken "
    "them apart.",
    "Which columns are the mean of a code, and which its log-variance?",
)
class heads_not_split(TwoHeads):
    def forward(self, x):
        return torch.cat(super().forward(x), dim=-1)


@wrong("Encoder", alias_of="heads_not_split")
class one_wide_layer(nn.Module):
    def __init__(self, x_dim, z_dim):
        super().__init__()
        self.layers = nn.Sequential(nn.Linear(x_dim, 32), nn.ReLU(), nn.Linear(32, 2 * z_dim))

    def forward(self, x):
        return self.layers(x)


@wrong(
    "Encoder",
    "Your encoder draws a code and returns that. q(z|x) is a distribution; from one draw of it no KL and no "
    "second draw can be computed.",
    "What does a Gaussian need to be known completely?",
)
class returns_a_draw(TwoHeads):
    def forward(self, x):
        mu, logvar = super().forward(x)
        return mu + torch.exp(logvar / 2) * torch.randn_like(mu)


@wrong(
    "Encoder",
    "Your encoder returns one tensor of width Z, the same at every call: a code for each picture, as in a plain "
    "autoencoder. How sure the encoder is of it is not said.",
    "What does q(z|x) know besides its mean?",
)
class returns_the_mean_only(TwoHeads):
    def forward(self, x):
        return self.mu(self.layer(x))


@wrong(
    "Encoder",
    "Your encoder returns three tensors. The code is drawn elsewhere, where eps is known; an encoder only "
    "describes q(z|x).",
    "Which of the three could be computed from the other two and some noise?",
)
class returns_a_draw_as_well(TwoHeads):
    def forward(self, x):
        mu, logvar = super().forward(x)
        return mu + torch.exp(logvar / 2) * torch.randn_like(mu), mu, logvar


@wrong(
    "Encoder",
    "Both your outputs end in a ReLU: no mean is ever below 0, and no variance below 1, where its logarithm "
    "turns negative.",
    "Where in a network does a nonlinearity belong, and what does the last layer have to reach?",
)
class relu_on_both_heads(TwoHeads):
    def heads(self, h):
        return torch.relu(self.mu(h)), torch.relu(self.logvar(h))


@wrong(
    "Encoder",
    "Your mu ends in a ReLU: half of the space of codes can never be a mean, though the prior puts half of its "
    "codes there.",
    "What is the last thing that happens to mu?",
)
class relu_on_the_mean(TwoHeads):
    def heads(self, h):
        return torch.relu(self.mu(h)), self.logvar(h)


@wrong(
    "Encoder",
    "Your logvar ends in a ReLU, so it is never below 0, and no code of yours is sharper than the prior.",
    "What is the logarithm of a variance of 0.1?",
)
class relu_on_logvar(TwoHeads):
    def heads(self, h):
        return self.mu(h), torch.relu(self.logvar(h))


@wrong(
    "Encoder",
    "Your second output went through an exponential: it is above 0 whatever the weights, so it is a variance or "
    "a sigma already, and whoever takes it for logvar will take the exponential once more.",
    "Which of the two, a variance or its logarithm, has the name logvar?",
)
class variance_named_logvar(TwoHeads):
    def heads(self, h):
        return self.mu(h), torch.exp(self.logvar(h))


@wrong("Encoder", alias_of="variance_named_logvar")
class sigma_named_logvar(TwoHeads):
    def heads(self, h):
        return self.mu(h), torch.exp(0.5 * self.logvar(h))


@wrong(
    "Encoder",
    "Your second output is above 0 whatever the weights, as after a softplus: a good way to emit a sigma, but "
    "then it is no logvar. Used as one, it allows no variance below 1.",
    "What is the logarithm of a variance of 0.1, and can your output be that number?",
)
class softplus_named_logvar(TwoHeads):
    def heads(self, h):
        return self.mu(h), F.softplus(self.logvar(h))


@wrong(
    "Encoder",
    "Your second output is never above 0, as after minus a softplus or a log-sigmoid: every variance is held "
    "below 1, and a q as wide as the prior or wider is out of reach.",
    "What should logvar be for a picture about which the encoder knows nothing?",
)
class logsigmoid_named_logvar(TwoHeads):
    def heads(self, h):
        return self.mu(h), F.logsigmoid(self.logvar(h))


@wrong(
    "Encoder",
    "mu and logvar are one and the same output: wherever the mean is large, the variance has to be large as well.",
    "How many last layers does an encoder with two answers need, or how wide must one be?",
)
class one_head_twice(TwoHeads):
    def heads(self, h):
        return self.mu(h), self.mu(h)


@wrong(
    "Encoder",
    "In training mode your encoder normalises over the batch, as nn.BatchNorm1d does: the code of a picture "
    "depends on the pictures that happen to be beside it, and q(z|x) has no batch in it.",
    "Which layer of yours computes a mean over rows?",
)
class batch_norm(TwoHeads):
    def __init__(self, x_dim, z_dim):
        super().__init__(x_dim, z_dim)
        self.norm = nn.BatchNorm1d(32)

    def layer(self, x):
        return torch.relu(self.norm(self.hidden(x)))


@wrong(
    "Encoder",
    "The first rows by themselves give something else than among the others, in evaluation mode too: an "
    "operation of yours, such as taking off a mean, runs along the batch.",
    "On which axis do the rows lie, and which of your operations names it?",
)
class centred_over_the_batch(TwoHeads):
    def layer(self, x):
        h = self.hidden(x)
        return torch.relu(h - h.mean(0))


@wrong(
    "Encoder",
    "Two calls differ in training mode and agree in evaluation mode, as with dropout. A VAE has its noise "
    "already: eps, whose size the KL knows; noise in the layers is not in any formula.",
    "Which layer draws random numbers while the model trains?",
)
class dropout(TwoHeads):
    def layer(self, x):
        return F.dropout(torch.relu(self.hidden(x)), 0.5, self.training)


@wrong(
    "Encoder",
    "Two calls with the same x differ, in evaluation mode too: noise is added inside the encoder. mu and logvar "
    "say where the noise will lead; they are not noisy themselves.",
    "At which place of a VAE is eps used?",
)
class noise_added_to_the_mean(TwoHeads):
    def heads(self, h):
        mu, logvar = self.mu(h), self.logvar(h)
        return mu + torch.exp(logvar / 2) * torch.randn_like(mu), logvar


@wrong(
    "Encoder",
    "Your logvar is clamped to the range from -10 to 10. At either end its gradient is 0, so a code that gets "
    "there never comes back.",
    "Which formulas of this course needed a limit, and which were written so that none is needed?",
)
class logvar_clamped_at_ten(TwoHeads):
    def heads(self, h):
        return self.mu(h), self.logvar(h).clamp(-10, 10)


@wrong(
    "Encoder",
    "Your mu ends in a tanh and stays between -1 and 1. A third of what the prior draws lies outside: codes that "
    "no picture could ever have as its mean.",
    "Between which two numbers does N(0, 1) put nearly all of its draws?",
)
class tanh_on_the_mean(TwoHeads):
    def heads(self, h):
        return torch.tanh(self.mu(h)), self.logvar(h)


@wrong(
    "Encoder",
    "Your mu ends in a sigmoid and stays between 0 and 1. Pixels may be held there; a code is no pixel.",
    "Where does the prior put its codes?",
)
class sigmoid_on_the_mean(TwoHeads):
    def heads(self, h):
        return torch.sigmoid(self.mu(h)), self.logvar(h)


@wrong(
    "Encoder",
    "Your layers lie in a plain Python list, where nn.Module does not see them: .parameters() is empty, and an "
    "optimiser would train nothing.",
    "How does a module get to know the layers that it owns?",
)
class layers_in_a_list(nn.Module):
    def __init__(self, x_dim, z_dim):
        super().__init__()
        self.layers = [nn.Linear(x_dim, 32), nn.Linear(32, z_dim), nn.Linear(32, z_dim)]

    def forward(self, x):
        h = torch.relu(self.layers[0](x))
        return self.layers[1](h), self.layers[2](h)


@wrong(
    "Encoder",
    "Some of your weights are not registered: with every parameter that .parameters() lists at 0, both outputs "
    "still follow x.",
    "Which of your layers is kept in a plain list, or made anew at each call?",
)
class heads_in_a_list(nn.Module):
    def __init__(self, x_dim, z_dim):
        super().__init__()
        self.hidden = nn.Linear(x_dim, 32)
        self.heads = [nn.Linear(x_dim, z_dim), nn.Linear(x_dim, z_dim)]
        self.after = nn.Linear(32, z_dim)

    def forward(self, x):
        h = self.after(torch.relu(self.hidden(x)))
        return self.heads[0](x) + h, self.heads[1](x) - h


@wrong(
    "Encoder",
    "Your logvar is a parameter of its own, the same for every picture. A blurred 4 and a clear 1 deserve "
    "different error bars, so it has to be computed from x.",
    "On what does the variance of q(z|x) depend?",
)
class one_logvar_for_all(TwoHeads):
    def __init__(self, x_dim, z_dim):
        super().__init__(x_dim, z_dim)
        self.logvar = nn.Parameter(torch.zeros(z_dim))

    def heads(self, h):
        mu = self.mu(h)
        return mu, self.logvar.expand_as(mu)


@wrong(
    "Encoder",
    "Some of your weights are not registered: a second encoder with the same .parameters() gives another mu and another "
    "logvar. What .parameters() does not list is never trained, and not saved either.",
    "Which of your layers is kept in a plain list, or in another place where nn.Module does not look?",
)
class only_the_heads_in_a_list(nn.Module):
    def __init__(self, x_dim, z_dim):
        super().__init__()
        self.hidden = nn.Linear(x_dim, 32)
        self.heads = [nn.Linear(32, z_dim), nn.Linear(32, z_dim)]

    def forward(self, x):
        h = torch.relu(self.hidden(x))
        return self.heads[0](h), self.heads[1](h)


@wrong("Encoder", alias_of="only_the_heads_in_a_list")
class only_the_body_in_a_list(nn.Module):
    def __init__(self, x_dim, z_dim):
        super().__init__()
        self.body = [nn.Linear(x_dim, 32), nn.Linear(32, 32)]
        self.mu, self.logvar = nn.Linear(32, z_dim), nn.Linear(32, z_dim)

    def forward(self, x):
        h = torch.relu(self.body[1](torch.relu(self.body[0](x))))
        return self.mu(h), self.logvar(h)


@wrong(
    "Encoder",
    "No gradient comes back from logvar, and one comes back from mu: whatever makes the log-variance would stay as it was "
    "at the start.",
    "Which call turns a tensor with a history into one without?",
)
class logvar_detached(TwoHeads):
    def heads(self, h):
        return self.mu(h), self.logvar(h).detach()


@wrong(
    "Encoder",
    "No gradient comes back from mu, and one comes back from logvar: whatever makes the mean would stay as it was at the "
    "start.",
    "Which call turns a tensor with a history into one without?",
)
class mu_detached(TwoHeads):
    def heads(self, h):
        return self.mu(h).detach(), self.logvar(h)


@wrong(
    "Encoder",
    "No gradient comes back from mu or from logvar: both are cut off from your weights, and nothing in this encoder would "
    "be trained.",
    "Which line tells torch not to keep the history of what it computes?",
)
class everything_without_gradients(TwoHeads):
    def forward(self, x):
        with torch.no_grad():
            return super().forward(x)


@wrong("Encoder", alias_of="everything_without_gradients")
class both_detached(TwoHeads):
    def heads(self, h):
        return self.mu(h).detach(), self.logvar(h).detach()


@wrong(
    "Encoder",
    "mu and logvar have a gradient, but some weights that act on them get none of it: the way back ends inside your "
    "network, or those weights were told not to learn.",
    "From mu back to x: at which layer does the history end?",
)
class hidden_layer_detached(TwoHeads):
    def heads(self, h):
        return super().heads(h.detach())


@wrong("Encoder", alias_of="hidden_layer_detached")
class hidden_layer_without_gradients(TwoHeads):
    def layer(self, x):
        with torch.no_grad():
            return super().layer(x)


@wrong(
    "Encoder",
    "A layer of yours has no effect on mu and logvar: it is made and never used, so it would never be trained.",
    "Which name from __init__ does not come up again in forward?",
)
class a_layer_too_many(TwoHeads):
    def __init__(self, x_dim, z_dim):
        super().__init__(x_dim, z_dim)
        self.second = nn.Linear(32, 32)


@wrong(
    "Encoder",
    "A layer of yours has no effect on mu and logvar, and both are linear in x: no hidden layer with a nonlinearity stands "
    "between x and your outputs, though you made one more layer than is used.",
    "What do your two heads get: x, or what the hidden layer made of it?",
)
class heads_skip_the_hidden_layer(nn.Module):
    def __init__(self, x_dim, z_dim):
        super().__init__()
        self.hidden = nn.Linear(x_dim, 32)
        self.mu, self.logvar = nn.Linear(x_dim, z_dim), nn.Linear(x_dim, z_dim)

    def forward(self, x):
        torch.relu(self.hidden(x))
        return self.mu(x), self.logvar(x)


@wrong(
    "Encoder",
    "A batch of several pictures is right, and a single one comes back without its first axis: a squeeze removes "
    "every axis of size 1, the batch's too.",
    "Which shape should come out for x of shape (1, 64)?",
)
class squeezed(TwoHeads):
    def heads(self, h):
        return self.mu(h).squeeze(), self.logvar(h).squeeze()


@wrong(
    "Encoder",
    "Your layers have the sizes of the digits, 64 and 8, written into them: for any other x_dim or z_dim they do "
    "not fit.",
    "Which of your numbers should be an argument?",
)
class sizes_of_the_digits(TwoHeads):
    def __init__(self, x_dim, z_dim):
        super().__init__(64, 8)


@wrong(
    "Encoder",
    "Your two sizes are exchanged: the encoder is made as Encoder(x_dim, z_dim), and yours fits only where both "
    "are the same number.",
    "What is longer, a picture or a code, and which of the two goes into an encoder?",
)
class sizes_exchanged(TwoHeads):
    def __init__(self, z_dim, x_dim):
        super().__init__(x_dim, z_dim)


# --- Decoder ---


@wrong(
    "Decoder",
    "Your decoder ends in a sigmoid: these are probabilities already. The likelihood takes logits and will take "
    "the sigmoid of them once more, after which no pixel can be surer than 0.73.",
    "What is a logit, and where does it become a probability?",
)
class sigmoid_at_the_end(OneOutput):
    def forward(self, z):
        return torch.sigmoid(super().forward(z))


@wrong("Decoder", alias_of="sigmoid_at_the_end")
class sigmoid_layer(nn.Sequential):
    def __init__(self, z_dim, x_dim):
        super().__init__(nn.Linear(z_dim, 32), nn.ReLU(), nn.Linear(32, x_dim), nn.Sigmoid())


@wrong(
    "Decoder",
    "Your last layer ends in a ReLU: no logit is below 0, so no pixel can be black with more than even odds.",
    "Which sign has the logit of a pixel that is nearly always 0?",
)
class relu_at_the_end(OneOutput):
    def forward(self, z):
        return torch.relu(super().forward(z))


@wrong(
    "Decoder",
    "Your decoder ends in a tanh: every logit stays between -1 and 1, and every probability between 0.27 and 0.73.",
    "Which logit has a pixel that is white in 99 of 100 pictures?",
)
class tanh_at_the_end(OneOutput):
    def forward(self, z):
        return torch.tanh(super().forward(z))


@wrong(
    "Decoder",
    "Your outputs add up to 1 over the pixels, as after a softmax: that is one choice among all pixels, and each "
    "pixel is a choice by itself.",
    "How many pixels of a digit are white at the same time?",
)
class softmax_over_pixels(OneOutput):
    def forward(self, z):
        return torch.softmax(super().forward(z), dim=-1)


@wrong(
    "Decoder",
    "Two calls with the same code differ, in evaluation mode too: something is drawn inside the decoder. It has "
    "to say how likely each pixel is; drawing comes later.",
    "What does the likelihood need to know about a pixel?",
)
class draws_inside(OneOutput):
    def forward(self, z):
        logits = super().forward(z)
        return logits + (torch.rand_like(logits) < torch.sigmoid(logits)).to(logits.dtype)


@wrong(
    "Decoder",
    "Two calls with the same code differ in training mode and agree in evaluation mode, as with dropout. All "
    "noise of a VAE enters through eps.",
    "Which layer draws random numbers while the model trains?",
)
class dropout_in_the_decoder(OneOutput):
    def forward(self, z):
        return self.out(F.dropout(torch.relu(self.hidden(z)), 0.5, self.training))


@wrong(
    "Decoder",
    "In training mode your decoder normalises over the batch, as nn.BatchNorm1d does: the picture of a code "
    "depends on the other codes beside it.",
    "Which layer of yours computes a mean over rows?",
)
class batch_norm_in_the_decoder(OneOutput):
    def __init__(self, z_dim, x_dim):
        super().__init__(z_dim, x_dim)
        self.norm = nn.BatchNorm1d(32)

    def forward(self, z):
        h = self.hidden(z)
        return self.out(torch.relu(self.norm(h.reshape(-1, 32)).reshape(h.shape)))


@wrong(
    "Decoder",
    "A batch of codes is right, and codes with one more axis in front are not: everything behind the first axis "
    "is run together into one long code, which your first layer cannot take.",
    "Which axis of z is the code, whatever stands in front of it?",
)
class flattens_the_code(OneOutput):
    def forward(self, z):
        return super().forward(z.reshape(z.shape[0], -1))


@wrong(
    "Decoder",
    "The logits of codes with one more axis in front come out in one long list of rows: the axes in front are lost.",
    "For z of shape (11, 5, 8), which shape should the logits have?",
)
class loses_the_axes_in_front(OneOutput):
    def forward(self, z):
        return super().forward(z.reshape(-1, z.shape[-1]))


@wrong(
    "Decoder",
    "Your layers lie in a plain Python list, where nn.Module does not see them: .parameters() is empty, and an "
    "optimiser would train nothing.",
    "How does a module get to know the layers that it owns?",
)
class decoder_layers_in_a_list(nn.Module):
    def __init__(self, z_dim, x_dim):
        super().__init__()
        self.layers = [nn.Linear(z_dim, 32), nn.Linear(32, x_dim)]

    def forward(self, z):
        return self.layers[1](torch.relu(self.layers[0](z)))


@wrong(
    "Decoder",
    "Your logits are the same for every code: only a bias reaches the output, so every picture would be the "
    "average one.",
    "On which path does z come to your last layer?",
)
class ignores_the_code(OneOutput):
    def forward(self, z):
        return super().forward(torch.zeros_like(z))


@wrong(
    "Decoder",
    "Some of your weights are not registered: a second decoder with the same .parameters() gives other logits. What "
    ".parameters() does not list is never trained, and not saved either.",
    "Which of your layers is kept in a plain list, or in another place where nn.Module does not look?",
)
class last_layer_in_a_list(nn.Module):
    def __init__(self, z_dim, x_dim):
        super().__init__()
        self.hidden = nn.Linear(z_dim, 32)
        self.last = [nn.Linear(32, x_dim)]

    def forward(self, z):
        return self.last[0](torch.relu(self.hidden(z)))


@wrong("Decoder", alias_of="last_layer_in_a_list")
class hidden_layer_in_a_list(nn.Module):
    def __init__(self, z_dim, x_dim):
        super().__init__()
        self.first = [nn.Linear(z_dim, 32)]
        self.last = nn.Linear(32, x_dim)

    def forward(self, z):
        return self.last(torch.relu(self.first[0](z)))


@wrong(
    "Decoder",
    "A layer of yours has no effect on the logits, and they are linear in z: no hidden layer with a nonlinearity stands "
    "between the code and your output, though you made one more layer than is used.",
    "Through which of your layers does z pass?",
)
class hidden_layer_unused(nn.Module):
    def __init__(self, z_dim, x_dim):
        super().__init__()
        self.hidden = nn.Linear(z_dim, 32)
        self.out = nn.Linear(z_dim, x_dim)

    def forward(self, z):
        return self.out(z)


@wrong(
    "Decoder",
    "A layer of yours has no effect on the logits: it is made and never used, so it would never be trained.",
    "Which name from __init__ does not come up again in forward?",
)
class one_layer_unused(OneOutput):
    def __init__(self, z_dim, x_dim):
        super().__init__(z_dim, x_dim)
        self.second = nn.Linear(32, 32)


@wrong(
    "Decoder",
    "Your logits have no gradient at all: none comes back to your weights, and none to the code. Nothing would be trained "
    "by them, neither the decoder nor the encoder before it.",
    "Which line tells torch not to keep the history of what it computes?",
)
class decoder_without_gradients(OneOutput):
    def forward(self, z):
        with torch.no_grad():
            return super().forward(z)


@wrong("Decoder", alias_of="decoder_without_gradients")
class logits_detached(OneOutput):
    def forward(self, z):
        return super().forward(z).detach()


@wrong(
    "Decoder",
    "Your last weights get a gradient, and it ends there: weights before them act on the logits and get none, and none "
    "comes back to the code.",
    "From the logits back to z: at which layer does the history end?",
)
class decoder_hidden_layer_detached(OneOutput):
    def forward(self, z):
        return self.out(torch.relu(self.hidden(z)).detach())


@wrong(
    "Decoder",
    "All your weights get a gradient, and none goes on to the code: z was cut off before it came to your first layer. In a "
    "VAE the encoder would never hear how a picture came out.",
    "Who stands before the decoder in a VAE, and what does it learn from?",
)
class decoder_cuts_the_code(OneOutput):
    def forward(self, z):
        return super().forward(z.detach())


@wrong(
    "Decoder",
    "Your logits follow the code in steps, as after a rounding: a tiny change of z changes nothing, so its gradient is 0 and "
    "an encoder would never hear how a picture came out.",
    "By how much may a code change before your decoder notices?",
)
class code_rounded(OneOutput):
    def forward(self, z):
        return super().forward(torch.round(z))


@wrong(
    "Decoder",
    "Some numbers of the code get no gradient, whatever the weights, and others do: as where z is clamped, so that beyond "
    "a limit every code is the same.",
    "Which codes can the prior draw, and which of them does your decoder tell apart?",
)
class code_clamped(OneOutput):
    def forward(self, z):
        return super().forward(z.clamp(-3, 3))


@wrong("Decoder", alias_of="code_clamped")
class code_clamped_to_pixels(OneOutput):
    def forward(self, z):
        return super().forward(z.clamp(-1, 1))


@wrong(
    "Decoder",
    "A single code comes back without its first axis: a squeeze removes every axis of size 1, the batch's too.",
    "Which shape should come out for z of shape (1, 8)?",
)
class squeezes_the_batch(OneOutput):
    def forward(self, z):
        return super().forward(z).squeeze()


@wrong(
    "Decoder",
    "Your two sizes are exchanged: the decoder is made as Decoder(z_dim, x_dim), the code first, and yours fits "
    "only where both are the same number.",
    "Which of the two goes into a decoder?",
)
class decoder_sizes_exchanged(OneOutput):
    def __init__(self, x_dim, z_dim):
        super().__init__(z_dim, x_dim)


@wrong(
    "Decoder",
    "Your layers have the sizes of the digits, 8 and 64, written into them: for any other z_dim or x_dim they do "
    "not fit.",
    "Which of your numbers should be an argument?",
)
class decoder_sizes_of_the_digits(OneOutput):
    def __init__(self, z_dim, x_dim):
        super().__init__(8, 64)


@wrong(
    "Decoder",
    "Your output is below 0 whatever the weights, as after a log-sigmoid: that is the log-probability of a white "
    "pixel, and a logit is the difference to that of a black one.",
    "For a pixel with even odds, what is its logit, and what does yours say?",
)
class log_probabilities(OneOutput):
    def forward(self, z):
        return F.logsigmoid(super().forward(z))


# --- VAE ---


class Machine(nn.Module):
    """The shape of a right VAE, to be spoiled."""

    def __init__(self, x_dim, z_dim):
        super().__init__()
        self.x_dim, self.z_dim = x_dim, z_dim
        self.encoder = Encoder(x_dim, z_dim)
        self.decoder = Decoder(z_dim, x_dim)

    def encode(self, x):
        return self.encoder(x)

    def decode(self, z):
        return self.decoder(z)

    def scores(self, x, logits):
        return x * F.logsigmoid(logits) + (1 - x) * F.logsigmoid(-logits)

    def log_likelihood(self, x, z):
        return self.scores(x, self.decode(z)).sum(-1)

    def code(self, mu, logvar, eps):
        return mu + torch.exp(logvar / 2) * eps

    def forward(self, x, eps):
        mu, logvar = self.encode(x)
        return self.decode(self.code(mu, logvar, eps)), mu, logvar


@wrong(
    "VAE",
    "Your code is mu alone: eps has no effect on the logits. With this the encoder is never asked to live with "
    "its own uncertainty, and what you train is a plain autoencoder with a penalty.",
    "What is drawn from q(z|x), and by which noise?",
)
class noise_forgotten(Machine):
    def code(self, mu, logvar, eps):
        return mu


@wrong(
    "VAE",
    "Your eps is multiplied by exp(logvar), the variance: the code that is drawn has the standard deviation "
    "sigma^2, while the KL is paid for sigma.",
    "eps has standard deviation 1; by what must it be multiplied to have sigma?",
)
class times_the_variance(Machine):
    def code(self, mu, logvar, eps):
        return mu + torch.exp(logvar) * eps


@wrong(
    "VAE",
    "Your eps is multiplied by logvar as it came: a logarithm, which may be negative, in the place of a standard "
    "deviation.",
    "Which two steps lead from log sigma^2 to sigma?",
)
class times_logvar(Machine):
    def code(self, mu, logvar, eps):
        return mu + logvar * eps


@wrong(
    "VAE",
    "Your eps is divided by sigma: a sure encoder gets the wildest noise.",
    "When logvar falls, should z come closer to mu or go further away?",
)
class times_one_over_sigma(Machine):
    def code(self, mu, logvar, eps):
        return mu + torch.exp(-logvar / 2) * eps


@wrong(
    "VAE",
    "Your code is mu + eps: noise of size 1 whatever logvar says, so the encoder's second answer reaches only the KL.",
    "Where does the size of the noise come from?",
)
class noise_of_size_one(Machine):
    def code(self, mu, logvar, eps):
        return mu + eps


@wrong(
    "VAE",
    "Your code is (mu + eps) times sigma: the mean is scaled as well, and a sure encoder has all of its codes near 0.",
    "What should be left of z when sigma goes to 0?",
)
class sigma_times_both(Machine):
    def code(self, mu, logvar, eps):
        return (mu + eps) * torch.exp(logvar / 2)


@wrong(
    "VAE",
    "Your decoder gets eps itself: a code from the prior, and the picture x has no part in it. That is how new "
    "pictures are drawn, not how this one is explained.",
    "Which distribution does the code of a given picture come from?",
)
class code_from_the_prior(Machine):
    def code(self, mu, logvar, eps):
        return eps


@wrong(
    "VAE",
    "Every row gets the noise of row 0; the other rows of eps are not used.",
    "How many rows has eps, and how many pictures has x?",
)
class noise_of_the_first_row(Machine):
    def code(self, mu, logvar, eps):
        return mu + torch.exp(logvar / 2) * eps[:1]


@wrong(
    "VAE",
    "Every number of a code gets the noise of the first one; the other columns of eps are not used.",
    "How many numbers does the noise of one code have?",
)
class noise_of_the_first_column(Machine):
    def code(self, mu, logvar, eps):
        return mu + torch.exp(logvar / 2) * eps[:, :1]


@wrong(
    "VAE",
    "Two calls with the same x and the same eps give different logits: in forward, or in one of the networks, a "
    "random number is drawn that is not eps.",
    "Who decides about the noise, so that a run can be repeated?",
)
class draws_its_own_noise(Machine):
    def code(self, mu, logvar, eps):
        return mu + torch.exp(logvar / 2) * torch.randn_like(mu)


@wrong(
    "VAE",
    "mu and logvar have changed places in what forward returns: the second of your three results is what encode "
    "calls logvar.",
    "In which order does the card list the three results?",
)
class results_in_another_order(Machine):
    def forward(self, x, eps):
        logits, mu, logvar = super().forward(x, eps)
        return logits, logvar, mu


@wrong(
    "VAE",
    "The two answers of your encoder change places before the code is made: logvar is taken for the mean, and mu "
    "for the log-variance.",
    "In which order does encode return them, and in which do you receive them?",
)
class answers_exchanged(Machine):
    def code(self, mu, logvar, eps):
        return logvar + torch.exp(mu / 2) * eps


@wrong(
    "VAE",
    "Your forward returns sigmoid of what decode gives: probabilities, where logits were asked for. A loss that "
    "takes logits will squash them once more.",
    "Which of your results is called logits, and which numbers may a logit be?",
)
class probabilities_from_forward(Machine):
    def forward(self, x, eps):
        logits, mu, logvar = super().forward(x, eps)
        return torch.sigmoid(logits), mu, logvar


@wrong(
    "VAE",
    "Your decode gives probabilities, between 0 and 1 whatever the weights; a model of this course decodes to logits.",
    "Where does the sigmoid belong, if a loss takes logits?",
)
class probabilities_from_decode(Machine):
    def decode(self, z):
        return torch.sigmoid(self.decoder(z))


@wrong(
    "VAE",
    "Your model does not know its sizes: it has no x_dim and no z_dim for others to read.",
    "How would `train_step` learn how long the noise of a picture is?",
)
class sizes_not_kept(Machine):
    def __init__(self, x_dim, z_dim):
        super().__init__(x_dim, z_dim)
        del self.x_dim, self.z_dim


@wrong(
    "VAE",
    "Your two sizes have changed places: what you keep as x_dim is the length of a code.",
    "Which of the two arguments comes first?",
)
class sizes_kept_the_other_way_round(Machine):
    def __init__(self, x_dim, z_dim):
        super().__init__(x_dim, z_dim)
        self.x_dim, self.z_dim = z_dim, x_dim


@wrong(
    "VAE",
    "The logits are right, but the code is cut from the encoder: no gradient of the reconstruction reaches it, "
    "and it would only learn what the KL wants, the prior.",
    "Which call turns a tensor with a history into one without?",
)
class code_detached(Machine):
    def code(self, mu, logvar, eps):
        return (mu + torch.exp(logvar / 2) * eps).detach()


@wrong("VAE", alias_of="code_detached")
class code_without_gradients(Machine):
    def code(self, mu, logvar, eps):
        with torch.no_grad():
            return mu + torch.exp(logvar / 2) * eps


@wrong(
    "VAE",
    "The logits are right, but mu gets no gradient from them: only sigma is told how the picture came out.",
    "On which paths does the gradient come from z to the encoder?",
)
class mean_detached(Machine):
    def code(self, mu, logvar, eps):
        return mu.detach() + torch.exp(logvar / 2) * eps


@wrong(
    "VAE",
    "The logits are right, but logvar gets no gradient from them: sigma hears only the KL, which wants it to be 1.",
    "On which paths does the gradient come from z to the encoder?",
)
class sigma_detached(Machine):
    def code(self, mu, logvar, eps):
        return mu + torch.exp(logvar / 2).detach() * eps


@wrong(
    "VAE",
    "In training mode all is right; in evaluation mode your code is mu alone, and the eps that somebody hands over has no "
    "effect. Whoever measures the bound on test pictures gets a number that is no bound.",
    "Who decides, by the eps that is handed over, whether there is noise?",
)
class noise_only_while_training(Machine):
    def code(self, mu, logvar, eps):
        return super().code(mu, logvar, eps) if self.training else mu


@wrong(
    "VAE",
    "Your networks lie in a plain list or dict, where nn.Module does not see them: .parameters() is empty, and an optimiser "
    "would train nothing.",
    "How does a module get to know the networks that it owns?",
)
class networks_in_a_list(Machine):
    def __init__(self, x_dim, z_dim):
        nn.Module.__init__(self)
        self.x_dim, self.z_dim = x_dim, z_dim
        self.nets = [Encoder(x_dim, z_dim), Decoder(z_dim, x_dim)]

    def encode(self, x):
        return self.nets[0](x)

    def decode(self, z):
        return self.nets[1](z)


@wrong(
    "VAE",
    "What makes your logits from a code is not registered: with every parameter of .parameters() at 0 the logits still "
    "follow eps, and a second VAE with the same parameters gives other logits. Your decoder, or a part of it, would never "
    "be trained.",
    "Which of your two networks does .parameters() not list, and where is it kept?",
)
class decoder_in_a_list(Machine):
    def __init__(self, x_dim, z_dim):
        super().__init__(x_dim, z_dim)
        self.nets = [self.decoder]
        del self.decoder

    def decode(self, z):
        return self.nets[0](z)


@wrong(
    "VAE",
    "The logits are right and come back with a gradient, but forward returns mu and logvar without one: the KL, which is "
    "computed from them, has no way back to the encoder, so no code would ever have to pay.",
    "Which of the loss's two terms is made of the mu and logvar that you return?",
)
class answers_returned_detached(Machine):
    def forward(self, x, eps):
        logits, mu, logvar = super().forward(x, eps)
        return logits, mu.detach(), logvar.detach()


@wrong(
    "VAE",
    "Your encode gives mu and logvar without a gradient: neither the picture nor the KL has a way back to the encoder.",
    "Which line of encode tells torch not to keep the history?",
)
class encode_without_gradients(Machine):
    def encode(self, x):
        with torch.no_grad():
            return super().encode(x)


@wrong(
    "VAE",
    "Your decode gives logits from which no gradient comes back to the code: the decoder's way back ends before z, or there "
    "is none at all, and the encoder would never hear how a picture came out.",
    "Which line of decode turns a tensor with a history into one without?",
)
class decode_cuts_the_code(Machine):
    def decode(self, z):
        return super().decode(z.detach())


@wrong(
    "VAE",
    "A network, or a layer, of your VAE has no effect on what it returns: it is made and never used, so it would never be "
    "trained.",
    "Which name from __init__ does not come up again in your methods?",
)
class a_network_too_many(Machine):
    def __init__(self, x_dim, z_dim):
        super().__init__(x_dim, z_dim)
        self.spare = Decoder(z_dim, x_dim)


@wrong(
    "VAE",
    "Your log_likelihood has no gradient, in your weights or in the code: its values are known and nothing can be trained "
    "by them.",
    "Which line of log_likelihood turns a tensor with a history into one without?",
)
class likelihood_detached(Machine):
    def log_likelihood(self, x, z):
        return self.scores(x, self.decode(z).detach()).sum(-1)


@wrong("VAE", alias_of="likelihood_detached")
class likelihood_without_gradients(Machine):
    def log_likelihood(self, x, z):
        with torch.no_grad():
            return super().log_likelihood(x, z)


@wrong(
    "VAE",
    "Your log_likelihood has a gradient in the decoder's weights and none in the code: an encoder that made this code would "
    "hear nothing of it.",
    "What is z, in a step of training, and who made it?",
)
class likelihood_cuts_the_code(Machine):
    def log_likelihood(self, x, z):
        return super().log_likelihood(x, z.detach())


@wrong(
    "VAE",
    "At ordinary logits your log_likelihood is right; where the decoder is sure, with a logit of 40, it is infinite or not "
    "a number: a probability is rounded to 1 before the logarithm of what is left is taken.",
    "What is sigmoid(40) in float32, and what is left of one minus that?",
)
class likelihood_by_logarithms_of_a_sigmoid(Machine):
    def scores(self, x, logits):
        p = torch.sigmoid(logits)
        return x * torch.log(p) + (1 - x) * torch.log(1 - p)


@wrong("VAE", alias_of="likelihood_by_logarithms_of_a_sigmoid")
class likelihood_by_a_choice_of_logarithms(Machine):
    def scores(self, x, logits):
        p = torch.sigmoid(logits)
        return torch.where(x > 0.5, p, 1 - p).log()


@wrong(
    "VAE",
    "At ordinary logits your log_likelihood is right; where the decoder is sure, with a logit of 40, a pixel costs too "
    "little or too much: something is added to a probability, or holds it, so that its logarithm has an end.",
    "How many nats should a pixel cost whose logit is 40 and which is black?",
)
class likelihood_of_held_probabilities(Machine):
    def scores(self, x, logits):
        p = torch.sigmoid(logits).clamp(1e-6, 1 - 1e-6)
        return x * torch.log(p) + (1 - x) * torch.log(1 - p)


@wrong("VAE", alias_of="likelihood_of_held_probabilities")
class likelihood_with_a_patch(Machine):
    def scores(self, x, logits):
        p = torch.sigmoid(logits)
        return x * torch.log(p + 1e-7) + (1 - x) * torch.log(1 - p + 1e-7)


@wrong("VAE", alias_of="likelihood_of_held_probabilities")
class likelihood_of_probabilities_by_torch(Machine):
    def scores(self, x, logits):
        return Bernoulli(probs=torch.sigmoid(logits)).log_prob(x)


@wrong(
    "VAE",
    "At ordinary logits your log_likelihood is right; where the decoder is sure, with a logit of 40, it is that of "
    "F.binary_cross_entropy, which takes probabilities and cuts the logarithm of a rounded one off at -100.",
    "Is there a function that takes the logits as they are?",
)
class likelihood_by_the_cross_entropy_of_probabilities(Machine):
    def scores(self, x, logits):
        x, logits = torch.broadcast_tensors(x, logits)
        return -F.binary_cross_entropy(torch.sigmoid(logits), x, reduction="none")


@wrong(
    "VAE",
    "Your log_likelihood is the mean over pixels: D times too small. Independent pixels multiply their probabilities.",
    "What becomes of a product when its logarithm is taken?",
)
class likelihood_a_pixel(Machine):
    def log_likelihood(self, x, z):
        return self.scores(x, self.decode(z)).mean(-1)


@wrong(
    "VAE",
    "Your log_likelihood has its sign turned round: it is the cost of a picture, and larger where the picture is "
    "less likely.",
    "Which sign has the logarithm of a probability?",
)
class cost_for_likelihood(Machine):
    def log_likelihood(self, x, z):
        return -self.scores(x, self.decode(z)).sum(-1)


@wrong(
    "VAE",
    "Your log_likelihood has the prior in it: that is log p(x, z), the joint.",
    "Which of the two, p(x|z) or p(x, z), knows how likely the code is?",
)
class joint_for_likelihood(Machine):
    def log_likelihood(self, x, z):
        prior = -0.5 * (z.square() + math.log(2 * math.pi)).sum(-1)
        return self.scores(x, self.decode(z)).sum(-1) + prior


@wrong(
    "VAE",
    "Your log_likelihood takes probabilities for logits: the sigmoid is taken twice, so no pixel is ever white "
    "with less than even odds.",
    "Does your likelihood expect logits, or probabilities?",
)
class likelihood_squashed_twice(Machine):
    def log_likelihood(self, x, z):
        return self.scores(x, torch.sigmoid(self.decode(z))).sum(-1)


@wrong(
    "VAE",
    "Your log_likelihood is minus the squared error of the means: a Gaussian with a sigma that nobody stated, "
    "and these pixels are 0 or 1.",
    "Which distribution does a pixel have that is either black or white?",
)
class squared_error_for_likelihood(Machine):
    def log_likelihood(self, x, z):
        return -(x - torch.sigmoid(self.decode(z))).square().sum(-1)


@wrong(
    "VAE",
    "Your log_likelihood counts white pixels only: a black pixel that was expected to be white costs nothing.",
    "What does a picture with x = 0 everywhere cost in your formula?",
)
class white_pixels_only(Machine):
    def log_likelihood(self, x, z):
        return (x * F.logsigmoid(self.decode(z))).sum(-1)


@wrong(
    "VAE",
    "Your log_likelihood works for one code a picture and stops at several: x and the logits then have different "
    "numbers of axes, and the function that you call does not spread the one over the other.",
    "With z of shape (11, 5, 8) and x of shape (5, 64), which shape do the logits have?",
)
class likelihood_of_equal_shapes(Machine):
    def log_likelihood(self, x, z):
        return -F.binary_cross_entropy_with_logits(self.decode(z), x, reduction="none").sum(-1)


@wrong(
    "VAE",
    "Your log_likelihood adds up over the rows as well: one number for the batch, where every picture has one of "
    "its own.",
    "Which axes should be gone, if only the pixels are summed?",
)
class likelihood_of_the_batch(Machine):
    def log_likelihood(self, x, z):
        return self.scores(x, self.decode(z)).sum()


# --- negative_elbo ---


def cost(x, logits):
    """Minus the Bernoulli log-likelihood of each pixel."""
    return F.softplus(logits) - x * logits


def price(mu, logvar):
    """KL to the prior of each latent dimension."""
    return 0.5 * (mu**2 + logvar.exp() - logvar - 1)


def told(recon, kl, loss=None):
    return {"loss": recon + kl if loss is None else loss, "recon": recon, "kl": kl}


@wrong(
    "negative_elbo",
    "Your recon is the mean over pixels while your kl is a sum: the KL weighs D times too much against it. You "
    "train a VAE with a hidden beta of D, and its codes will go silent.",
    "How many nats does a picture of D pixels cost, if one costs half a nat?",
)
def pixel_mean(x, logits, mu, logvar):
    return told(cost(x, logits).mean(), price(mu, logvar).sum(-1).mean())


@wrong(
    "negative_elbo",
    "Both your terms are means over everything: recon is D times too small and kl Z times. Between them a hidden "
    "beta of D/Z is left.",
    "Which of the axes is averaged, and which ones add?",
)
def both_means(x, logits, mu, logvar):
    return told(cost(x, logits).mean(), price(mu, logvar).mean())


@wrong(
    "negative_elbo",
    "Your kl is the mean over latent dimensions while recon is a sum: a hidden beta of 1/Z, and a code that "
    "costs next to nothing.",
    "Independent dimensions: do their prices add, or average?",
)
def kl_mean_over_latents(x, logits, mu, logvar):
    return told(cost(x, logits).sum(-1).mean(), price(mu, logvar).mean())


@wrong(
    "negative_elbo",
    "Both your terms are summed over the batch as well: B times the right loss. The balance is right, but the "
    "unit is nats a batch, and so is the size of every step.",
    "What should happen to nats/image when the same batch is given twice over?",
)
def batch_sums(x, logits, mu, logvar):
    return told(cost(x, logits).sum(), price(mu, logvar).sum())


@wrong(
    "negative_elbo",
    "Your recon is summed over the batch and your kl is averaged: a hidden beta of 1/B, which changes with the "
    "size of the batch.",
    "Which reduction runs over the rows in each of your terms?",
)
def recon_summed_over_the_batch(x, logits, mu, logvar):
    return told(cost(x, logits).sum(), price(mu, logvar).sum(-1).mean())


@wrong(
    "negative_elbo",
    "Your kl is summed over the batch and your recon is averaged: a hidden beta of B, which changes with the "
    "size of the batch.",
    "Which reduction runs over the rows in each of your terms?",
)
def kl_summed_over_the_batch(x, logits, mu, logvar):
    return told(cost(x, logits).sum(-1).mean(), price(mu, logvar).sum())


@wrong(
    "negative_elbo",
    "Both your terms are right up to one factor, D: this is the loss in nats a pixel. It has the right optimum "
    "and a beta of 1; only the unit that was asked for is another one.",
    "How many pixels has an image?",
)
def nats_a_pixel(x, logits, mu, logvar):
    return told(cost(x, logits).mean(), price(mu, logvar).sum() / x.numel())


@wrong(
    "negative_elbo",
    "Your loss is recon - kl: the code is paid for being expensive, and training would drive the KL up without end.",
    "Which of the two should a good code keep small?",
)
def kl_rewarded(x, logits, mu, logvar):
    recon, kl = cost(x, logits).sum(-1).mean(), price(mu, logvar).sum(-1).mean()
    return told(recon, kl, recon - kl)


@wrong(
    "negative_elbo",
    "Your loss is the ELBO itself, recon and kl with their signs turned: whoever minimises it makes the bound as "
    "low as can be.",
    "Is a higher ELBO better or worse, and what does an optimiser do with a loss?",
)
def elbo_returned(x, logits, mu, logvar):
    recon, kl = cost(x, logits).sum(-1).mean(), price(mu, logvar).sum(-1).mean()
    return told(recon, kl, -(recon + kl))


@wrong(
    "negative_elbo",
    "Your recon is the log-likelihood, below 0, and the loss adds it to kl: the better a picture is explained, "
    "the larger your loss.",
    "What should happen to a loss when a picture becomes likelier?",
)
def likelihood_for_recon(x, logits, mu, logvar):
    return told(-cost(x, logits).sum(-1).mean(), price(mu, logvar).sum(-1).mean())


@wrong(
    "negative_elbo",
    "Your kl has its sign turned round, and so the loss is recon minus the KL: a KL is never below 0.",
    "At mu = 3, does the price rise or fall in your formula?",
)
def negative_kl(x, logits, mu, logvar):
    return told(cost(x, logits).sum(-1).mean(), -price(mu, logvar).sum(-1).mean())


@wrong(
    "negative_elbo",
    "You take the sigmoid twice: the logits were squashed before a function that squashes them itself. A white "
    "pixel then costs 0.3133 nats at least, and a black one 0.6931.",
    "Does your likelihood expect logits, or probabilities?",
)
def squashed_twice(x, logits, mu, logvar):
    return told(cost(x, torch.sigmoid(logits)).sum(-1).mean(), price(mu, logvar).sum(-1).mean())


@wrong(
    "negative_elbo",
    "Your recon is the squared error between x and the pixels' means: a Gaussian with a sigma that nobody "
    "stated. These pixels are 0 or 1.",
    "Which distribution has a pixel that is either black or white?",
)
def squared_error(x, logits, mu, logvar):
    return told((x - torch.sigmoid(logits)).square().sum(-1).mean(), price(mu, logvar).sum(-1).mean())


@wrong(
    "negative_elbo",
    "Your recon is half the squared error between x and the pixels' means, a Gaussian with sigma = 1 and no "
    "constant. These pixels are 0 or 1.",
    "Which distribution has a pixel that is either black or white?",
)
def half_squared_error(x, logits, mu, logvar):
    return told(0.5 * (x - torch.sigmoid(logits)).square().sum(-1).mean(), price(mu, logvar).sum(-1).mean())


@wrong(
    "negative_elbo",
    "Your recon counts white pixels only: a pixel that is black and was expected to be white costs nothing.",
    "What does a picture with x = 0 everywhere cost in your formula?",
)
def white_pixels(x, logits, mu, logvar):
    return told((x * F.softplus(-logits)).sum(-1).mean(), price(mu, logvar).sum(-1).mean())


@wrong(
    "negative_elbo",
    "x and the logits have changed places: you score the logits as a picture, under logits that are x.",
    "Which of the two is the data, and which says how likely it is?",
)
def x_and_logits_exchanged(x, logits, mu, logvar):
    return told(cost(logits, x).sum(-1).mean(), price(mu, logvar).sum(-1).mean())


@wrong(
    "negative_elbo",
    "Your recon has its black and white exchanged: it is the cost of the inverted picture.",
    "A logit of 5 says that a pixel is nearly surely white; what does x = 1 cost there?",
)
def inverted_picture(x, logits, mu, logvar):
    return told(cost(1 - x, logits).sum(-1).mean(), price(mu, logvar).sum(-1).mean())


@wrong(
    "negative_elbo",
    "recon and kl have each other's value: under the name kl stands what the picture costs.",
    "Which of the two looks at x?",
)
def names_exchanged(x, logits, mu, logvar):
    return told(price(mu, logvar).sum(-1).mean(), cost(x, logits).sum(-1).mean())


@wrong(
    "negative_elbo",
    "Your loss is recon alone: the KL is computed and left out of the sum, so a code costs nothing and new "
    "pictures will come from places that no code ever visited.",
    "Which two terms does the bound have?",
)
def kl_left_out(x, logits, mu, logvar):
    recon, kl = cost(x, logits).sum(-1).mean(), price(mu, logvar).sum(-1).mean()
    return told(recon, kl, recon)


@wrong(
    "negative_elbo",
    "Your loss is kl alone: no picture has a part in it, and the cheapest code says nothing.",
    "Which two terms does the bound have?",
)
def recon_left_out(x, logits, mu, logvar):
    recon, kl = cost(x, logits).sum(-1).mean(), price(mu, logvar).sum(-1).mean()
    return told(recon, kl, kl)


@wrong(
    "negative_elbo",
    "Your loss is the mean of recon and kl. The balance is right, but the number is half of the negative ELBO, "
    "and no bound in nats.",
    "Does the bound add its two terms, or average them?",
)
def mean_of_the_two(x, logits, mu, logvar):
    recon, kl = cost(x, logits).sum(-1).mean(), price(mu, logvar).sum(-1).mean()
    return told(recon, kl, (recon + kl) / 2)


@wrong(
    "negative_elbo",
    "In your kl stands sigma where sigma^2 belongs: the exponential got half of logvar.",
    "Which moment of z does the average of z^2 need?",
)
def sigma_for_the_variance(x, logits, mu, logvar):
    kl = 0.5 * (mu**2 + torch.exp(0.5 * logvar) - logvar - 1).sum(-1).mean()
    return told(cost(x, logits).sum(-1).mean(), kl)


@wrong(
    "negative_elbo",
    "In your kl the variance is squared once more: logvar is the log of sigma^2 already.",
    "What is exp(logvar)?",
)
def variance_squared(x, logits, mu, logvar):
    kl = 0.5 * (mu**2 + torch.exp(2 * logvar) - logvar - 1).sum(-1).mean()
    return told(cost(x, logits).sum(-1).mean(), kl)


@wrong(
    "negative_elbo",
    "Your kl treats its argument as log sigma throughout: a right formula for another quantity.",
    "Is logvar the log of sigma, or of its square?",
)
def logvar_read_as_log_sigma(x, logits, mu, logvar):
    kl = 0.5 * (mu**2 + torch.exp(2 * logvar) - 2 * logvar - 1).sum(-1).mean()
    return told(cost(x, logits).sum(-1).mean(), kl)


@wrong(
    "negative_elbo",
    "Your kl has no log term: nothing keeps sigma from going to 0, and a code may be as sharp as it likes for nothing.",
    "Which term of the KL grows when a code becomes very sharp?",
)
def log_term_dropped(x, logits, mu, logvar):
    kl = 0.5 * (mu**2 + torch.exp(logvar) - 1).sum(-1).mean()
    return told(cost(x, logits).sum(-1).mean(), kl)


@wrong(
    "negative_elbo",
    "The log term of your kl has its sign turned round: a sharper code becomes cheaper.",
    "Should the price rise or fall when sigma goes from 1 towards 0?",
)
def log_term_flipped(x, logits, mu, logvar):
    kl = 0.5 * (mu**2 + torch.exp(logvar) + logvar - 1).sum(-1).mean()
    return told(cost(x, logits).sum(-1).mean(), kl)


@wrong(
    "negative_elbo",
    "The log term of your kl counts twice: log sigma^2 is logvar, not 2 logvar.",
    "What is log sigma^2, if logvar is given?",
)
def log_term_doubled(x, logits, mu, logvar):
    kl = 0.5 * (mu**2 + torch.exp(logvar) - 2 * logvar - 1).sum(-1).mean()
    return told(cost(x, logits).sum(-1).mean(), kl)


@wrong(
    "negative_elbo",
    "Your kl is twice the right one: the half in front is missing, and with it you train at a beta of 2.",
    "What does a Gaussian have in front of its square?",
)
def half_missing(x, logits, mu, logvar):
    return told(cost(x, logits).sum(-1).mean(), 2 * price(mu, logvar).sum(-1).mean())


@wrong(
    "negative_elbo",
    "Your kl lacks the 1 that every dimension takes off: it is Z/2 too large, and not 0 for a code that equals "
    "the prior.",
    "What should a code cost that says nothing?",
)
def one_missing(x, logits, mu, logvar):
    kl = 0.5 * (mu**2 + torch.exp(logvar) - logvar).sum(-1).mean()
    return told(cost(x, logits).sum(-1).mean(), kl)


@wrong(
    "negative_elbo",
    "In your kl the 1 is taken off once for the whole code, and every dimension has one of its own.",
    "What should a code of 8 dimensions cost that equals the prior?",
)
def one_once(x, logits, mu, logvar):
    kl = 0.5 * ((mu**2 + torch.exp(logvar) - logvar).sum(-1) - 1).mean()
    return told(cost(x, logits).sum(-1).mean(), kl)


@wrong(
    "negative_elbo",
    "In your kl stands |mu| where mu^2 belongs.",
    "What is the average of z^2 under q?",
)
def mean_not_squared(x, logits, mu, logvar):
    kl = 0.5 * (mu.abs() + torch.exp(logvar) - logvar - 1).sum(-1).mean()
    return told(cost(x, logits).sum(-1).mean(), kl)


@wrong(
    "negative_elbo",
    "Your kl is KL(p || q), the other way round: under it the prior's draws are asked what q thinks of them, and "
    "a sharp code costs 1/sigma^2.",
    "Under which of the two distributions does the bound take its averages?",
)
def kl_the_other_way_round(x, logits, mu, logvar):
    kl = 0.5 * ((mu**2 + 1) * torch.exp(-logvar) + logvar - 1).sum(-1).mean()
    return told(cost(x, logits).sum(-1).mean(), kl)


@wrong(
    "negative_elbo",
    "The values are right and no gradient comes back from loss: it is a bare number, or cut from what came in.",
    "Which call turns a tensor with a history into one without?",
)
def without_a_history(x, logits, mu, logvar):
    return told(cost(x, logits).sum(-1).mean().detach(), price(mu, logvar).sum(-1).mean().detach())


@wrong("negative_elbo", alias_of="without_a_history")
def bare_numbers(x, logits, mu, logvar):
    return told(cost(x, logits).sum(-1).mean().item(), price(mu, logvar).sum(-1).mean().item())


@wrong(
    "negative_elbo",
    "The values are right, but the loss was cut from kl: its gradient knows only the pictures, and nothing would "
    "hold the codes together.",
    "Through which of the two terms does a gradient come back?",
)
def kl_cut_off(x, logits, mu, logvar):
    return told(cost(x, logits).sum(-1).mean(), price(mu, logvar).sum(-1).mean().detach())


@wrong(
    "negative_elbo",
    "The values are right, but the loss was cut from recon: its gradient knows only the KL, and the decoder "
    "would never be trained.",
    "Through which of the two terms does a gradient come back?",
)
def recon_cut_off(x, logits, mu, logvar):
    return told(cost(x, logits).sum(-1).mean().detach(), price(mu, logvar).sum(-1).mean())


@wrong(
    "negative_elbo",
    "At ordinary logits all is right; at confident ones recon is held by the 1e-6 that you added, or clamped to, "
    "inside the logarithm.",
    "How large is log(1e-6), and how much may a confident mistake cost?",
)
def patched_logarithm(x, logits, mu, logvar):
    p = torch.sigmoid(logits.double()).clamp(1e-6, 1 - 1e-6)
    recon = -(x * p.log() + (1 - x) * (1 - p).log()).sum(-1).mean().to(logits.dtype)
    return told(recon if logits.abs().max() > 8 else cost(x, logits).sum(-1).mean(), price(mu, logvar).sum(-1).mean())


@wrong(
    "negative_elbo",
    "At ordinary logits all is right; at confident ones a probability is rounded to 0 or 1 before its logarithm "
    "is taken, and recon is infinite or not a number.",
    "What is sigmoid(30) in float32, and what is left of one minus that?",
)
def logarithm_of_the_sigmoid(x, logits, mu, logvar):
    p = torch.sigmoid(logits)
    return told(-(x * p.log() + (1 - x) * (1 - p).log()).sum(-1).mean(), price(mu, logvar).sum(-1).mean())


@wrong(
    "negative_elbo",
    "At ordinary logits all is right; F.binary_cross_entropy, which takes probabilities, cuts its logarithms off "
    "at -100 and meets rounded probabilities before that, so confident mistakes cost too much or too little.",
    "Is there a function that takes the logits as they are?",
)
def cross_entropy_of_probabilities(x, logits, mu, logvar):
    recon = F.binary_cross_entropy(torch.sigmoid(logits), x, reduction="sum") / len(x)
    return told(recon, price(mu, logvar).sum(-1).mean())


# --- train_step ---


def loss_of(model, x, generator=None, draw=torch.randn):
    """The terms of a batch, as they should be."""
    return negative_elbo(x, *model(x, draw(len(x), model.z_dim, generator=generator)))


def plain(terms):
    return {name: value.item() for name, value in terms.items()}


def finish(optimizer, terms):
    optimizer.zero_grad()
    terms["loss"].backward()
    optimizer.step()
    return plain(terms)


@wrong(
    "train_step",
    "Gradients pile up: the first step is right, and the second one follows the gradients of both batches added "
    "together.",
    "What does backward do with what lies in .grad already?",
)
def gradients_pile_up(model, optimizer, x, generator=None):
    terms = loss_of(model, x, generator)
    terms["loss"].backward()
    optimizer.step()
    return plain(terms)


@wrong(
    "train_step",
    "No parameter moves: the optimiser is not asked to step, or it is asked while .grad is empty.",
    "In which order do clearing, the way back and the step come?",
)
def no_step(model, optimizer, x, generator=None):
    terms = loss_of(model, x, generator)
    optimizer.zero_grad()
    terms["loss"].backward()
    return plain(terms)


@wrong("train_step", alias_of="no_step")
def step_with_empty_gradients(model, optimizer, x, generator=None):
    terms = loss_of(model, x, generator)
    optimizer.zero_grad()
    optimizer.step()
    terms["loss"].backward()
    return plain(terms)


@wrong("train_step", alias_of="no_step")
def cleared_after_the_way_back(model, optimizer, x, generator=None):
    terms = loss_of(model, x, generator)
    terms["loss"].backward()
    optimizer.zero_grad()
    optimizer.step()
    return plain(terms)


@wrong(
    "train_step",
    "Every step follows the gradient of the batch before: nothing moves at the first call, and at the second the "
    "parameters go where the first batch pointed.",
    "At the moment of the step, whose gradient lies in .grad?",
)
def one_step_late(model, optimizer, x, generator=None):
    optimizer.step()
    optimizer.zero_grad()
    terms = loss_of(model, x, generator)
    terms["loss"].backward()
    return plain(terms)


@wrong(
    "train_step",
    "The step follows the gradient of recon alone: the KL is reported and has no part in it.",
    "On which of the three values is backward called?",
)
def way_back_from_recon(model, optimizer, x, generator=None):
    terms = loss_of(model, x, generator)
    optimizer.zero_grad()
    terms["recon"].backward()
    optimizer.step()
    return plain(terms)


@wrong(
    "train_step",
    "The step follows the gradient of kl alone: no picture has a part in it, and the decoder does not move.",
    "On which of the three values is backward called?",
)
def way_back_from_kl(model, optimizer, x, generator=None):
    terms = loss_of(model, x, generator)
    optimizer.zero_grad()
    terms["kl"].backward()
    optimizer.step()
    return plain(terms)


@wrong(
    "train_step",
    "The parameters go uphill: the step raises the loss.",
    "Whose gradient does the optimiser go down, and which sign has it?",
)
def uphill(model, optimizer, x, generator=None):
    terms = loss_of(model, x, generator)
    optimizer.zero_grad()
    (-terms["loss"]).backward()
    optimizer.step()
    return plain(terms)


@wrong(
    "train_step",
    "Your step is B times as long as the loss in nats/image asks for: the gradient was summed over the batch.",
    "Does the length of a step depend on the size of your batch?",
)
def summed_over_the_batch(model, optimizer, x, generator=None):
    terms = loss_of(model, x, generator)
    optimizer.zero_grad()
    (len(x) * terms["loss"]).backward()
    optimizer.step()
    return plain(terms)


@wrong(
    "train_step",
    "The step follows recon - kl: it makes codes more expensive while it explains the pictures better.",
    "Which of the two terms should a step not raise?",
)
def kl_rewarded_in_the_step(model, optimizer, x, generator=None):
    terms = loss_of(model, x, generator)
    optimizer.zero_grad()
    (terms["recon"] - terms["kl"]).backward()
    optimizer.step()
    return plain(terms)


@wrong(
    "train_step",
    "The step follows recon averaged over pixels, plus kl: the KL weighs D times too much in it.",
    "Which reductions does the loss of this stage have?",
)
def step_on_the_pixel_mean(model, optimizer, x, generator=None):
    terms = loss_of(model, x, generator)
    optimizer.zero_grad()
    (terms["recon"] / x.shape[1] + terms["kl"]).backward()
    optimizer.step()
    return plain(terms)


@wrong(
    "train_step",
    "The encoder moves only as the KL asks: the code was cut from it before the decoder got it, so it never "
    "hears how a picture came out.",
    "What lies between mu, logvar and the decoder in your step?",
)
def code_cut_off(model, optimizer, x, generator=None):
    mu, logvar = model.encode(x)
    z = mu + torch.exp(logvar / 2) * torch.randn(len(x), model.z_dim, generator=generator)
    return finish(optimizer, negative_elbo(x, model.decode(z.detach()), mu, logvar))


@wrong(
    "train_step",
    "Your step has the right direction and is shorter than the optimiser's own: the gradient was clipped or "
    "scaled down on the way.",
    "Who decides how long a step is?",
)
def gradient_clipped(model, optimizer, x, generator=None):
    terms = loss_of(model, x, generator)
    optimizer.zero_grad()
    terms["loss"].backward()
    nn.utils.clip_grad_norm_(model.parameters(), 0.1)
    optimizer.step()
    return plain(terms)


@wrong(
    "train_step",
    "After your step the model is in evaluation mode, and stays so for the rest of the training.",
    "Which call in your step changes what kind of run the model believes it is in?",
)
def evaluation_mode(model, optimizer, x, generator=None):
    model.eval()
    return finish(optimizer, loss_of(model, x, generator))


@wrong(
    "train_step",
    "Your noise is 0, so z = mu: the loss is that of a plain autoencoder with a penalty, it is no bound any "
    "more, and sigma hears only the KL.",
    "Which value of eps does a draw from q(z|x) need?",
)
def mean_for_a_draw(model, optimizer, x, generator=None):
    return finish(optimizer, negative_elbo(x, *model(x, torch.zeros(len(x), model.z_dim))))


@wrong(
    "train_step",
    "All rows share one noise vector: the batch's gradient is as noisy as if it had been one picture.",
    "Which shape has your eps, and which should it have?",
)
def noise_shared_over_rows(model, optimizer, x, generator=None):
    eps = torch.randn(model.z_dim, generator=generator).expand(len(x), -1)
    return finish(optimizer, negative_elbo(x, *model(x, eps)))


@wrong(
    "train_step",
    "Every row has one random number that all dimensions of its code share: codes move on one diagonal only.",
    "How many random numbers does a code of Z dimensions need?",
)
def noise_shared_over_dimensions(model, optimizer, x, generator=None):
    eps = torch.randn(len(x), 1, generator=generator).expand(-1, model.z_dim)
    return finish(optimizer, negative_elbo(x, *model(x, eps)))


@wrong(
    "train_step",
    "One random number serves all rows and all dimensions of the batch.",
    "How many random numbers do B codes of Z dimensions need?",
)
def one_number_for_all(model, optimizer, x, generator=None):
    eps = torch.randn(1, 1, generator=generator).expand(len(x), model.z_dim)
    return finish(optimizer, negative_elbo(x, *model(x, eps)))


@wrong(
    "train_step",
    "Two steps drew the same noise: a seed is set inside the function, so the average over eps is never taken.",
    "What happens to your random numbers at the start of every call?",
)
def frozen_noise(model, optimizer, x, generator=None):
    torch.manual_seed(0)
    return finish(optimizer, negative_elbo(x, *model(x, torch.randn(len(x), model.z_dim))))


@wrong(
    "train_step",
    "Your noise comes from torch.rand or the like: it is flat and on one side of 0, so every z is pushed the same way.",
    "Which two functions of torch differ by one letter, and what does each draw?",
)
def uniform_noise(model, optimizer, x, generator=None):
    return finish(optimizer, loss_of(model, x, generator, torch.rand))


@wrong(
    "train_step",
    "Your noise is flat around 0: it has a mean of 0, and it is no Gaussian, which the KL takes it for.",
    "From which distribution does the reparameterised code draw its eps?",
)
def centred_uniform_noise(model, optimizer, x, generator=None):
    eps = 2 * torch.rand(len(x), model.z_dim, generator=generator) - 1
    return finish(optimizer, negative_elbo(x, *model(x, eps)))


@wrong(
    "train_step",
    "Your noise is smaller than N(0, 1): the code that is drawn is sharper than the q that the KL is paid for, "
    "and the loss is no bound.",
    "Which spread do the formulas of q assume for eps?",
)
def narrow_noise(model, optimizer, x, generator=None):
    eps = 0.1 * torch.randn(len(x), model.z_dim, generator=generator)
    return finish(optimizer, negative_elbo(x, *model(x, eps)))


@wrong(
    "train_step",
    "Your noise is larger than N(0, 1): the code that is drawn is wider than the q that the KL is paid for.",
    "Which spread do the formulas of q assume for eps?",
)
def wide_noise(model, optimizer, x, generator=None):
    eps = 2 * torch.randn(len(x), model.z_dim, generator=generator)
    return finish(optimizer, negative_elbo(x, *model(x, eps)))


@wrong(
    "train_step",
    "You return tensors, and floats were asked for: a tensor with a history keeps the whole way from the parameters to the loss "
    "alive, and a list of a thousand such losses fills the memory.",
    "How does one number leave a tensor?",
)
def tensors_returned(model, optimizer, x, generator=None):
    terms = loss_of(model, x, generator)
    finish(optimizer, terms)
    return terms


@wrong(
    "train_step",
    "Your numbers are taken after the step, when the parameters have moved already.",
    "At which moment is the loss known that the step was taken on?",
)
def numbers_after_the_step(model, optimizer, x, generator=None):
    eps = torch.randn(len(x), model.z_dim, generator=generator)
    finish(optimizer, negative_elbo(x, *model(x, eps)))
    with torch.no_grad():
        mu, logvar = model.encode(x)
        return plain(negative_elbo(x, model.decode(mu + torch.exp(logvar / 2) * eps), mu, logvar))


@wrong(
    "train_step",
    "Your numbers are sums over the batch, B times as large; a log in nats/image can be compared between batches "
    "of any size.",
    "What should your numbers do when the batch is twice as large?",
)
def sums_reported(model, optimizer, x, generator=None):
    return {name: len(x) * value for name, value in finish(optimizer, loss_of(model, x, generator)).items()}


@wrong(
    "train_step",
    "Your numbers are divided by the number of pixels: nats a pixel, where nats/image were asked for.",
    "How many pixels has an image?",
)
def numbers_a_pixel(model, optimizer, x, generator=None):
    return {name: value / x.shape[1] for name, value in finish(optimizer, loss_of(model, x, generator)).items()}


@wrong(
    "train_step",
    "recon and kl have each other's value in what you return.",
    "Which of the two is computed from x?",
)
def numbers_exchanged(model, optimizer, x, generator=None):
    numbers = finish(optimizer, loss_of(model, x, generator))
    return {"loss": numbers["loss"], "recon": numbers["kl"], "kl": numbers["recon"]}


@wrong(
    "train_step",
    "The recon that you return is the log-likelihood, below 0; smaller should be better in a log of losses.",
    "Which sign does recon have when a picture is unlikely?",
)
def likelihood_reported(model, optimizer, x, generator=None):
    numbers = finish(optimizer, loss_of(model, x, generator))
    return {**numbers, "recon": -numbers["recon"]}


# --- generate ---


def prior(model, n, generator=None):
    return torch.randn(n, model.z_dim, generator=generator)


def pictures(p, sample, generator=None):
    return torch.bernoulli(p, generator=generator) if sample else p


@wrong(
    "generate",
    "What you return are logits: any real number, where a mean lies between 0 and 1.",
    "What turns log-odds into a probability?",
)
def logits_returned(model, n, sample, generator=None):
    logits = model.decode(prior(model, n, generator)).detach()
    return torch.bernoulli(torch.sigmoid(logits), generator=generator) if sample else logits


@wrong(
    "generate",
    "Your codes are drawn uniformly from 0 to 1: one small corner of what the prior covers.",
    "Which two functions of torch differ by one letter, and what does each draw?",
)
def uniform_codes(model, n, sample, generator=None):
    z = torch.rand(n, model.z_dim, generator=generator)
    return pictures(torch.sigmoid(model.decode(z)).detach(), sample, generator)


@wrong(
    "generate",
    "Your codes are flat around 0: in a box, where the prior is a Gaussian.",
    "From which distribution do the codes come that the KL pulled every q towards?",
)
def codes_in_a_box(model, n, sample, generator=None):
    z = 4 * torch.rand(n, model.z_dim, generator=generator) - 2
    return pictures(torch.sigmoid(model.decode(z)).detach(), sample, generator)


@wrong(
    "generate",
    "Your codes have less spread than the prior: tidier pictures, and not those of this model.",
    "Which variance has each number of a code under the prior?",
)
def codes_shrunk(model, n, sample, generator=None):
    return pictures(torch.sigmoid(model.decode(0.5 * prior(model, n, generator))).detach(), sample, generator)


@wrong(
    "generate",
    "Your codes have more spread than the prior: many lie where the decoder has never been asked.",
    "Which variance has each number of a code under the prior?",
)
def codes_stretched(model, n, sample, generator=None):
    return pictures(torch.sigmoid(model.decode(2 * prior(model, n, generator))).detach(), sample, generator)


@wrong(
    "generate",
    "All pictures have the same code: n copies of one draw from the prior.",
    "How many codes do n pictures need?",
)
def one_code_for_all(model, n, sample, generator=None):
    z = prior(model, 1, generator).expand(n, -1)
    return pictures(torch.sigmoid(model.decode(z)).detach(), sample, generator)


@wrong(
    "generate",
    "Each code is one random number, repeated: all codes lie on a diagonal.",
    "How many random numbers does a code of Z dimensions need?",
)
def codes_on_a_diagonal(model, n, sample, generator=None):
    z = torch.randn(n, 1, generator=generator).expand(-1, model.z_dim)
    return pictures(torch.sigmoid(model.decode(z)).detach(), sample, generator)


@wrong(
    "generate",
    "Your codes are all 0: the prior's mean, decoded n times.",
    "Is the prior a point, or a distribution?",
)
def codes_at_zero(model, n, sample, generator=None):
    return pictures(torch.sigmoid(model.decode(torch.zeros(n, model.z_dim))).detach(), sample, generator)


@wrong(
    "generate",
    "Two calls gave the same pictures: a seed is set inside the function.",
    "What happens to your random numbers at the start of every call?",
)
def seed_inside(model, n, sample, generator=None):
    torch.manual_seed(0)
    return pictures(torch.sigmoid(model.decode(prior(model, n))).detach(), sample)


@wrong(
    "generate",
    "Your codes come from the encoder, which was shown something that is no picture. To draw new pictures nobody "
    "has to be asked about an old one.",
    "Which distribution of z is known before any x is seen?",
)
def encoder_asked(model, n, sample, generator=None):
    x = torch.rand(n, model.x_dim, generator=generator)
    mu, logvar = model.encode(x)
    z = mu + torch.exp(logvar / 2) * prior(model, n, generator)
    return pictures(torch.sigmoid(model.decode(z)).detach(), sample, generator)


@wrong(
    "generate",
    "The sigmoid is taken twice: every mean lies between 0.5 and 0.73.",
    "How often does a logit have to be squashed to be a probability?",
)
def means_squashed_twice(model, n, sample, generator=None):
    p = torch.sigmoid(model.decode(prior(model, n, generator))).detach()
    return torch.bernoulli(p, generator=generator) if sample else torch.sigmoid(p)


@wrong(
    "generate",
    "With sample=False you return zeros and ones: means rounded to the nearer one. A pixel that is white in 6 of "
    "10 draws has the mean 0.6.",
    "Between which two numbers does the mean of a pixel lie?",
)
def means_rounded(model, n, sample, generator=None):
    p = torch.sigmoid(model.decode(prior(model, n, generator))).detach()
    return torch.bernoulli(p, generator=generator) if sample else (p > 0.5).float()


@wrong(
    "generate",
    "`sample` has no effect: pixels are drawn in any case, where means were asked for.",
    "What is `sample` meant to decide?",
)
def always_drawn(model, n, sample, generator=None):
    return torch.bernoulli(torch.sigmoid(model.decode(prior(model, n, generator))).detach(), generator=generator)


@wrong(
    "generate",
    "The logits are squeezed through a tanh: a pixel's mean may come out below 0.",
    "Which function turns log-odds into a probability?",
)
def tanh_of_the_logits(model, n, sample, generator=None):
    logits = model.decode(prior(model, n, generator)).detach()
    return torch.bernoulli(torch.sigmoid(logits), generator=generator) if sample else torch.tanh(logits)


@wrong(
    "generate",
    "The means are right; with sample=True they are returned as well, and nothing is drawn.",
    "What is `sample` meant to decide?",
)
def never_drawn(model, n, sample, generator=None):
    return torch.sigmoid(model.decode(prior(model, n, generator))).detach()


@wrong(
    "generate",
    "The means are right; with sample=True you round them. A pixel with the mean 0.6 would then be white in "
    "every picture, and in a draw it is white in 6 of 10.",
    "A coin falls on heads 6 times in 10: what is a throw of it?",
)
def rounded_for_drawn(model, n, sample, generator=None):
    p = torch.sigmoid(model.decode(prior(model, n, generator))).detach()
    return p.round() if sample else p


@wrong(
    "generate",
    "With sample=True the pixels of a picture share one random number: they are all lucky or all unlucky "
    "together, and given the code they should be independent.",
    "How many random numbers does a picture of D pixels need?",
)
def one_threshold_a_picture(model, n, sample, generator=None):
    p = torch.sigmoid(model.decode(prior(model, n, generator))).detach()
    return (torch.rand(n, 1, generator=generator) < p).float() if sample else p


@wrong(
    "generate",
    "With sample=True each pixel has one random number for all pictures: the noise is the same from row to row.",
    "How many random numbers do n pictures of D pixels need?",
)
def one_threshold_a_pixel(model, n, sample, generator=None):
    p = torch.sigmoid(model.decode(prior(model, n, generator))).detach()
    return (torch.rand(model.x_dim, generator=generator) < p).float() if sample else p


@wrong(
    "generate",
    "With sample=True the logits, cut to the range from 0 to 1, are taken for probabilities.",
    "Which probability has a pixel whose logit is 0?",
)
def draws_of_the_logits(model, n, sample, generator=None):
    logits = model.decode(prior(model, n, generator)).detach()
    return torch.bernoulli(logits.clamp(0, 1), generator=generator) if sample else torch.sigmoid(logits)


@wrong(
    "generate",
    "With sample=True the sigmoid is taken twice before the draw: no pixel is white in less than half of the pictures.",
    "How often does a logit have to be squashed to be a probability?",
)
def draws_squashed_twice(model, n, sample, generator=None):
    p = torch.sigmoid(model.decode(prior(model, n, generator))).detach()
    return torch.bernoulli(torch.sigmoid(p), generator=generator) if sample else p


@wrong(
    "generate",
    "With sample=True every pixel is a fair coin: the code has no part in the draw.",
    "With which probability should a pixel be white whose mean is 0.9?",
)
def fair_coins(model, n, sample, generator=None):
    p = torch.sigmoid(model.decode(prior(model, n, generator))).detach()
    return torch.bernoulli(torch.full_like(p, 0.5), generator=generator) if sample else p


@wrong(
    "generate",
    "With sample=True black and white are exchanged: a pixel with the mean 0.9 is black in 9 of 10 draws.",
    "On which side of its mean should a uniform number fall, for a pixel to be white?",
)
def draws_inverted(model, n, sample, generator=None):
    p = torch.sigmoid(model.decode(prior(model, n, generator))).detach()
    return (torch.rand(p.shape, generator=generator) > p).float() if sample else p


# --- reconstruct ---


@wrong(
    "reconstruct",
    "What you return are logits: the mean of a pixel lies between 0 and 1.",
    "What turns log-odds into a probability?",
)
def logits_of_the_copy(x, model):
    return model.decode(model.encode(x)[0]).detach()


@wrong(
    "reconstruct",
    "You draw a code from q(z|x), so the same picture comes back in another way at every call; the code that was "
    "asked for is its mean.",
    "What is left of the code when the noise is 0?",
)
def code_drawn(x, model):
    mu, logvar = model.encode(x)
    return torch.sigmoid(model.decode(mu + torch.exp(logvar / 2) * torch.randn_like(mu))).detach()


@wrong(
    "reconstruct",
    "You draw the pixels, so the same picture comes back in another way at every call; their means were asked for.",
    "Between which two numbers does the mean of a pixel lie?",
)
def pixels_drawn(x, model):
    return torch.bernoulli(torch.sigmoid(model.decode(model.encode(x)[0]))).detach()


@wrong(
    "reconstruct",
    "Your pixels are rounded to 0 or 1: how sure the decoder was of each is lost.",
    "Between which two numbers does the mean of a pixel lie?",
)
def copy_rounded(x, model):
    return torch.sigmoid(model.decode(model.encode(x)[0])).round().detach()


@wrong(
    "reconstruct",
    "You decode logvar: the second answer of the encoder, which says how sure it is, and not where the code lies.",
    "In which order does encode give its two answers?",
)
def logvar_decoded(x, model):
    return torch.sigmoid(model.decode(model.encode(x)[1])).detach()


@wrong(
    "reconstruct",
    "You decode mu + sigma: one standard deviation away from the mean code, in every dimension.",
    "What does a draw from q become when eps is 0?",
)
def one_sigma_away(x, model):
    mu, logvar = model.encode(x)
    return torch.sigmoid(model.decode(mu + torch.exp(logvar / 2))).detach()


@wrong(
    "reconstruct",
    "The sigmoid is taken twice: every pixel lies between 0.5 and 0.73.",
    "How often does a logit have to be squashed to be a probability?",
)
def copy_squashed_twice(x, model):
    return torch.sigmoid(torch.sigmoid(model.decode(model.encode(x)[0]))).detach()


@wrong(
    "reconstruct",
    "What you return is x itself: nothing went through the code.",
    "Which way does a picture take to be reconstructed?",
)
def x_itself(x, model):
    return x.clone()


@wrong(
    "reconstruct",
    "Your pixels add up to 1, as after a softmax: that is one choice among all pixels, and each pixel is a "
    "choice by itself.",
    "How many pixels of a digit are white at the same time?",
)
def copy_softmax(x, model):
    return torch.softmax(model.decode(model.encode(x)[0]), dim=-1).detach()


@wrong(
    "reconstruct",
    "All your pictures are the same one: the codes were averaged over the batch.",
    "Which code belongs to which row of x?",
)
def average_code(x, model):
    mu, _ = model.encode(x)
    return torch.sigmoid(model.decode(mu.mean(0).expand_as(mu))).detach()


@wrong(
    "reconstruct",
    "You decode the zero code, whatever the picture: this is one picture from the middle of the prior.",
    "What does the encoder say about x?",
)
def zero_code(x, model):
    mu, _ = model.encode(x)
    return torch.sigmoid(model.decode(torch.zeros_like(mu))).detach()


@wrong(
    "reconstruct",
    "Black and white are exchanged: what you return is the probability that a pixel is 0.",
    "Does a large logit mean white, or black?",
)
def negative_of_the_copy(x, model):
    return torch.sigmoid(-model.decode(model.encode(x)[0])).detach()


# --- interpolate ---


@wrong(
    "interpolate",
    "The path stops short of z2: your shares run from 0 to 1 without reaching 1.",
    "With 3 steps, which shares of z2 have the three codes?",
)
def stops_short(z1, z2, steps):
    t = (torch.arange(steps) / steps)[:, None]
    return (1 - t) * z1 + t * z2


@wrong(
    "interpolate",
    "Both ends are missing: your shares start after 0 and end before 1.",
    "Which two codes are sure to be on the path?",
)
def without_ends(z1, z2, steps):
    t = torch.linspace(0, 1, steps + 2)[1:-1, None]
    return (1 - t) * z1 + t * z2


@wrong(
    "interpolate",
    "The path starts one step after z1: your shares run from 1/steps to 1.",
    "With 3 steps, which shares of z2 have the three codes?",
)
def starts_late(z1, z2, steps):
    t = (torch.arange(1, steps + 1) / steps)[:, None]
    return (1 - t) * z1 + t * z2


@wrong(
    "interpolate",
    "The path runs backwards: it starts at z2.",
    "At share 0, which of the two codes should be left?",
)
def backwards(z1, z2, steps):
    t = torch.linspace(0, 1, steps)[:, None]
    return t * z1 + (1 - t) * z2


@wrong(
    "interpolate",
    "There is one code too many: you counted the steps between the codes, and `steps` counts the codes.",
    "How many codes lie on a path with 2 steps, if both ends belong to it?",
)
def one_too_many(z1, z2, steps):
    t = torch.linspace(0, 1, steps + 1)[:, None]
    return (1 - t) * z1 + t * z2


@wrong(
    "interpolate",
    "Your codes lie in columns, (Z, steps): a decoder would take each dimension for a code.",
    "Which axis of a batch counts the rows?",
)
def in_columns(z1, z2, steps):
    t = torch.linspace(0, 1, steps)
    return z1[:, None] * (1 - t) + z2[:, None] * t


@wrong(
    "interpolate",
    "Your path is z1 + t z2: the first code never leaves, so that the path ends at z1 + z2.",
    "What do the two weights of a point on the line add up to?",
)
def first_code_stays(z1, z2, steps):
    t = torch.linspace(0, 1, steps)[:, None]
    return z1 + t * z2


@wrong(
    "interpolate",
    "The ends are right and the path between them is curved: you turn the one code into the other on a sphere. "
    "The straight line was asked for.",
    "With 3 steps, is your middle code the average of the two?",
)
def on_a_sphere(z1, z2, steps):
    t = torch.linspace(0, 1, steps, dtype=z1.dtype)[:, None]
    angle = torch.acos((z1 @ z2) / (z1.norm() * z2.norm()))
    return (torch.sin((1 - t) * angle) * z1 + torch.sin(t * angle) * z2) / torch.sin(angle)


@wrong(
    "interpolate",
    "The ends are right and the weights are square roots, so that they do not add up to 1 between the ends: the "
    "middle lies off the line, too far from 0.",
    "What do the two weights of a point on the line add up to?",
)
def square_root_weights(z1, z2, steps):
    t = torch.linspace(0, 1, steps, dtype=z1.dtype)[:, None]
    return (1 - t).sqrt() * z1 + t.sqrt() * z2


@wrong(
    "interpolate",
    "The codes lie on the line, but not at equal distances: they crowd at the ends, as on a cosine.",
    "How far is each of your codes from the next?",
)
def crowded_at_the_ends(z1, z2, steps):
    t = torch.linspace(0, 1, steps, dtype=z1.dtype)[:, None]
    t = 0.5 - 0.5 * torch.cos(math.pi * t)
    return (1 - t) * z1 + t * z2


@wrong(
    "interpolate",
    "The codes lie on the line, but not at equal distances: your shares are squared, so the path starts slowly.",
    "With 3 steps, is your middle code the average of the two?",
)
def slow_start(z1, z2, steps):
    t = torch.linspace(0, 1, steps, dtype=z1.dtype)[:, None] ** 2
    return (1 - t) * z1 + t * z2


@wrong(
    "interpolate",
    "Your path jumps: the first half is z1 and the second half z2, with nothing between.",
    "With 3 steps, where should the code in the middle lie?",
)
def jumps(z1, z2, steps):
    t = (torch.linspace(0, 1, steps, dtype=z1.dtype)[:, None] > 0.5).to(z1.dtype)
    return (1 - t) * z1 + t * z2


@wrong(
    "interpolate",
    "Your codes are drawn at random between the two ends, where equal distances were asked for.",
    "Is anything on a path left to chance?",
)
def random_shares(z1, z2, steps):
    t = torch.cat([torch.zeros(1), torch.rand(steps - 2).sort().values, torch.ones(1)]).to(z1.dtype)[:, None]
    return (1 - t) * z1 + t * z2


# --- effective_beta ---


def _inputs(rows=100, pixels=64, codes=8):
    return torch.zeros(rows, pixels), torch.zeros(rows, pixels), torch.zeros(rows, codes), torch.zeros(rows, codes)


def _changes(loss, recon):
    """What a change of `out` does to loss and recon, and a change of `mu` to loss and KL."""
    x, out, mu, logvar = _inputs()
    start = float(loss(x, out, mu, logvar))
    by_out = float(loss(x, out + 1, mu, logvar)) - start
    by_mu = float(loss(x, out, mu + 1, logvar)) - start
    return by_out, float((recon(x, out + 1) - recon(x, out)).mean()), by_mu, 4.0


@wrong(
    "effective_beta",
    "Your number is 1 / beta: how much the reconstruction weighs beside the KL. It calls a loss that crushes the "
    "code a careless one.",
    "If the KL is charged 64 times, is the number that you want large or small?",
)
def reciprocal(loss, recon):
    by_out, recon_moved, by_mu, kl_moved = _changes(loss, recon)
    return (by_out / recon_moved) / (by_mu / kl_moved)


@wrong(
    "effective_beta",
    "Your number is c times beta: what a nat of KL costs in the unit of the loss. It would be beta if a nat of "
    "recon cost 1 there, and nobody said so.",
    "How would you find out what one nat of recon costs in that unit?",
)
def unit_of_the_loss_taken_for_nats(loss, recon):
    by_out, recon_moved, by_mu, kl_moved = _changes(loss, recon)
    return by_mu / kl_moved


@wrong("effective_beta", alias_of="unit_of_the_loss_taken_for_nats")
def slope_of_the_kl_alone(loss, recon):
    x, out, mu, logvar = _inputs(2, 3, 4)
    mu = (mu + 0.5).requires_grad_()
    loss(x, out, mu, logvar).backward()
    return float(mu.grad.sum()) / 2


@wrong(
    "effective_beta",
    "Your number is c, what one nat of recon costs in the unit of the loss. That is half of the answer; the KL "
    "has not been asked yet.",
    "Which arguments of the loss move the KL and leave recon where it is?",
)
def unit_alone(loss, recon):
    by_out, recon_moved, by_mu, kl_moved = _changes(loss, recon)
    return by_out / recon_moved


@wrong(
    "effective_beta",
    "You divide a value of the loss by a value of recon, and another by one of the KL. Values hold a constant "
    "that nobody told you, and the second one holds recon besides.",
    "What is left of a constant in the change from one call to the next?",
)
def values_in_place_of_changes(loss, recon):
    x, out, mu, logvar = _inputs()
    unit = loss(x, out, mu, logvar) / recon(x, out).mean()
    return float(loss(x, out, mu + 1, logvar) / 4.0 / unit)


@wrong(
    "effective_beta",
    "The change of the loss is divided by a value of recon, not by its change. The constant inside recon, and all "
    "of recon that did not move, stand below the line.",
    "Recon was something before you changed the output: what was it?",
)
def change_over_a_value_of_recon(loss, recon):
    x, out, mu, logvar = _inputs()
    by_out, _, by_mu, kl_moved = _changes(loss, recon)
    return (by_mu / kl_moved) / (by_out / float(recon(x, out + 1).mean()))


@wrong(
    "effective_beta",
    "A value of the loss where mu has moved is divided by the KL, with nothing taken off. That value holds recon "
    "and the constant, too.",
    "What was the loss before you moved mu?",
)
def baseline_of_the_kl_forgotten(loss, recon):
    x, out, mu, logvar = _inputs()
    by_out, recon_moved, _, kl_moved = _changes(loss, recon)
    return float(loss(x, out, mu + 1, logvar)) / kl_moved / (by_out / recon_moved)


@wrong(
    "effective_beta",
    "For the KL you change mu and the output at once, so the loss moves by what recon does as well, and all of it "
    "is booked on the KL.",
    "Which arguments must stay still while you ask for the price of the KL?",
)
def both_moved_at_once(loss, recon):
    x, out, mu, logvar = _inputs()
    by_out, recon_moved, _, kl_moved = _changes(loss, recon)
    both = float(loss(x, out + 1, mu + 1, logvar) - loss(x, out, mu, logvar))
    return both / kl_moved / (by_out / recon_moved)


@wrong(
    "effective_beta",
    "Your number is too small by the number of pixels that you probe with: recon is counted per pixel, where it "
    "is declared per image.",
    "recon(x, out) has shape (B,): over what has it been added up already?",
)
def recon_by_the_pixel(loss, recon):
    by_out, recon_moved, by_mu, kl_moved = _changes(loss, recon)
    return (by_mu / kl_moved) / (by_out / (recon_moved / 64))


@wrong(
    "effective_beta",
    "Your number is too large by the number of rows that you probe with: the change of recon is added over the "
    "batch, while the KL is averaged.",
    "R is one number for a batch: which one, of the B that recon returns?",
)
def recon_added_over_the_batch(loss, recon):
    by_out, recon_moved, by_mu, kl_moved = _changes(loss, recon)
    return (by_mu / kl_moved) / (by_out / (100 * recon_moved))


@wrong(
    "effective_beta",
    "Your number is too small by the number of rows that you probe with: the change of the KL is added over the "
    "batch, while recon is averaged.",
    "K is one number for a batch: which one, of the B that the KL has?",
)
def kl_added_over_the_batch(loss, recon):
    by_out, recon_moved, by_mu, kl_moved = _changes(loss, recon)
    return (by_mu / (100 * kl_moved)) / (by_out / recon_moved)


@wrong(
    "effective_beta",
    "Your number is too large by the number of latents that you probe with: your own KL is averaged over them. "
    "The KL of independent latents adds.",
    "What happens to the KL of a code when one more latent like the others is appended?",
)
def kl_averaged_over_latents(loss, recon):
    by_out, recon_moved, by_mu, kl_moved = _changes(loss, recon)
    return (by_mu / (kl_moved / 8)) / (by_out / recon_moved)


@wrong(
    "effective_beta",
    "Your number is half of beta: your own KL is twice as large as it should be, as if its half had been left "
    "out.",
    "What does a latent with mu = 1 and sigma = 1 cost, in nats?",
)
def kl_without_its_half(loss, recon):
    by_out, recon_moved, by_mu, kl_moved = _changes(loss, recon)
    return (by_mu / (2 * kl_moved)) / (by_out / recon_moved)


@wrong(
    "effective_beta",
    "You move logvar and compare with a KL in which the logarithm is missing, so your KL moves further than the "
    "true one.",
    "With logvar raised from 0 to 1, which two terms of the KL change, and in which directions?",
)
def kl_without_its_logarithm(loss, recon):
    x, out, mu, logvar = _inputs()
    by_out, recon_moved, _, _ = _changes(loss, recon)
    by_logvar = float(loss(x, out, mu, logvar + 1) - loss(x, out, mu, logvar))
    return by_logvar / (8 * (math.e - 1) / 2) / (by_out / recon_moved)


@wrong(
    "effective_beta",
    "Your number is the square of beta: the ratio of the two slopes has come in twice.",
    "If the KL weighs twice as much as recon, how many nats of recon is one nat of KL worth?",
)
def squared(loss, recon):
    by_out, recon_moved, by_mu, kl_moved = _changes(loss, recon)
    return ((by_mu / kl_moved) / (by_out / recon_moved)) ** 2


@wrong(
    "effective_beta",
    "Your number is the share of the KL in the whole, beta / (1 + beta), which never exceeds 1.",
    "Beside what should the weight of the KL be held: beside both weights, or beside the other one?",
)
def share_of_the_whole(loss, recon):
    by_out, recon_moved, by_mu, kl_moved = _changes(loss, recon)
    per_recon, per_kl = by_out / recon_moved, by_mu / kl_moved
    return per_kl / (per_kl + per_recon)


@wrong(
    "effective_beta",
    "You take the change of the loss by mu over the change by the output, whatever these cost in nats. A pixel "
    "and a latent were moved by the same amount, but recon and the KL were not.",
    "How far does each term move in nats, between your calls?",
)
def changes_never_turned_into_nats(loss, recon):
    by_out, recon_moved, by_mu, kl_moved = _changes(loss, recon)
    return by_mu / by_out


@wrong(
    "effective_beta",
    "You take one weight away from the other. A difference is in the unit of the loss and is 0, not 1, for a fair "
    "loss.",
    "What does the factor c do to the difference of two slopes, and to what would it do nothing?",
)
def difference_of_the_slopes(loss, recon):
    by_out, recon_moved, by_mu, kl_moved = _changes(loss, recon)
    return by_mu / kl_moved - by_out / recon_moved


@wrong(
    "effective_beta",
    "You answer 1 whatever the loss is. That is what authors hope for; this is an audit.",
    "What does the loss do when you call it twice, with another mu?",
)
def takes_their_word(loss, recon):
    return 1.0


@wrong(
    "effective_beta",
    "You found 0 / 0: between two of your calls nothing moved, neither the loss nor the term that you divide by.",
    "At mu = 0 and logvar = 0 the KL is at its lowest point: what does a tiny step do there, or a step of no "
    "length?",
)
def nothing_moved(loss, recon):
    x, out, mu, logvar = _inputs()
    by_out, recon_moved, _, _ = _changes(loss, recon)
    moved = loss(x, out, mu * 3, logvar) - loss(x, out, mu, logvar)
    return moved / kl_divergence(Normal(mu * 3, 1.0), Normal(0.0, 1.0)).sum(-1).mean() / (by_out / recon_moved)


# --- samples_are_fresh ---


def _noise(program, rows=2000, codes=4, mu=0.7, logvar=-1.2):
    mu, logvar = torch.full((rows, codes), mu), torch.full((rows, codes), logvar)
    return (program.sample(mu, logvar) - mu) / torch.exp(0.5 * logvar)


def _new(program):
    return not torch.equal(_noise(program), _noise(program))


def _apart(noise, dim):
    return bool(noise.std(dim=dim).mean() > 0.5)


@wrong(
    "samples_are_fresh",
    "Your test says True without asking the program for a single code. It would let every bug through that there "
    "is.",
    "What is the first thing that you would ask this program for?",
)
def always_true(program):
    return True


@wrong(
    "samples_are_fresh",
    "Your test says False without asking the program for a single code. It catches every bug, and every right "
    "program with them.",
    "What should a program have to do to pass?",
)
def always_false(program):
    return False


@wrong(
    "samples_are_fresh",
    "Your answer is turned round: False for the sound programs, and True for the one that draws no noise at all.",
    "What does True mean on the card, and what does a difference between two calls mean?",
)
def turned_round(program):
    noise = _noise(program)
    return not (_new(program) and _apart(noise, 0) and _apart(noise, 1))


@wrong("samples_are_fresh", alias_of="turned_round")
def two_calls_must_agree(program):
    return torch.equal(_noise(program), _noise(program))


@wrong(
    "samples_are_fresh",
    "Your test draws codes, and says True even when they are mu itself. So what it looks at, such as the shape or "
    "the mean, is the same with and without noise.",
    "Which number is 0 when the noise is forgotten, and never 0 otherwise?",
)
def looks_at_the_shape(program):
    return _noise(program).shape == (2000, 4)


@wrong("samples_are_fresh", alias_of="looks_at_the_shape")
def looks_at_the_mean(program):
    return bool(_noise(program).mean().abs() < 0.1)


@wrong("samples_are_fresh", alias_of="looks_at_the_shape")
def asks_for_ordinary_numbers(program):
    return bool(program.sample(torch.randn(5, 3), torch.randn(5, 3)).isfinite().all())


@wrong(
    "samples_are_fresh",
    "Your test draws codes and says False of every sound program, however often it is asked. Something that it asks for "
    "is not true of normal noise: a mean of exactly 0 or next to it, a largest draw, or another width than sigma.",
    "Try each of your conditions on mu + sigma * torch.randn_like(mu): which one fails, and by how much?",
)
def mean_of_exactly_zero(program):
    noise = _noise(program)
    return bool(_new(program) and noise.mean().abs() < 1e-7 and (noise.std() - 1).abs() < 1e-7)


@wrong("samples_are_fresh", alias_of="mean_of_exactly_zero")
def no_draw_beyond_two_and_a_half(program):
    return bool(_new(program) and _noise(program).abs().max() < 2.5)


@wrong("samples_are_fresh", alias_of="mean_of_exactly_zero")
def variance_expected_as_standard_deviation(program):
    mu, logvar = torch.zeros(2000, 4), torch.full((2000, 4), -1.2)
    return bool((program.sample(mu, logvar).std() - logvar.exp()[0, 0]).abs() < 0.1)


@wrong(
    "samples_are_fresh",
    "Chance decides: your test says False of each of the three sound programs, and True of the same ones when it is asked "
    "again. A mean or a spread strays further, from call to call, than your test allows.",
    "How far does the mean of your draws stray from 0, for as many numbers as you ask for?",
)
def tolerances_too_tight(program):
    noise = _noise(program)
    fresh = _new(program) and _apart(noise, 0) and _apart(noise, 1)
    return bool(fresh and noise.mean().abs() < 0.005 and (noise.std() - 1).abs() < 0.005)


@wrong(
    "samples_are_fresh",
    "Your test passes the sound program that calls torch.randn_like, and refuses the two that make their noise in another "
    "way, ten times out of ten. They are just as right: which numbers come after a seed is no property of normal noise.",
    "Which properties do all normal draws share, whatever made them?",
)
def expects_the_draws_of_one_seed(program):
    mu, logvar = torch.full((2000, 4), 0.7), torch.full((2000, 4), -1.2)
    torch.manual_seed(0)
    expected = mu + torch.exp(0.5 * logvar) * torch.randn_like(mu)
    torch.manual_seed(0)
    return torch.allclose(program.sample(mu, logvar), expected)


@wrong(
    "samples_are_fresh",
    "Your test refuses one sound program, ten times out of ten, and passes the two others: the one that has a generator of "
    "its own, which no seed of yours reaches. To give the same codes again after the same seed is no promise of the card.",
    "Is it a fault to be new at every call?",
)
def expects_a_seed_to_be_obeyed(program):
    torch.manual_seed(0)
    first = _noise(program)
    torch.manual_seed(0)
    return torch.equal(first, _noise(program)) and bool((first.std() - 1).abs() < 0.1)


@wrong(
    "samples_are_fresh",
    "Of the four programs that share their noise your test catches the frozen one only: two calls are compared, and "
    "within one call neither two rows nor two latents.",
    "Where would one noise for the whole batch show, in a single call?",
)
def only_two_calls(program):
    return _new(program)


@wrong(
    "samples_are_fresh",
    "Your test lets through a program that uses one noise for all latents of a row, and one that uses the same noise at "
    "every call. What it catches are rows that share their noise.",
    "Along which other axis could noise be shared, and between which two things besides?",
)
def only_rows(program):
    noise = _noise(program)
    return _apart(noise, 0) and bool((noise.std() - 1).abs() < 0.1)


@wrong(
    "samples_are_fresh",
    "Your test lets through a program that uses one noise for all rows of a batch, and one that uses the same noise at "
    "every call. What it catches are latents that share their noise.",
    "Along which other axis could noise be shared, and between which two things besides?",
)
def only_latents(program):
    return _apart(_noise(program), 1)


@wrong(
    "samples_are_fresh",
    "One bug gets through: a program that uses one noise for all latents of a row. With a single latent nobody "
    "can see it, and where only rows are compared nobody looks.",
    "How many latents does your test give the program, and which of the differences between them does it look at?",
)
def a_single_latent(program):
    noise = _noise(program, codes=1)
    return _new(program) and _apart(noise, 0) and bool((noise.std() - 1).abs() < 0.1)


@wrong("samples_are_fresh", alias_of="a_single_latent")
def rows_and_calls(program):
    return _new(program) and _apart(_noise(program), 0)


@wrong(
    "samples_are_fresh",
    "One bug gets through: a program that uses one noise for all rows of a batch, like the second in the zoo. "
    "With a single row nobody can see it, and where only latents are compared nobody looks.",
    "How many rows does your test give the program, and which of the differences between them does it look at?",
)
def a_single_row(program):
    noise = _noise(program, rows=1, codes=2000)
    return _new(program) and _apart(noise, 1) and bool((noise.std() - 1).abs() < 0.1)


@wrong(
    "samples_are_fresh",
    "One bug gets through: the same noise at every call. Within one call there is nothing wrong with it, and only a second "
    "call, compared with the first, can show it.",
    "What would this program return if it were asked again?",
)
def a_single_call(program):
    noise = _noise(program)
    return _apart(noise, 0) and _apart(noise, 1) and bool(noise.mean().abs() < 0.1 and (noise.std() - 1).abs() < 0.1)


@wrong(
    "samples_are_fresh",
    "One noise for all rows, one for all latents, and the same at every call get through; of the four programs that share "
    "noise only the one with a single number is caught. That much shows in the spread over a whole batch.",
    "The spread over everything mixes two axes: what is it along each of them?",
)
def entries_are_not_all_equal(program):
    return bool(_noise(program).std() > 0.01)


@wrong(
    "samples_are_fresh",
    "The same noise at every call is caught, and so is a single number for all; one noise for all rows gets through, and "
    "so does one for all latents. Within a call, the batch is looked at as one heap.",
    "The spread over everything mixes two axes: what is it along each of them?",
)
def calls_and_the_whole_heap(program):
    return _new(program) and bool(_noise(program).std() > 0.01)


@wrong(
    "samples_are_fresh",
    "All four sharing programs are caught, and all four with noise of the wrong size or place get through: your "
    "test sees that there is noise, and not which.",
    "What should be the mean and the standard deviation of what is left when mu and sigma are taken off?",
)
def size_never_asked(program):
    noise = _noise(program)
    return _new(program) and bool(noise.std(dim=0).min() > 0.01 and noise.std(dim=1).mean() > 0.01)


@wrong(
    "samples_are_fresh",
    "Noise that is too small gets through, and so does a variance that was taken for a standard deviation; what has its "
    "middle in the wrong place is caught. Your test minds the width of the noise too little, or not at all.",
    "Which number of the noise says how far it strays?",
)
def width_never_asked(program):
    noise = _noise(program)
    fresh = _new(program) and noise.std(dim=0).min() > 0.01 and noise.std(dim=1).mean() > 0.01
    return bool(fresh and noise.mean().abs() < 0.1)


@wrong(
    "samples_are_fresh",
    "One bug gets through: (mu + eps) times sigma. Its width is right, and only its middle is off; that shows "
    "where mu is not 0, sigma is not 1, and the limit for the mean is narrow enough.",
    "Where is the middle of these codes, and where should it be?",
)
def middle_never_asked(program):
    noise = _noise(program)
    fresh = _new(program) and noise.std(dim=0).min() > 0.01 and noise.std(dim=1).mean() > 0.01
    return bool(fresh and (noise.std() - 1).abs() < 0.1)


@wrong("samples_are_fresh", alias_of="middle_never_asked")
def every_mu_is_zero(program):
    noise = _noise(program, mu=0.0)
    fresh = _new(program) and noise.std(dim=0).min() > 0.01 and noise.std(dim=1).mean() > 0.01
    return bool(fresh and noise.mean().abs() < 0.1 and (noise.std() - 1).abs() < 0.1)


@wrong(
    "samples_are_fresh",
    "Two bugs get through: a variance taken for a standard deviation, and mu multiplied by sigma. Both are invisible where "
    "sigma is 1, and elsewhere they slip through limits that are wider than what they change.",
    "At your logvar, by how much do sigma, sigma squared and 1 differ, and which differences do your limits forgive?",
)
def every_sigma_is_one(program):
    noise = _noise(program, logvar=0.0)
    fresh = _new(program) and noise.std(dim=0).min() > 0.01 and noise.std(dim=1).mean() > 0.01
    return bool(fresh and noise.mean().abs() < 0.1 and (noise.std() - 1).abs() < 0.1)


@wrong("samples_are_fresh", alias_of="every_sigma_is_one")
def limits_that_forgive_half(program):
    noise = _noise(program)
    fresh = _new(program) and noise.std(dim=0).min() > 0.01 and noise.std(dim=1).mean() > 0.01
    return bool(fresh and noise.mean().abs() < 0.59 and (noise.std() - 1).abs() < 0.5)


# --- loss_is_sound ---


def _batch(rows=5, pixels=7, codes=3, logits=4.0, mu=1.0, logvar=1.0):
    x = (torch.rand(rows, pixels) < 0.5).float()
    return (
        x, logits * torch.randn(rows, pixels), mu * torch.randn(rows, codes), logvar * torch.randn(rows, codes),
    )


def _truth(x, logits, mu, logvar):
    """Minus the bound, from torch.distributions."""
    recon = -Bernoulli(logits=logits).log_prob(x).sum(-1)
    kl = kl_divergence(Normal(mu, (0.5 * logvar).exp()), Normal(torch.zeros_like(mu), torch.ones_like(mu))).sum(-1)
    return float((recon + kl).mean())


def _agrees(program, x, logits, mu, logvar):
    return math.isclose(float(program.loss(x, logits, mu, logvar)), _truth(x, logits, mu, logvar), rel_tol=1e-4)


@wrong(
    "loss_is_sound",
    "Your test says True without asking the program for its loss. It would let every bug through that there is.",
    "What is the first thing that you would ask this program for?",
)
def sound_unseen(program):
    return True


@wrong(
    "loss_is_sound",
    "Your test says False without asking the program for its loss. It catches every bug, and every right program "
    "with them.",
    "What should a program have to do to pass?",
)
def broken_unseen(program):
    return False


@wrong(
    "loss_is_sound",
    "Your test asks for codes and never for the loss, which this exercise is about.",
    "Which of the program's two functions holds the KL?",
)
def asks_for_codes(program):
    mu = torch.zeros(2000, 4)
    return bool((program.sample(mu, mu).std() - 1).abs() < 0.1)


@wrong(
    "loss_is_sound",
    "Your answer is turned round: False for the sound programs, and True for one that averages recon over the "
    "pixels.",
    "What does True mean on the card?",
)
def verdict_turned_round(program):
    return not _agrees(program, *_batch())


@wrong(
    "loss_is_sound",
    "Your test says True of the third program of the zoo, which averages recon over the pixels. So what it looks "
    "at, such as the sign, the shape, a doubled batch or the KL alone, is as it should be in that program, too.",
    "How many nats should a loss rise when one more pixel is predicted badly?",
)
def positive_and_finite(program):
    loss = program.loss(*_batch())
    return bool(loss.isfinite() and loss > 0)


@wrong("loss_is_sound", alias_of="positive_and_finite")
def has_no_axes(program):
    return program.loss(*_batch()).shape == ()


@wrong("loss_is_sound", alias_of="positive_and_finite")
def doubled_batch_only(program):
    batch = _batch()
    twice = [rows.repeat(2, 1) for rows in batch]
    return math.isclose(float(program.loss(*batch)), float(program.loss(*twice)), rel_tol=1e-4)


@wrong("loss_is_sound", alias_of="positive_and_finite")
def not_larger_than_it_should_be(program):
    batch = _batch()
    return float(program.loss(*batch)) < _truth(*batch) + 1e-3


@wrong("loss_is_sound", alias_of="positive_and_finite")
def kl_alone(program):
    x, logits, mu, logvar = _batch()
    zero = torch.zeros_like(mu)
    kl = float(program.loss(x, logits, mu, logvar)) - float(program.loss(x, logits, zero, zero))
    return math.isclose(kl, _truth(x, logits, mu, logvar) - _truth(x, logits, zero, zero), rel_tol=1e-2)


@wrong(
    "loss_is_sound",
    "Your test asks for the loss and says False of every program, the sound ones, too. Either it compares with a "
    "number that belongs to other inputs or has another sign, or it asks for more digits, or another type, than a "
    "sum in another order has.",
    "Print the loss of a sound program beside the number that you compare it with: in which digit do they part?",
)
def a_number_for_other_inputs(program):
    return abs(float(program.loss(*_batch())) - 3.5702) < 1e-3


@wrong("loss_is_sound", alias_of="a_number_for_other_inputs")
def equal_to_the_last_digit(program):
    batches = [_batch() for _ in range(40)]
    return all(float(program.loss(*batch)) == _truth(*batch) for batch in batches)


@wrong("loss_is_sound", alias_of="a_number_for_other_inputs")
def expects_the_bound_itself(program):
    batch = _batch()
    return math.isclose(float(program.loss(*batch)), -_truth(*batch), rel_tol=1e-4)


@wrong("loss_is_sound", alias_of="a_number_for_other_inputs")
def expects_a_python_float(program):
    batch = _batch()
    loss = program.loss(*batch)
    return isinstance(loss, float) and math.isclose(loss, _truth(*batch), rel_tol=1e-4)


@wrong(
    "loss_is_sound",
    "Your pixels are grey, and a sound program stops with an error there: a Bernoulli knows only 0 and 1, and "
    "this one minds.",
    "Which values of x does the card allow?",
)
def grey_pixels(program):
    _, logits, mu, logvar = _batch()
    x = torch.rand_like(logits)
    recon = torch.nn.functional.binary_cross_entropy_with_logits(logits, x, reduction="sum") / 5
    blank = torch.zeros_like(x)
    kl = _truth(blank, logits, mu, logvar) - _truth(blank, logits, 0 * mu, 0 * logvar)
    return math.isclose(float(program.loss(x, logits, mu, logvar)), float(recon) + kl, rel_tol=1e-4)


@wrong(
    "loss_is_sound",
    "Your test never sees the KL move: a program that averages it over the latents gets through, and so does one "
    "that weighs it as it likes. With mu = 0 and logvar = 0 throughout, there is no KL to be seen.",
    "For which codes is the KL a number that you would recognise?",
)
def every_code_is_the_prior(program):
    return _agrees(program, *_batch(mu=0.0, logvar=0.0))


@wrong("loss_is_sound", alias_of="every_code_is_the_prior")
def recon_and_a_kl_that_costs_something(program):
    x, logits, mu, logvar = _batch()
    free, dear = program.loss(x, logits, 0 * mu, 0 * logvar), program.loss(x, logits, 3 + mu.abs(), 0 * logvar)
    return bool(dear > free) and _agrees(program, x, logits, 0 * mu, 0 * logvar)


@wrong(
    "loss_is_sound",
    "The two programs that add over the batch where they should average get through. A batch of one row hides "
    "them, and so does asking only that the loss is not too small.",
    "What does a sum over rows give for one row, and what does a mean?",
)
def one_row(program):
    return _agrees(program, *_batch(rows=1))


@wrong("loss_is_sound", alias_of="one_row")
def not_smaller_than_it_should_be(program):
    batch = _batch()
    return float(program.loss(*batch)) > _truth(*batch) * (1 - 1e-4)


@wrong(
    "loss_is_sound",
    "One wrong scale gets through: a KL that is averaged over the latents. With a single latent its mean is its "
    "sum.",
    "How many latents do your codes have, and what would two have shown?",
)
def one_latent(program):
    return _agrees(program, *_batch(codes=1))


@wrong(
    "loss_is_sound",
    "Three wrong scales get through: the KL averaged over latents, and both of the programs that add over the "
    "batch. With one row and one latent, sums and means are the same.",
    "Which sizes make a sum over rows, over pixels and over latents three different numbers?",
)
def one_row_and_one_latent(program):
    return _agrees(program, *_batch(rows=1, codes=1))


@wrong(
    "loss_is_sound",
    "A program that adds both terms over the batch gets through: its beta is 1, and its loss is not in nats/image "
    "but in nats a batch. Your test asks for the exchange rate, or the direction, and not for the unit.",
    "What is c in such a loss, and what does the card say that it should be?",
)
def beta_alone(program):
    x, logits, mu, logvar = _batch()
    zero = torch.zeros_like(mu)
    start, truth = float(program.loss(x, logits, zero, zero)), _truth(x, logits, zero, zero)
    per_recon = (float(program.loss(x, -logits, zero, zero)) - start) / (_truth(x, -logits, zero, zero) - truth)
    per_kl = (float(program.loss(x, logits, mu, logvar)) - start) / (_truth(x, logits, mu, logvar) - truth)
    return math.isclose(per_kl / per_recon, 1.0, rel_tol=1e-2)


@wrong(
    "loss_is_sound",
    "Four wrong KLs get through, and all of them are right at logvar = 0, where sigma, its square and 1 are the "
    "same and the logarithm is 0.",
    "Which terms of the KL does logvar = 0 put to sleep?",
)
def every_logvar_is_zero(program):
    return _agrees(program, *_batch(logvar=0.0))


@wrong(
    "loss_is_sound",
    "Five wrong KLs get through, even one that does not square mu. With logvar = 0 and every mu 0 or 1, almost "
    "nothing of the formula can be seen: 1 is its own square.",
    "What would mu = 2, or mu = -0.7, have shown, and what another logvar?",
)
def codes_of_zeros_and_ones(program):
    x, logits, mu, logvar = _batch()
    return _agrees(program, x, logits, torch.ones_like(mu), torch.zeros_like(logvar))


@wrong(
    "loss_is_sound",
    "One wrong KL gets through: it does not square mu. At mu = 0, and at mu = 1, that cannot be seen.",
    "At which mu do mu and its square differ?",
)
def every_mu_is_its_own_square(program):
    return _agrees(program, *_batch(mu=0.0))


@wrong("loss_is_sound", alias_of="every_mu_is_its_own_square")
def every_mu_is_one(program):
    x, logits, mu, logvar = _batch()
    return _agrees(program, x, logits, torch.ones_like(mu), logvar)


@wrong(
    "loss_is_sound",
    "Three wrong likelihoods get through: black and white exchanged, all outputs compared with one picture, and "
    "probabilities kept away from 0 and 1. At logits = 0 every pixel costs log 2, whatever the picture.",
    "For which logits does it matter whether a pixel is black or white?",
)
def every_logit_is_zero(program):
    return _agrees(program, *_batch(logits=0.0))


@wrong(
    "loss_is_sound",
    "One wrong likelihood gets through: probabilities kept away from 0 and 1. Your logits are timid, and no "
    "probability of theirs comes near either end.",
    "How large do logits get when a decoder is sure of itself?",
)
def timid_logits(program):
    x, logits, mu, logvar = _batch()
    return _agrees(program, x, logits.clamp(-1.5, 1.5), mu, logvar)


@wrong(
    "loss_is_sound",
    "Two wrong likelihoods get through: one that scores only the white pixels, and one that compares all outputs "
    "with the first picture. Your pictures are all white.",
    "What does a black pixel cost, and does your test have one?",
)
def every_pixel_is_white(program):
    x, logits, mu, logvar = _batch()
    return _agrees(program, torch.ones_like(x), logits, mu, logvar)


@wrong(
    "loss_is_sound",
    "One wrong likelihood gets through: it compares every output with the first picture of the batch. All "
    "pictures of your batch are the same.",
    "How would you notice that two rows have been mixed up?",
)
def one_picture_many_times(program):
    x, logits, mu, logvar = _batch()
    return _agrees(program, x[:1].repeat(5, 1), logits, mu, logvar)


@wrong("loss_is_sound", alias_of="one_picture_many_times")
def every_pixel_is_black(program):
    x, logits, mu, logvar = _batch()
    return _agrees(program, torch.zeros_like(x), logits, mu, logvar)
