"""The main job in one call: judge baselines and a model on a screen, and keep everything in a run folder."""

import semimech

screen = semimech.simulate_demo()
options = semimech.RunOptions(
    models=("cellbox",),
    splits=("combinations",),
    seeds=1,
    model_options={"cellbox": {"members": 4}},
)
run = semimech.run_screen(screen, "demo-run", options)

print(run.json("verdict")["headline"])
scores = run.table("scores").query("score == 'pearson'")
print(scores[["model", "value", "lower", "upper", "best_baseline", "ceiling"]].to_string(index=False))
print(run.network("cellbox").edges.head().to_string(index=False))

# What is kept predicts without the data: here a condition nobody measured, three drugs at once.
triple = semimech.Condition((("drugA", 1.5), ("drugB", 1.5), ("drugC", 0.5)))
prediction = semimech.load_model(run, "cellbox").predict([triple])
print(triple.label, "rests on:", prediction.rests_on[0])
