"""SAMS and GPO in PyTorch, written for the comparison from the equations in docs/vae.md: the same shapes and losses.

Run by benchmarks/vae_speed.py with a Python that has PyTorch: `python _vae_torch.py sams|gpo lean|published THREADS`.
'lean' does only what the loss needs. 'published' also does what the published programs are known to do in each step:
it draws cells from the decoder and discards them, decodes both qualities of every cell, and draws the effects again
for the counterfactual. Prints the CPU seconds of each epoch as JSON.
"""

import json
import sys
import time
from itertools import pairwise

import torch
from torch import nn
from torch.nn import functional

CELLS, GENES, PERTURBED, LATENT, HIDDEN, BATCH, PARTICLES, HOPS = 3200, 1000, 75, 100, 400, 512, 5, 5
EPOCHS = 4


class Perceptron(nn.Module):
    """Layers with leaky rectifiers between them."""

    def __init__(self, *sizes: int) -> None:
        super().__init__()
        self.layers = nn.ModuleList([nn.Linear(a, b) for a, b in pairwise(sizes)])

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        for layer in self.layers[:-1]:
            x = functional.leaky_relu(layer(x))
        return self.layers[-1](x)


class Model(nn.Module):
    """One particle: draws E and M, encodes z, decodes rates."""

    def __init__(self, square: bool, published: bool) -> None:
        super().__init__()
        self.square, self.published = square, published
        size = PERTURBED if square else LATENT
        self.logits = nn.Parameter(torch.zeros(PERTURBED, size))
        self.guide = Perceptron(size + PERTURBED, 400, 400, 400, 400, 2 * size)
        self.artefact = Perceptron(1, HIDDEN, 2 * LATENT)
        self.encode = Perceptron(GENES + size + (LATENT if square else 0), HIDDEN, 2 * LATENT)
        self.first = nn.Linear(LATENT + (size + LATENT if square else 0), HIDDEN)
        self.second = nn.Linear(HIDDEN, HIDDEN)
        self.last = nn.Linear(HIDDEN, GENES)
        self.log_theta = nn.Parameter(torch.zeros(GENES))

    def effects(self) -> tuple[torch.Tensor, torch.Tensor]:
        """E * M, and the KL of each row."""
        noise = torch.rand_like(self.logits).clamp(1e-6, 1 - 1e-6)
        relaxed = torch.sigmoid(self.logits + torch.log(noise) - torch.log1p(-noise))
        mask = (relaxed > 0.5).float() + relaxed - relaxed.detach()
        mean, log_sd = self.guide(torch.cat([mask, torch.eye(PERTURBED)], 1)).chunk(2, 1)
        size = mean + log_sd.exp() * torch.randn_like(mean)
        prior = torch.distributions.Bernoulli(0.3)
        spikes = torch.distributions.kl_divergence(torch.distributions.Bernoulli(logits=self.logits), prior).sum(1)
        return mask * size, spikes + normal_kl(mean, log_sd).sum(1)

    def latent(self, x: torch.Tensor, u: torch.Tensor, failing: torch.Tensor, e: torch.Tensor | None) -> tuple:
        parts = [x, u] if e is None else [x, u, failing[:, None] * e]
        return self.encode(torch.cat(parts, 1)).chunk(2, 1)

    def rates(self, z: torch.Tensor, u: torch.Tensor, artefact: torch.Tensor | None) -> torch.Tensor:
        hidden = functional.leaky_relu(self.first(torch.cat([z, u, artefact], 1) if self.square else z + u))
        hidden = hidden + functional.leaky_relu(self.second(hidden))
        return torch.log_softmax(self.last(hidden), 1)

    def particle(self, counts: torch.Tensor, x: torch.Tensor, given: torch.Tensor, failing: torch.Tensor,
                 library: torch.Tensor, plate: torch.Tensor) -> torch.Tensor:  # fmt: skip
        """Negative bound of a draw, and with a network the counterfactual term."""
        table, cost = self.effects()
        u = given @ table
        e, extra = None, torch.zeros(())
        if self.square:
            mean, log_sd = self.artefact(torch.ones(1, 1)).chunk(2, 1)
            e = mean + log_sd.exp() * torch.randn_like(mean)
            extra = normal_kl(mean, log_sd).sum() / 640
        mean, log_sd = self.latent(x, u, failing, e)
        z = mean + log_sd.exp() * torch.randn_like(mean)
        own = failing[:, None] * e if self.square else None
        rate = self.rates(z, u, own)
        theta = self.log_theta.exp()
        mu = library[:, None] * rate.exp()
        fit = (torch.lgamma(counts + theta) - torch.lgamma(theta) - torch.lgamma(counts + 1) + theta * (theta.log())
               + counts * (library[:, None].log() + rate) - (counts + theta) * (mu + theta).log()).sum(1)  # fmt: skip
        loss = -(fit - normal_kl(mean, log_sd).sum(1) - (given * plate * cost).sum(1) - failing * extra).mean()
        if self.published:
            with torch.no_grad():
                torch.poisson(torch.distributions.Gamma(theta.expand_as(mu), theta / mu).sample())
        if self.square:
            loss = loss + self.counterfactual(x, z, u, given, e, failing, library, (mean, log_sd))
        return loss

    def counterfactual(self, x: torch.Tensor, z: torch.Tensor, u: torch.Tensor, given: torch.Tensor, e: torch.Tensor,
                       failing: torch.Tensor, library: torch.Tensor, own: tuple) -> torch.Tensor:  # fmt: skip
        if self.published:
            u = given @ self.effects()[0]
            both = [self.rates(z, u, quality * e.expand_as(z)) for quality in (0.0, 1.0)]
            rate = torch.where(failing[:, None] > 0, both[0], both[1])
        else:
            rate = self.rates(z, u, (1 - failing)[:, None] * e)
        again = torch.log1p(1e4 * rate.exp())
        mean, log_sd = self.latent(again, u, 1 - failing, e)
        return (0.5 * (own[0] - mean) ** 2 * torch.exp(-2 * log_sd) + log_sd - own[1] - 0.5).sum(1).mean()

    def alignment(self, x: torch.Tensor, given: torch.Tensor, nodes: torch.Tensor) -> torch.Tensor:
        """100 mean |D T_K(W) - (|x - match| - c)| + mean sigmoid(W), with the powers of W made in each step."""
        control = given.sum(1) == 0
        cost = torch.cdist(x[~control], x[control]) ** 2
        match = (cost - cost.mean(0, keepdim=True)).argmin(1)
        change = (x[~control][:, nodes] - x[control][match][:, nodes]).abs()
        power = self.logits
        total = power
        for _ in range(HOPS):
            power = power @ self.logits / PERTURBED
            total = total + power
        return 100 * (given[~control] @ total - (change - 0.4)).abs().mean() + torch.sigmoid(self.logits).mean()


def normal_kl(mean: torch.Tensor, log_sd: torch.Tensor) -> torch.Tensor:
    return 0.5 * (torch.exp(2 * log_sd) + mean**2 - 1) - log_sd


def main() -> None:
    square, published, threads = sys.argv[1] == "gpo", sys.argv[2] == "published", int(sys.argv[3])
    torch.set_num_threads(threads)
    torch.manual_seed(0)
    counts = torch.poisson(torch.distributions.Gamma(1.0, 2.0).sample((CELLS, GENES)))
    label = torch.randint(-5, PERTURBED, (CELLS,))
    given = functional.one_hot(label.clamp(min=0), PERTURBED).float() * (label >= 0)[:, None]
    failing = (torch.rand(CELLS) < 0.2).float()
    library = counts.sum(1)
    x = torch.log1p(1e4 * counts / library[:, None])
    plate = 1 / given.sum(0).clamp(min=1)
    nodes = torch.arange(PERTURBED)
    model = Model(square, published)
    adam = torch.optim.Adam(model.parameters(), lr=3e-4, weight_decay=1e-6)
    seconds = []
    for _ in range(EPOCHS):
        begun = time.process_time()
        for rows in torch.randperm(CELLS).split(BATCH):
            part = [array[rows] for array in (counts, x, given, failing, library)]
            loss = sum(model.particle(*part, plate) for _ in range(PARTICLES)) / PARTICLES
            if square:
                loss = loss + model.alignment(part[1], part[2], nodes)
            adam.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(model.parameters(), 100.0)
            adam.step()
        seconds.append(time.process_time() - begun)
    print(json.dumps(seconds))


if __name__ == "__main__":
    main()
