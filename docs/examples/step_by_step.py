"""The same steps one by one: each is a value to look at, to keep, or to replace by one's own."""

import semimech

screen = semimech.simulate_demo()
print(semimech.check_screen(screen))

# Hold out every combination; the single drugs are learnt from.
(split,) = semimech.split_screen(screen, "combinations")
observed = semimech.effects_of(screen, split.test)

fitted = semimech.CellBox(members=4).fit(screen, split, seed=0)
prediction = fitted.predict(observed.conditions)
error = ((prediction.mean - observed.values) ** 2).mean() / (observed.values**2).mean()
print(f"error against predicting no change: {error:.2f}")
print(prediction.conditions[0].label, "rests on:", prediction.rests_on[0])

# The network it learnt, beside the one that made the data.
edges = fitted.network().edges
true = screen.truth.edges.merge(edges, on=["source", "target"], suffixes=("_true", "_learnt"))
print(f"{len(true)} of {len(screen.truth.edges)} true edges are among the {len(edges)} learnt ones")
