"""`semimech simulate`: what is documented runs, what it writes can be checked, and mistakes are one sentence."""

import re
from pathlib import Path

import numpy as np
import pytest

from semimech.cli import main
from semimech.data.readers import read_screen
from semimech.data.simulated import read_truth
from semimech.runs.folder import RunFolder
from semimech.simulate.build import simulate_screen

PAGE = Path(__file__).resolve().parents[2] / "docs" / "simulate.md"
EXAMPLES = re.findall(r"```toml\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)


@pytest.fixture(scope="module")
def screens(tmp_path_factory):
    """The examples of the page, simulated."""
    folder, paths = tmp_path_factory.mktemp("simulate"), []
    for number, text in enumerate(EXAMPLES):
        (folder / f"{number}.toml").write_text(text, encoding="utf-8")
        paths.append(folder / f"{number}.h5ad")
        assert main(["simulate", str(folder / f"{number}.toml"), "-o", str(paths[-1])]) == 0
    return paths


def test_the_example_of_the_page_can_be_checked(screens, capsys):
    assert main(["check", str(screens[0])]) == 0
    shown = " ".join(capsys.readouterr().out.split())
    for words in ("semimech", "20 molecules", "4 knock-out, 1 drug", "neural", "time"):
        assert words in shown


def test_what_is_written_can_be_run(screens, tmp_path, capsys):
    options = ["--models", "ridge", "--partitions", "1", "--seeds", "1", "--out", str(tmp_path / "run")]
    assert main(["run", str(screens[1]), *options]) == 0
    assert "condition's own" in capsys.readouterr().out
    assert (tmp_path / "run" / "report.html").is_file()
    assert RunFolder.open(tmp_path / "run").network("truth").nodes == ("A", "B", "C", "D", "first", "second")


def test_the_truth_can_be_read_and_fits_the_screen(screens):
    screen, truth = read_screen(screens[0]), read_truth(screens[0])
    assert screen.truth is not None
    assert screen.truth.nodes[-1] == "aX"
    assert truth.declaration["seed"] == 1
    assert list(truth.constants.index) == list(screen.feature_names)
    assert truth.batch_factors.shape == (20, 2)
    states = screen.obs["true_state"].to_numpy()
    assert set(states) == set(range(len(truth.states)))
    np.testing.assert_array_equal(truth.courses["time"].to_numpy()[states], screen.obs["time"])
    edited = screen.obs["true_edited"].astype(str).to_numpy()
    histories = truth.courses["history"].to_numpy()[states]
    assert all(name in history for some, history in zip(edited, histories) for name in some.split("+"))


def test_orders_are_contexts_with_controls_of_their_own(screens):
    screen = read_screen(screens[1])
    assert sorted(set(screen.obs["context"].astype(str))) == ["first>second", "second>first"]
    assert screen.obs[screen.is_control]["context"].nunique() == 2
    assert set(screen.obs["order"][~screen.is_control]) == {"first>second", "second>first"}
    means = {c.context: screen.responses[screen.condition_codes == k].mean(0) for k, c in enumerate(screen.conditions)}
    assert np.abs(means["first>second"] - means["second>first"]).max() > 0.5


def test_cells_with_intrinsic_noise_keep_their_own_clean_levels(screens):
    import anndata

    adata = anndata.read_h5ad(screens[2])
    clean, states = adata.layers["semimech_clean"], adata.uns["semimech_simulation"]["states"]
    assert clean.shape == adata.shape
    own = clean - states[adata.obs["true_state"]]
    assert 0.005 < np.abs(own).mean() < 0.2
    edited = adata.obs["true_edited"] == "G1"
    assert edited.any()
    assert (clean[edited, 0] == 0).all()
    assert set(adata.uns["semimech_simulation"]["courses"]["batch"]) == {"batch 1", "batch 2"}


def test_the_same_screen_is_made_again_in_memory(screens):
    written = read_screen(screens[1])
    made = simulate_screen(read_truth(screens[1]).declaration)
    np.testing.assert_array_equal(made.responses, written.responses)
    np.testing.assert_array_equal(made.design.toarray(), written.design.toarray())
    assert made.conditions == written.conditions


WRONG = {
    "unknown section": ("[topologie]\n", "unknown section [topologie]"),
    "unknown option": ("[topology]\nnode = 3\n", "no option 'node': did you mean nodes?"),
    "wrong kind of value": (
        '[topology]\nnodes = "many"\n',
        "nodes of the section [topology] is 'many': give a whole number",
    ),
    "not a section": ("topology = 3\n", "write a section [topology]"),
    "not a list": ("[perturbations]\ncount = 3\n", "write a section [[perturbations]] for each"),
    "bad TOML": ("[topology\n", "not valid TOML"),
    "negative seed": ("seed = -1\n", "seed that is a whole number"),
    "negative duration": ("[[phase]]\nduration = -3\n", "lasts -3 h"),
    "unknown medium": ('[[phase]]\nmedium = "RPMI"\n', "unknown medium 'RPMI'"),
    "unknown target of a medium": ("[medium.E8]\ntargets = { X = 1 }\n", "medium E8 acts on X"),
    "a medium of words": ('[medium.E8]\ntargets = { G01 = "up" }\n', "give a log2-fold change"),
    "unknown node": ('[[perturbations]]\nnodes = ["G99"]\n', "'G99', which is no node"),
    "time outside": ("[sampling]\ntimes = [100]\n", "100 h is outside"),
    "words for times": ('[sampling]\ntimes = ["day 2"]\n', "write times = [24, 72]"),
    "no rows": ("[sampling]\nrows = 0\n", "rows of the section [sampling] is 0"),
    "both ways": ("[design]\n[[protocol.a.phases]]\nduration = 3\n", "both [protocol.NAME] and [design]"),
    "unknown dose": (
        "[[protocol.a.phases]]\nduration = 3\ndoses = { G99 = 1 }\n",
        "unknown perturbation 'G99'",
    ),
    "missing network": ('[topology]\nkind = "file"\nfile = "net.csv"\n', "no network file"),
    "growth of nothing": ("[growth]\nX = 1\n", "'X', which is no node"),
    "words for growth": ('[growth]\nG01 = "fast"\n', "give a number"),
    "solver failure": ("[kinetics]\nhalf_life = 0.05\n[[phase]]\nduration = 5000\n", "cannot be integrated through"),
}


@pytest.mark.parametrize("case", WRONG)
def test_mistakes_are_one_sentence_and_leave_what_was_there(case, tmp_path, capsys):
    text, says = WRONG[case]
    config, out = tmp_path / "experiment.toml", tmp_path / "screen.h5ad"
    config.write_text(text)
    out.write_text("what was there")
    assert main(["simulate", str(config), "--out", str(out)]) == 2
    said = [line for line in capsys.readouterr().err.splitlines() if "%" not in line[:6]]
    assert len(said) == 1, said
    assert says in said[0]
    assert "Traceback" not in said[0]
    assert out.read_text() == "what was there"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["experiment.toml", "screen.h5ad"]


@pytest.mark.parametrize("out", ["screen.csv", "folder.h5ad"])
def test_where_nothing_can_be_written_is_said_first(out, tmp_path, capsys):
    (tmp_path / "folder.h5ad").mkdir()
    assert main(["simulate", "nowhere.toml", "-o", str(tmp_path / out)]) == 2
    assert "--out" in capsys.readouterr().err


def test_an_interruption_says_that_nothing_was_written(tmp_path, monkeypatch, capsys):
    def stop(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr("semimech.simulate.build.simulate", stop)
    (tmp_path / "e.toml").write_text("")
    assert main(["simulate", str(tmp_path / "e.toml"), "-o", str(tmp_path / "s.h5ad")]) == 130
    assert "s.h5ad was not written" in capsys.readouterr().err
