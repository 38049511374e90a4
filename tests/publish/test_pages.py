"""Pages: what an automatic checker of accessibility misses, and what a manager must not meet."""

import re
from itertools import pairwise

import pytest
from bs4 import BeautifulSoup

from ot_eval.outputs.wording import BANNED
from ot_eval.publish.html import PAGE_LIMIT, html_pages

PAGES = ("index.html", "care_packages.html")
EVERY = (*PAGES, "technical/care_packages.html")


@pytest.fixture(params=EVERY)
def page(request, report):
    return BeautifulSoup(report[request.param], "html.parser")


def test_language_title_and_landmarks(page):
    assert page.html["lang"] == "en-GB"
    assert page.title.get_text(strip=True)
    assert len(page.find_all("main")) == 1
    assert len(page.find_all("h1")) == 1


def test_headings_never_skip_a_level(page):
    levels = [int(h.name[1]) for h in page.find_all(re.compile(r"^h[1-6]$"))]
    assert levels[0] == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))


def test_every_table_has_a_caption_and_scoped_headers(page):
    tables = page.find_all("table")
    assert tables
    for table in tables:
        assert table.caption.get_text(strip=True)
        assert table.find_all("th")
        assert all(th.get("scope") in {"col", "row", "rowgroup"} for th in table.find_all("th"))
        for row in table.tbody.find_all("tr"):
            assert row.find("th"), "each row begins with its header"


def test_every_picture_has_a_text_alternative_from_its_data(page, request):
    pictures = page.find_all(attrs={"role": "img"})
    assert pictures or "technical" in request.node.name
    for picture in pictures:
        text = picture["aria-label"]
        assert 20 <= len(text) <= 1500
        assert "no description" not in text.lower()
        assert re.search(r"\d", text), "a text alternative carries numbers"
    assert not page.find_all("img")
    for svg in page.find_all("svg"):
        assert svg.find_parent(attrs={"role": "img"})


def test_ids_are_unique_and_references_resolve(page):
    ids = [tag["id"] for tag in page.find_all(id=True)]
    assert len(ids) == len(set(ids))
    for tag in page.find_all(attrs={"aria-labelledby": True}):
        assert tag["aria-labelledby"] in ids
    for use in page.find_all("use"):
        assert use["href"].removeprefix("#") in ids


def test_nothing_is_fetched_and_nothing_runs(page, request):
    assert not page.find_all(["script", "link", "iframe", "object", "embed"])
    for tag in page.find_all(src=True):
        assert tag["src"].startswith("data:")
    for a in page.find_all("a"):
        assert not a["href"].startswith(("http:", "https:", "//"))
    assert "url(http" not in str(page)
    assert "@import" not in str(page)


def test_pages_are_small(report):
    assert all(len(report[name]) < PAGE_LIMIT for name in PAGES)


def test_the_manager_meets_no_banned_word_outside_the_folded_methods(report):
    page = BeautifulSoup(report["index.html"], "html.parser")
    for folded in page.find_all("details"):
        folded.decompose()
    text = page.main.get_text(" ").lower()
    assert not [word for word in BANNED if re.search(rf"\b{word}\b", text)]


def test_synthetic_data_are_said_to_be_so(page):
    assert "Made-up data" in page.header.get_text()


def test_no_markup_from_the_results_reaches_the_page(example, protocol, provenance):
    from dataclasses import replace

    from ot_eval.outputs.disclosure import release
    from ot_eval.outputs.policy import PRESETS

    hostile = replace(example.study_result(), title="<script>alert(1)</script>", notes=("<img src=x>",))
    pages = html_pages((release(hostile, PRESETS["ot_eval"]),), protocol, provenance)
    for body in pages.values():
        assert b"<script>" not in body
        assert b"<img" not in body


def test_two_runs_give_the_same_bytes(report, released, protocol, provenance, code):
    again = html_pages((released,), protocol, provenance, code)
    assert {name: again[name] for name in PAGES} == {name: report[name] for name in PAGES}


def test_the_checklist_points_at_headings_that_are_there(report, released, protocol):
    from ot_eval.publish.checklist import GAP, SUMMARY, checklist

    text = {name: BeautifulSoup(report[name], "html.parser").get_text(" ", strip=True) for name in PAGES}
    table = checklist(released, protocol)
    assert len(table.rows) > 25
    gaps = 0
    for row in table.rows:
        asks, where = row.cells
        page = "index.html" if where.startswith(SUMMARY) else "care_packages.html"
        if where == GAP:
            gaps += 1
        else:
            assert where.removeprefix(f"{SUMMARY}, ") in text[page], f"{row.header}: {asks}"
    assert gaps >= 4, "what no report can fill by itself stays a gap"
    assert not any("%" in cell or "score" in cell for row in table.rows for cell in row.cells)


def test_references_are_those_of_the_analyses_that_were_run(report):
    page = report["care_packages.html"].decode()
    assert "Aalen OO, Johansen S." in page
    assert "Suissa S." in page
    assert "Gray RJ." not in page, "no such test was run"


@pytest.mark.parametrize(
    ("lock", "says"),
    [
        (None, "was not fixed before this run"),
        ("not locked", "was not fixed before this run"),
        ("locked on 2026-04-01 (sha256 0123456789ab)", "Nothing in it was changed afterwards"),
    ],
)
def test_the_page_does_not_claim_a_plan_that_was_not_fixed(example, protocol, provenance, lock, says):
    from dataclasses import replace

    from ot_eval.outputs.disclosure import release
    from ot_eval.outputs.policy import PRESETS

    whole = example.study_result()
    facts = {**whole.facts, **({"lock": lock} if lock else {})}
    out = release(replace(whole, deviations=(), facts=facts, curves=()), PRESETS["ot_eval"])
    assert says in html_pages((out,), protocol, provenance)["care_packages.html"].decode()


def test_tables_of_one_measure_in_several_units_are_told_apart(example, protocol, provenance):
    from dataclasses import replace

    from ot_eval.outputs.disclosure import release
    from ot_eval.outputs.policy import PRESETS

    whole = example.study_result()
    mean = next(e for e in whole.estimates if e.measure == "mean")
    other = tuple(replace(mean, analysis="course", outcome="x", term=u, unit=u) for u in ("level", "points"))
    out = release(replace(whole, strand="progress", estimates=other, curves=()), PRESETS["ot_eval"])
    page = BeautifulSoup(html_pages((out,), protocol, provenance)["progress.html"], "html.parser")
    captions = [c.get_text() for c in page.find_all("caption")]
    assert len(captions) == len(set(captions))
    assert "The score at each assessment: mean (level)" in captions
