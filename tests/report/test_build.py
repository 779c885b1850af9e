import re
import shutil
from html.parser import HTMLParser
from pathlib import Path
from xml.etree import ElementTree

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest

from semimech.cli.main import main
from semimech.models.storage import load_fitted
from semimech.report.build import build_report
from semimech.report.effects import effect_rows
from semimech.report.interactions import interaction_rows
from semimech.report.reading import ReportData, read_observed
from semimech.runs.folder import RunFolder
from semimech.support.errors import UserError

HARD = (
    "<script>alert('feature')</script>", "a&b", "$x_1$", "β-catenin", "_under_score_", 'quo"te', "back\\slash{}",
    "a-name-of-sixty-characters-that-must-not-break-the-page-layout",
)  # fmt: skip
HARD_DRUGS = ("<img src=x onerror=alert(1)>", "A+B", "drug $\\alpha$", "D&D")
VOID = {"meta", "br", "img", "link", "hr", "input"}
LARGEST = 5_000_000


class Page(HTMLParser):
    """Every tag with its attributes, the text, and whether all tags were closed in their order."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str]]] = []
        self.open: list[str] = []
        self.words: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, {name: value or "" for name, value in attrs}))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.tags.append((tag, {name: value or "" for name, value in attrs}))

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.words.append(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.words).split())


@pytest.fixture(scope="module")
def html(run: RunFolder) -> str:
    return build_report(run).read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def page(html: str) -> Page:
    return Page(html)


def test_the_page_is_whole_small_and_fetches_nothing(html, page):
    assert page.open == []
    assert len(html.encode()) < LARGEST
    assert {tag for tag, _ in page.tags} & {"script", "link", "iframe", "object"} == set()
    for tag, attributes in page.tags:
        for name in ("src", "href", "xlink:href"):
            assert attributes.get(name, "#").startswith(("#", "data:image/png")), (tag, attributes)
        assert not [name for name in attributes if name.startswith("on")], (tag, attributes)
    assert "@import" not in html
    assert not re.search(r"url\((?!#)", html)


def test_every_name_is_escaped_and_said(page, run):
    edges = ReportData(run).network("cellbox").edges
    strongest = edges.loc[(edges["drive"].abs() * edges["stability"]).nlargest(20).index]
    names = {*strongest["source"], *strongest["target"], *run.table("perturbations")["name"][:2]}
    assert len(names.intersection(HARD + HARD_DRUGS)) >= 5
    for name in (
        "gpo-vae: <1> of the latent part & the closed form.",
        "<b>bold</b> & $screen_1$",
        "<Half> of the edges & no more",
        *names,
    ):
        assert name in page.text, name


def test_ids_are_unique_and_every_reference_leads_somewhere(html, page):
    ids = [attributes["id"] for _, attributes in page.tags if "id" in attributes]
    assert len(ids) == len(set(ids))
    references = re.findall(r'href="#([^"]+)"', html) + re.findall(r"url\(#([^)]+)\)", html)
    assert set(references) <= set(ids)


def test_the_verdict_comes_first_then_data_then_scores(page):
    text = page.text[page.text.index("semimech report ·") :]
    order = [
        "cellbox beats <ridge> & all.",
        "What is in the data",
        "Gene <x> & y?",
        "Held out: conditions",
        "SHA-256",
    ]
    places = [text.index(words) for words in order]
    assert places == sorted(places)


def test_scores_stand_beside_baseline_ceiling_and_interval(page, run):
    row = run.table("scores").query("model == 'cellbox' and score == 'pearson'").iloc[0]
    for value in (row["value"], row["best_baseline_value"], row["ceiling"], row["ceiling_stepped"]):
        assert f"{value:.3f}".lstrip("0") in page.text
    assert "no ceiling" in page.text
    assert "CellBox starts at W = 0" in page.text


def test_estimated_effects_stand_beside_the_measured_ones(page, run, bare_run):
    fitted = load_fitted(run.path / "models" / "effects").model
    strongest = int((fitted.estimates**2).sum(1).argmax())
    row = page.text[page.text.index("as measured, of its standard errors") :]
    for words in (fitted.conditions[strongest].label, fitted.features[int(abs(fitted.estimates[strongest]).argmax())]):
        assert words in row
    assert fitted.told in page.text
    assert all(name in page.text for name in fitted.errors)
    assert effect_rows(ReportData(bare_run)) is None


def test_pairs_stand_with_their_interaction_and_its_interval(page, run, bare_run):
    table = run.table("interactions")
    told = table.loc[((table["synergy"] - 1).abs() / (table["synergy_upper"] - table["synergy_lower"])).idxmax()]
    row = page.text[page.text.index("whose interaction is told best") :]
    for words in (told["condition"], told["kind"], f"{told['synergy']:.3f}".lstrip("0")):
        assert words in row
    assert f"Of {len(table)} pairs that were measured" in page.text
    assert interaction_rows(ReportData(bare_run)) is None


def test_figures_are_kept_as_svg_and_png(html, run):
    folder = run.path / "figures"
    names = {file.stem for file in folder.glob("*.svg")}
    assert names == {file.stem for file in folder.glob("*.png")}
    assert {"scores", "data", "learning", "network-cellbox", "heatmap-cellbox", "recovery"} <= names
    assert {"latent-gpo-vae", "direct-cellbox"} <= names
    assert {"conditions-predicted", "conditions-conditions", "conditions-features"} <= names
    for name in names:
        ElementTree.parse(folder / f"{name}.svg")
        assert f'<figure id="figure-{name}">' in html
    assert not list(folder.glob(".*"))


def test_the_same_run_gives_the_same_page_and_matplotlib_is_left_alone(html, run, tmp_path):
    before = dict(mpl.rcParams)
    again = build_report(run, tmp_path / "again.html").read_text(encoding="utf-8")
    assert again == html
    assert dict(mpl.rcParams) == before


def test_missing_parts_are_left_out_with_a_word(bare_run):
    assert not (bare_run.path / "intervals.csv").exists()  # as in the runs of versions that had none
    page = Page(build_report(bare_run).read_text(encoding="utf-8"))
    assert "No model of this run has a network" in page.text
    assert "The run keeps no fitted model" in page.text
    assert "Recovery of the truth" not in page.text
    assert "Learning curves" not in page.text


def test_where_lower_is_better_the_best_comes_first(bare_run):
    data = ReportData(bare_run)
    values = bare_run.table("scores").query("score == 'nmse'").set_index("model")["value"]
    assert data.rivals("conditions") == ("cellbox", values.drop("cellbox").idxmin())
    assert data.condition_card("conditions").name == "nmse"
    page = Page(build_report(bare_run).read_text(encoding="utf-8"))
    first = page.text[page.text.index("lower is better, best 0") :]
    assert first.index("ridge") < first.index("mean-response")
    assert "Further left is better" in page.text


def test_only_what_the_judge_counts_is_drawn_even_without_a_network(bare_run):
    assert bare_run.networks() == ()
    observed, predicted = ReportData(bare_run).held_out("conditions", "cellbox")
    files = sorted((bare_run.path / "observed" / "conditions").glob("*.h5ad"))
    tables = [read_observed(file) for file in files]
    assert observed.size == predicted.size == sum(table.values[:, 1:].size for table in tables)
    np.testing.assert_array_equal(np.sort(observed), np.sort(np.concatenate([t.values[:, 1:].ravel() for t in tables])))


def test_the_page_does_not_say_where_the_data_lay(page, html):
    for name in ("demo.h5ad", "edges.csv", "older.csv"):
        assert name in page.text
    assert "private/" not in html


def test_three_thousand_features_stay_small(wide_run):
    page = build_report(wide_run)
    assert page.stat().st_size < LARGEST
    assert Page(page.read_text(encoding="utf-8")).open == []


def test_command_line(bare_run, tmp_path, capsys):
    out = tmp_path / "sub" / "page.html"
    assert main(["report", str(bare_run.path), "--out", str(out)]) == 0
    assert Path(capsys.readouterr().out.removeprefix("Report: ").strip()) == out.resolve()
    assert out.is_file()
    assert main(["report", str(bare_run.path), "--out", str(tmp_path)]) == 2
    assert "is a folder" in capsys.readouterr().err


def test_an_unfinished_run_is_said_so(tmp_path, capsys):
    RunFolder(tmp_path).write_json("config", {"screen": {"name": "x", "scale": "counts"}})
    with pytest.raises(UserError, match="not finished"):
        build_report(RunFolder(tmp_path))
    assert main(["report", str(tmp_path)]) == 2
    assert main(["report", str(tmp_path / "nowhere")]) == 2
    assert len(capsys.readouterr().err.strip().splitlines()) == 2


def test_rates_that_the_data_tell_are_counted(bare_run, tmp_path):
    run = RunFolder(Path(shutil.copytree(bare_run.path, tmp_path / "run")))
    told = {"eps_identified": [True, False, True], "alpha_identified": [False, False, True]}
    run.write_table("rates/cellbox-courses", pd.DataFrame({"node": ["A", "B", "C"], **told}))
    words = Page(build_report(run).read_text(encoding="utf-8")).text
    assert "cellbox-courses: of 3 nodes the data tell eps of 2 and alpha of 1" in words


def test_models_trained_as_published_are_marked(bare_run, tmp_path):
    run = RunFolder(Path(shutil.copytree(bare_run.path, tmp_path / "run")))
    scores = run.table("scores")
    model = scores.loc[~scores["is_baseline"].astype(bool), "model"].iloc[0]
    found = {"model": [model, "condition-mean"], "published": [0.7, 0.8], "held_out": [0.3, 0.5]}
    run.write_table("published", pd.DataFrame(found | {"split": "cells", "fold": "1", "seed": 0}))
    words = Page(build_report(run).read_text(encoding="utf-8")).text
    assert "As published: compat gpo-vae" in words
    assert f"{model} (as published)" in words
    assert "condition-mean (as published)" not in words
