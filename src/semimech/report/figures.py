"""The figures of a report, each with its title and what it shows; those that a run has nothing for are left out."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd

from semimech.data.network import Network
from semimech.evaluate.recovery import Recovery, correlation_network, recovery
from semimech.plot.assumptions import assumption_picture
from semimech.plot.comparison import compared
from semimech.plot.graph import network_graph
from semimech.plot.heatmap import network_heatmap
from semimech.plot.latent import beside_direct, latent_heatmap
from semimech.plot.learning import learning_curves
from semimech.plot.predictions import predicted_against_observed
from semimech.plot.recovery import recovery_curves
from semimech.plot.scores import score_overview
from semimech.plot.screen import data_overview
from semimech.report.page import Drawn
from semimech.report.reading import ReportData
from semimech.runs.folder import slug
from semimech.runs.perturbations import targets_of


def draw_all(data: ReportData) -> Iterator[Drawn]:
    """Every figure that the run has the tables for, in the order of the page."""
    yield from _overview(data)
    yield from _data(data)
    yield from _assumptions(data)
    for split in data.splits:
        yield from _split(data, split)
    yield from _learning(data)
    yield from _latents(data)
    for model in data.run.networks():
        yield from _network(data, model)
    yield from _recovery(data)


def _overview(data: ReportData) -> Iterator[Drawn]:
    rows = data.scores[data.scores["score"] == data.primary.name].dropna(subset="value")
    if len(rows):
        figure = score_overview(rows, data.primary.title, higher_is_better=data.primary.higher_is_better)
        better = "Further right" if data.primary.higher_is_better else "Further left"
        yield Drawn(
            "verdict",
            "scores",
            f"{data.primary.title}, on what was held out",
            f"{data.primary.equation}. {better} is better. Dots: mean over the folds; bars: 95 % interval by bootstrap "
            "over conditions; dashed: the best baseline; green: the ceiling, where the data allow one, from half of "
            "the test rows against the other half to all of them against as many.",
            figure,
        )


def _data(data: ReportData) -> Iterator[Drawn]:
    given, own = given_table(data), own_table(data)
    if len(given):
        caption = "Every row that holds the perturbation is counted."
        if len(own):
            caption += (
                " Own targets: coloured where the effect is clear of 1.96 standard errors, grey where it is not, or "
            )
            caption += "where a single row gives no standard error."
        figure = data_overview(given, own, data.unit)
        yield Drawn("data", "data", "What was given, and whether it hit", caption, figure)


def _assumptions(data: ReportData) -> Iterator[Drawn]:
    for found in data.assumptions:
        if found["picture"] is not None:
            figure = assumption_picture(found["picture"], found["axis"])
            title = f"{found['verdict']}: {found['assumption']}"
            yield Drawn("assumptions", f"assumption-{found['name']}", title, f"{found['why']}.", figure)


def given_table(data: ReportData) -> pd.DataFrame:
    """One row for each condition and perturbation in it: perturbation, dose, dose_unit, rows, alone."""
    units = dict(zip(data.perturbations["name"], data.perturbations.get("dose_unit", ""), strict=True))
    rows = [
        (name, dose, units.get(name, ""), int(number), len(condition.doses) == 1)
        for condition, number in zip(data.effects.conditions, data.effects.rows, strict=True)
        for name, dose in condition.doses
    ]
    return pd.DataFrame(rows, columns=["perturbation", "dose", "dose_unit", "rows", "alone"])


def own_table(data: ReportData) -> pd.DataFrame:
    """The effect of each single perturbation, at its strongest dose, on those of its targets that were measured."""
    targets = targets_of(data.perturbations)
    column = {name: j for j, name in enumerate(data.effects.features)}
    found: dict[tuple[str, str], tuple[float, float, float]] = {}
    for i, condition in enumerate(data.effects.conditions):
        if len(condition.doses) != 1:
            continue
        ((name, dose),) = condition.doses
        for target in targets.get(name, ()):
            if target in column and abs(dose) > found.get((name, target), (0.0,))[0]:
                j = column[target]
                found[name, target] = (abs(dose), data.effects.values[i, j], data.effects.standard_errors[i, j])
    rows = [(*key, effect, error) for key, (_, effect, error) in found.items()]
    return pd.DataFrame(rows, columns=["perturbation", "target", "effect", "standard_error"])


def _split(data: ReportData, split: str) -> Iterator[Drawn]:
    rivals = data.rivals(split)
    if rivals is None:
        return
    section = f"split-{slug(split)}"
    panels = [(name, *data.held_out(split, name)) for name in rivals]
    if all(observed.size for _, observed, _ in panels):
        yield Drawn(
            section,
            f"{slug(split)}-predicted",
            "Predicted against observed, held-out rows only",
            "One point for each held-out condition and feature; r over all folds together, first seed. The line is "
            "perfect prediction.",
            predicted_against_observed(panels, data.unit),
        )
    yield from _by_condition(data, split, rivals, section)
    yield from _by_feature(data, split, rivals, f"{section}-features")


def _by_condition(data: ReportData, split: str, rivals: tuple[str, str], section: str) -> Iterator[Drawn]:
    card = data.condition_card(split)
    if card is None:
        return
    table = data.conditions
    table = table[(table["split"] == split) & (table["score"] == card.name) & table["model"].isin(rivals)]
    wide = table.pivot_table(index="condition", columns="model", values="value", aggfunc="mean").dropna()
    if len(wide) > 1 and set(rivals) <= set(wide.columns):
        figure = compared(wide[list(rivals)], card.title, "condition", higher_is_better=card.higher_is_better)
        caption = f"{card.title} of each held-out condition, mean over folds and seeds; best at the top."
        yield Drawn(section, f"{slug(split)}-conditions", "Condition by condition", caption, figure)


def _by_feature(data: ReportData, split: str, rivals: tuple[str, str], section: str) -> Iterator[Drawn]:
    table = data.features
    table = table[(table["split"] == split) & table["model"].isin(rivals)]
    wide = table.pivot_table(index="feature", columns="model", values="r", aggfunc="mean").dropna()
    if len(wide) > 1 and set(rivals) <= set(wide.columns):
        figure = compared(wide[list(rivals)], "Pearson correlation over conditions", "feature")
        caption = "Correlation of predicted and observed effects over the held-out conditions, for each feature."
        yield Drawn(section, f"{slug(split)}-features", "Feature by feature", caption, figure)


def _learning(data: ReportData) -> Iterator[Drawn]:
    files = sorted((data.run.path / "history").glob("*.csv"))
    histories = {file.stem: data.run.table(f"history/{file.stem}") for file in files}
    histories = {name: table for name, table in histories.items() if len(table) > 1}
    if histories:
        caption = "Errors while the final model was fitted. What was held out for validation comes from training rows."
        yield Drawn("learning", "learning", "Learning curves", caption, learning_curves(histories))


def _latents(data: ReportData) -> Iterator[Drawn]:
    for model, effects in data.latents.items():
        if (effects["effect"] != 0).any():
            caption = "Mean effect of each perturbation on each latent, of the model fitted to all rows."
            yield Drawn("learning", f"latent-{slug(model)}", f"Latent effects of {model}", caption,
                        latent_heatmap(effects))  # fmt: skip


def _network(data: ReportData, model: str) -> Iterator[Drawn]:
    network = data.network(model)
    if network is None or not (network.edges["weight"] != 0).any():
        return
    faint = " Faint edges were found with that sign in few resamples." if "stability" in network.edges else ""
    yield Drawn(
        "network",
        f"network-{slug(model)}",
        f"The strongest edges of {model}",
        "Blue arrows activate, vermilion bars inhibit. Strength and width: drive, the weight times the root mean "
        "square of its source over conditions." + faint,
        network_graph(network),
    )
    caption = "Each row is a target, each column a source. Nodes with like edges stand beside each other."
    yield Drawn("network", f"heatmap-{slug(model)}", f"All weights of {model}", caption, network_heatmap(network))
    if "direct" in network.edges and (network.edges["direct"] != 0).sum() > 2:
        seen = network.edges[network.edges["direct"] != 0]
        r = seen["weight"].corr(seen["direct"])
        caption = (
            f"Correlation {r:.2f}: a network aligned with effects is nearly a transform of the table of these effects."
        )
        yield Drawn("network", f"direct-{slug(model)}", f"{model} beside the effects it was aligned with", caption,
                    beside_direct(network.edges, model))  # fmt: skip


def recoveries(data: ReportData) -> list[Recovery]:
    """Recovery of the truth by each network of the run, and by correlation; empty where no truth is known."""
    truth = data.run.network("truth")
    if truth is None:
        return []
    named = [(name, data.network(name)) for name in data.run.networks()]
    found = [recovery(network, truth, name) for name, network in named if network is not None]
    return [*found, recovery(_correlations(data, truth), truth, "|correlation|")]


def _correlations(data: ReportData, truth: Network) -> Network:
    effects = data.effects
    role = dict(zip(truth.nodes, truth.roles, strict=True))
    roles = [role.get(name, "molecule") for name in effects.features]
    return correlation_network(effects.values, effects.features, *data.design, roles)


def _recovery(data: ReportData) -> Iterator[Drawn]:
    found = recoveries(data)
    if found:
        yield Drawn(
            "recovery",
            "recovery",
            "Recovery of the generating network",
            f"{found[0].edges} true edges among {found[0].pairs} pairs that could be one; self-loops are left out. "
            "Edges are called from the largest |drive| x stability down. Correlation between measured values "
            "is the simplest guess; a random order reaches the dashed line.",
            recovery_curves(found),
        )
