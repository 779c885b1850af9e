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
scores = run.table("scores")
print(scores[["model", "score", "value", "lower", "upper", "best_baseline", "ceiling"]].to_string())
print(run.network("cellbox").edges.head())
