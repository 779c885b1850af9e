"""Do data of other cell lines help to predict one of them? Two simulated screens, with two answers."""

from semimech.audit.focus import Kernel
from semimech.audit.focus.of_screen import context_focus
from semimech.simulate.contexts import simulate_contexts

# How far the law of each further line is from that of "line 0": 0 the same law, 1 another one.
screens = {
    "lines that grow apart": simulate_contexts([0.1, 0.2, 0.3, 0.6, 0.8, 1, 1, 1]),
    "lines of one law": simulate_contexts([0] * 8),
}
for name, screen in screens.items():
    found = context_focus(screen, "line 0", Kernel(noise=(0.3,)), repeats=8)
    error = next(one for one in found.focus.gains if one.reading == "squared error")
    print(f"{name}: error {error.none.mean:.2f} alone, {error.chosen.mean:.2f} with N* = {error.best:.0f} conditions, ")
    print(f"  {error.all.mean:.2f} with all; lost again beyond N*: {error.focus.mean:+.2f} "
          f"[{error.focus.low:+.2f}, {error.focus.high:+.2f}]")  # fmt: skip
    print("  " + found.focus.sentences()[0])
