"""Figures: the same bytes, readable by everyone, and nothing in them that was not released."""

import re
from dataclasses import replace

import pytest

from ot_eval.outputs import figure_style, figures, labels
from ot_eval.outputs.figure_style import DARK, FONT, LIGHT, LINES, MARKERS, SERIES
from ot_eval.outputs.story_care_packages import story

PAGES = {"light": "#f4f6f7", "dark": "#12181d"}


def luminance(colour):
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one, other):
    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def test_contrast_is_computed_as_wcag_defines_it():
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#767676", "#ffffff") == pytest.approx(4.54, abs=0.01)  # the known border of 4.5 to 1


@pytest.mark.parametrize(("theme", "page"), [(LIGHT, PAGES["light"]), (DARK, PAGES["dark"])])
def test_text_and_marks_stand_out_in_both_themes(theme, page):
    for ground in (theme["paper"], page):
        assert contrast(theme["ink"], ground) >= 7
        assert contrast(theme["muted"], ground) >= 4.5
        for role in ("first", "second", "third"):
            assert contrast(theme[role], ground) >= 4.5, "labels are written in these"


def test_the_page_and_the_figures_agree_on_every_colour():
    from importlib import resources

    css = resources.files("ot_eval.publish").joinpath("templates/style.css").read_text()
    light, dark = css.split("prefers-color-scheme:dark", 1)[0], css.split("prefers-color-scheme:dark", 1)[1]
    for role in LIGHT:
        assert f"--fig-{role}:{LIGHT[role]}" in light
        assert f"--fig-{role}:{DARK[role]}" in dark


def test_series_differ_in_more_than_colour():
    assert len(set(map(str, LINES))) == len(set(MARKERS)) == len(SERIES) == 4


@pytest.fixture(scope="module")
def drawn(released):
    told = story(released)
    return [*figures.of_strand(released), told.timeline, *(k.figure for k in told.key_figures)]


def test_every_kind_of_figure_is_there(drawn):
    assert [f.name for f in drawn] == [
        "cumulative-incidence-main",
        "cumulative-incidence-new-clients",
        "cumulative-incidence-existing-clients",
        "cox",
        "timeline",
        "icons-new",
        "icons-existing",
        "contact",
    ]


def test_the_same_figure_gives_the_same_bytes(drawn):
    for figure in drawn:
        assert figure.svg() == figure.svg()
        assert figure.png() == figure.png()


def test_svg_is_ready_for_a_page(drawn):
    for figure in drawn:
        for markup in (figure.svg(), figure.svg(narrow=True)):
            assert markup.startswith("<svg")
            assert not re.search(r"<script|<metadata|<image|href=\"http|<!|xlink", markup)
            assert "matplotlib" not in markup.lower()
            assert "font-family" not in markup, "text is set in the page's font"
            assert "<style" not in markup, "a figure styles nothing but itself"
            ids = re.findall(r'\bid="([^"]+)"', markup)
            assert len(ids) == len(set(ids))
            assert all(i.startswith(figure.name) for i in ids)
            assert all(f"var(--fig-{role}, " in markup for role in ("first", "muted"))
            for colour in LIGHT.values():
                assert re.search(rf"(?<!, ){colour}", markup) is None, "every colour follows the theme"
        wide, narrow = (
            {float(x) for x in re.findall(r"font-size: ([\d.]+)px", m)} for m in (figure.svg(), figure.svg(narrow=True))
        )
        assert min((wide | narrow) or {FONT}) >= FONT - 2


def test_ids_of_two_figures_never_meet(drawn):
    found = [i for f in drawn for n in (False, True) for i in re.findall(r'\bid="([^"]+)"', f.svg(narrow=n))]
    assert len(found) == len(set(found))


def test_png_carries_no_metadata(drawn):
    for figure in drawn:
        chunks = re.findall(rb"(tEXt|iTXt|zTXt|eXIf|tIME)", figure.png())
        assert not chunks


def test_text_alternatives_say_the_numbers_and_are_no_placeholder(drawn, released):
    for figure in drawn:
        assert 20 <= len(figure.alt) <= 1500
        assert figure.alt != figure.title
        assert re.search(r"\d", figure.alt)
        assert figure.alt.endswith(".")
    main = drawn[0]
    for curve in released.curves:
        if curve.outcome == "increase":
            share = round(100 * curve.value[curve.days.index(365)])
            assert f"{share}% at 12 months" in main.alt


def test_titles_are_messages_with_the_released_numbers(drawn, released):
    new = released.one("cumulative_incidence", population="new", outcome="increase", term="day 365")
    assert f"{round(100 * new.value)}% of new clients" in drawn[0].title
    assert drawn[0].title.startswith("At 12 months, ")


def test_a_line_has_as_many_points_as_were_released(drawn, released):
    """The attack on a drawn curve: its path gives back the released days, and no other."""
    curve = next(c for c in released.curves if c.outcome == "increase" and c.population == "new")
    markup = drawn[0].svg()
    paths = re.findall(r'<path d="(M[^"zZ]*)"', markup)
    lengths = [len(re.findall(r"[ML]", path)) for path in paths]
    assert len(curve.days) in lengths
    longest = max(len(c.days) for c in released.curves)
    assert max(lengths) <= longest


def test_the_two_groups_are_never_drawn_with_everyone(released):
    curve = released.curves[0]
    everyone = replace(curve, population="all", group="all")
    assert everyone not in figures.apart([everyone, *released.curves])
    assert figures.apart([everyone]) == [everyone]


def test_nothing_is_drawn_from_what_is_hidden(released):
    hidden = replace(released.curves[0], drawn=False, hidden="fewer than 10 people or events")
    assert figures.lines([hidden], "x", "t", "s") is None
    assert figures.stacked([hidden], "x", "t", "s") is None
    blank = replace(released.find("cox")[0], value=None, lower=None, upper=None)
    assert figures.forest([blank], "x", "t", "s") is None
    assert figures.icons(blank, "x", "t", "had") is None
    assert figures.strip(blank, "x", "t", ("fewer", "more")) is None


def test_an_icon_array_fills_as_many_people_as_it_says(released):
    e = released.one("cumulative_incidence", population="existing", outcome="increase", term="day 365")
    figure = figures.icons(e, "i", "t", "had one")
    filled = round(100 * e.value)
    uses = re.findall(r'<use [^>]*style="([^"]*)"', figure.svg())
    assert len(uses) == 100
    assert sum("fill: var(--fig-first" in style for style in uses) == filled
    assert f"{filled} of them filled" in figure.alt
    assert figures.icons(replace(e, value=0.004), "i", "t", "had one") is None, "below 1 in 100 icons fail"


def test_global_state_of_the_drawing_library_is_left_alone(drawn):
    import matplotlib as mpl

    before = dict(mpl.rcParams)
    drawn[0].svg()
    assert dict(mpl.rcParams) == before


def test_groups_are_named_for_readers():
    assert [labels.who(p) for p in ("all", "all, new", "existing clients")] == [
        "Everyone",
        "New clients",
        "Existing clients",
    ]


def test_a_number_written_in_a_figure_keeps_its_digits_and_one_that_places_a_mark_is_shortened():
    def draw(size):
        figure = figure_style.canvas(size, fitted=False)
        axes = figure.add_axes((0, 0, 1, 1))
        axes.text(0.123456, 0.5, "0.566")
        return figure

    text = figure_style.svg(draw, (100.0, 100.0), "x")
    assert ">0.566<" in text
    assert not re.search(r"<[^>]*\d\.\d{3}", text)
