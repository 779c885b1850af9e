from xml.etree import ElementTree

import matplotlib as mpl
import pytest
from matplotlib.figure import Figure

from semimech.plot.style import inlined, new_figure, save, shortened, styled, to_png, to_svg


@styled
def example(name: str) -> Figure:
    figure = new_figure(3, 2)
    ax = figure.subplots()
    ax.plot([0, 1], [0, 1])
    ax.set_yticks([0, 1], labels=[name, "b"])
    ax.set_title(name)
    return figure


@pytest.mark.parametrize("name", ["$x_1$", "$\\notacommand{", "a_b^c", "<script>", "a&b", "β", "100 %"])
def test_a_name_is_drawn_as_it_is(name):
    figure = example(name)
    ElementTree.fromstring(to_svg(figure).split("?>", 1)[1])
    assert figure.axes[0].get_yticklabels()[0].get_text() == name
    assert not figure.axes[0].get_yticklabels()[0].get_parse_math()


def test_settings_are_as_before_even_if_the_figure_fails():
    @styled
    def broken() -> Figure:
        raise ZeroDivisionError

    before = dict(mpl.rcParams)
    example("x")
    with pytest.raises(ZeroDivisionError):
        broken()
    assert dict(mpl.rcParams) == before


def test_the_settings_of_the_caller_do_not_reach_the_figure():
    with mpl.rc_context({"font.size": 40, "text.usetex": True}):
        svg = to_svg(example("x"))
    assert svg == to_svg(example("x"))


def test_inlined_svg_has_its_own_ids_and_no_fixed_size():
    svg = inlined(to_svg(example("x")), "mine", 'a "title" & <more>', 300)
    root = ElementTree.fromstring(svg)
    assert root.get("aria-label") == 'a "title" & <more>'
    assert (root.get("width"), root.get("height"), root.get("style")) == (None, None, "max-width:300px")
    ids = [element.get("id") for element in root.iter() if element.get("id")]
    assert ids
    assert all(name.startswith("mine-") for name in ids)
    links = [value for element in root.iter() for key, value in element.attrib.items() if key.endswith("href")]
    assert links
    assert {link[1:] for link in links} <= set(ids)


def test_png():
    assert to_png(example("x")).startswith(b"\x89PNG")


@pytest.mark.parametrize(
    ("name", "limit", "expected"),
    [("short", 28, "short"), ("a" * 20 + "b" * 20, 12, "aaaaaaa…bbbb"), ("two\nlines", 28, "two lines"), (3, 28, "3")],
)
def test_shortened(name, limit, expected):
    assert shortened(name, limit) == expected
    assert len(shortened(name, limit)) <= limit


def test_both_files_are_what_is_given_back(tmp_path):
    svg, png = save(example("x"), tmp_path / "figures" / "of v1.2")
    assert (tmp_path / "figures" / "of v1.2.svg").read_text(encoding="utf-8") == svg
    assert (tmp_path / "figures" / "of v1.2.png").read_bytes() == png
    assert len(list((tmp_path / "figures").iterdir())) == 2
