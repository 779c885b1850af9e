"""The four designs of perturbation experiments as protocols, and what the matched control is for in each."""

import jax
import jax.numpy as jnp

from semimech.data.protocol import Phase, Protocol, encode
from semimech.numerics.flow import flow, weighted_mean, with_growth

GENES, MEDIA = ("A", "B", "C"), ("stem", "differentiating")
WEIGHTS = jnp.array([[0.0, 0.0, -0.8], [1.5, 0.0, 0.0], [0.0, 1.2, 0.0]])  # [target, source]: A -> B -> C -| A
DRIVE = jnp.array([[0.5, 0.0, 0.0], [1.5, -0.5, 0.3]])  # media x genes
THREE_PHASES = Protocol((Phase(0, "stem"),) * 3)


def field(t, x, args):
    """dx/dt = (1 - dose) (1 + tanh(W x + medium + environment(t))) - x, in units of a day; a knock-out has dose 1."""
    doses, drive, environment = args
    return ((1 - doses) * (1 + jnp.tanh(WEIGHTS @ x + drive + environment * jnp.sin(t / 24))) - x) / 24


# Cells also grow: the state carries the logarithm of their number, here faster the more B they have.
growing = with_growth(field, lambda t, x, args: 0.02 * x[1])
course = jax.jit(lambda *arguments: flow(growing, *arguments, jnp.zeros(1)))


def end(protocol, x, environment=0.0):
    """Where a protocol leaves cells that start at x, and the logarithm of how many they have become."""
    # Encoded beside a longer word, all protocols have one shape, so that the flow is compiled once.
    durations, doses, media = (part[0] for part in encode([protocol, THREE_PHASES], GENES, MEDIA))
    args = (jnp.asarray(doses), DRIVE[media], jnp.full(len(media), environment))
    return course((x, jnp.zeros(())), args, jnp.asarray(durations)).end


# Unedited cells that were long in the stem medium are where its flow stands still.
x0, _ = end(Protocol((Phase(2000, "stem"),)), jnp.zeros(3))
edit = (("A", 1.0),)

# 1. In vitro, non-differentiating: the control stays where it was, so x0 may stand for it.
edited = Protocol((Phase(72, "stem", edit),), "knock-out")
perturbed, control = end(edited, x0)[0], end(edited.control(), x0)[0]
print(f"1. the control has moved by {jnp.abs(control - x0).max():.4f}; effect on B {perturbed[1] - control[1]:+.2f}")
assert jnp.abs(control - x0).max() < 1e-3

# 2. In vitro, differentiating: edit, then switch the medium. The control is the same word without the edit, not x0.
early = Protocol((Phase(48, "stem", edit), Phase(72, "differentiating", edit)), "edit, then switch")
perturbed, control = end(early, x0)[0], end(early.control(), x0)[0]
print(f"2. effect on A {perturbed[0] - control[0]:+.2f}; against x0 it would be {perturbed[0] - x0[0]:+.2f}")
assert jnp.abs(control - x0).max() > 0.1

# 3. The edit after the switch: the control is that of design 2, but the operators come in another order.
switched = (Phase(48, "stem"), Phase(24, "differentiating"), Phase(48, "differentiating", edit))
late = Protocol(switched, "edit after the switch")
perturbed_late, control_late = end(late, x0)[0], end(late.control(), x0)[0]
print(f"3. effect on C {perturbed_late[2] - control_late[2]:+.2f}; edited early {perturbed[2] - control[2]:+.2f}")
assert jnp.allclose(control_late, control, atol=1e-3)

# 4. In vivo: an environment e(t) that nobody knows but that all cells of an animal share, and cells that grow. Edited
#    cells are compared with unedited cells of the same animal, which cancels e(t) to first order.
knock_down = (("B", 0.4),)
transplanted = Protocol((Phase(24, "stem", knock_down), Phase(96, "differentiating", knock_down)), "transplant")


def animal(protocol, environment):
    """The mean of a population of cells that differ at the start, weighted by what they have become."""
    cells = [end(protocol, x0 + shift, environment) for shift in (-0.2, 0.0, 0.2)]
    return weighted_mean(jnp.stack([x for x, _ in cells]), jnp.stack([growth for _, growth in cells]))


edited = jnp.stack([animal(transplanted, e) for e in (-0.3, 0.0, 0.3)])
unedited = jnp.stack([animal(transplanted.control(), e) for e in (-0.3, 0.0, 0.3)])
between, contrast = jnp.std(edited, 0).max(), jnp.std(edited - unedited, 0).max()
print(f"4. between animals edited cells differ by {between:.3f}, their contrasts to unedited cells by {contrast:.3f}")
assert contrast < between / 2
