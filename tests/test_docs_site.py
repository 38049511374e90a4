"""The manual as pages: all of it, nothing fetched, no dead link, and a reference that is that of the source."""

import importlib.util
import inspect
import re
import sys
from itertools import pairwise
from pathlib import Path

import pytest
from bs4 import BeautifulSoup

ROOT = Path(__file__).resolve().parents[1]


def _load():
    spec = importlib.util.spec_from_file_location("docs_build", ROOT / "docs" / "build.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules["docs_build"] = module
    spec.loader.exec_module(module)
    return module


build = _load()


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    folder = tmp_path_factory.mktemp("site")
    dead = build.build(folder)
    return folder, dead


@pytest.fixture(scope="module")
def pages(site):
    folder, _ = site
    own = [p for p in folder.rglob("*.html") if "reports" not in p.relative_to(folder).parts]
    return {p.relative_to(folder).as_posix(): BeautifulSoup(p.read_bytes(), "html.parser") for p in own}


def test_no_link_is_dead(site):
    assert site[1] == []


def test_dead_links_and_anchors_would_be_seen(tmp_path):
    (tmp_path / "a.html").write_text(
        '<h2 id="here"></h2><a href="b.html">b</a><a href="#there">t</a><a href="#here">h</a>'
    )
    assert list(build.dead_links(tmp_path)) == ["a.html: b.html", "a.html: #there"]


def test_every_page_of_the_manual_is_there_and_in_the_navigation(pages):
    written = {p.relative_to(ROOT).as_posix() for p in [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")]}
    assert {build.target(p) for p in written} <= set(pages)
    listed = {a["href"] for a in pages["index.html"].nav.find_all("a")}
    assert {build.target(p) for p in written} <= listed


def test_every_page_is_british_english_with_landmarks_and_headings_in_order(pages):
    for name, page in pages.items():
        assert page.html["lang"] == "en-GB"
        assert len(page.find_all("main")) == len(page.find_all("nav")) == 1
        levels = [int(h.name[1]) for h in page.main.find_all(re.compile("^h[1-6]$"))]
        assert levels[0] == 1, name
        assert levels.count(1) == 1, name
        assert all(b - a <= 1 for a, b in pairwise(levels)), name
        ids = [tag["id"] for tag in page.find_all(id=True)]
        assert len(ids) == len(set(ids)), name


def test_nothing_is_fetched_and_nothing_runs(pages):
    for name, page in pages.items():
        assert not page.find_all(["script", "link", "iframe"]), name
        assert not [i["src"] for i in page.find_all(src=True) if re.match(r"[a-z]+:|//", i["src"])], name


def test_how_we_know_collects_every_page_of_evidence_and_rules(pages):
    page = pages["docs/how-we-know.html"]
    linked = {a["href"] for a in page.main.find_all("a")}
    for folder in ("evidence", "rules"):
        for path in (ROOT / "docs" / folder).glob("*.md"):
            assert build.target(f"{folder}/{path.name}") in linked


@pytest.mark.parametrize("room", build.ROOMS)
def test_the_reference_has_every_public_thing_with_its_words(pages, room):
    page = pages[f"docs/reference/{room}.html"]
    for path in (ROOT / "src" / "ot_eval" / room).glob("*.py"):
        for name in re.findall(r"(?m)^(?:def|class) ([A-Za-z]\w*)", path.read_text(encoding="utf-8")):
            module = f"ot_eval.{room}" if path.stem == "__init__" else f"ot_eval.{room}.{path.stem}"
            assert page.find(id=f"{module}.{name}"), f"{module}.{name}"


def test_the_reference_says_what_the_docstring_says(pages):
    from ot_eval.outputs import wording

    heading = pages["docs/reference/outputs.html"].find(id="ot_eval.outputs.wording.in_100")
    assert heading.get_text() == "in_100(share: Number) -> str"
    first, _, rest = inspect.getdoc(wording.in_100).partition("\n\n")
    assert heading.find_next("p").get_text() == first
    assert heading.find_next("div").get_text() == rest


def test_every_strand_has_a_guide(pages):
    from ot_eval.base.protocol import Protocol
    from ot_eval.base.shipped import shipped

    strands = {p.stem for p in shipped("notebooks").glob("*.ipynb")} & set(_planned(Protocol))
    guides = " ".join(str(p.main) for n, p in pages.items() if n.startswith("docs/how-to/"))
    assert [s for s in strands if s not in guides] == []


def _planned(protocol):
    from typing import get_args

    annotation = protocol.model_fields["strands"].annotation
    return get_args(get_args(annotation)[0])
