"""PDFs: tagged, in the words of the pages, the same bytes again, nothing fetched; refused where they cannot be made."""

import builtins
import html
import re
import zlib

import pytest
from bs4 import BeautifulSoup

from ot_eval.base.errors import InternalFault, RequestError
from ot_eval.publish import pdf
from ot_eval.publish.pages import assemble

PAGES = ("index.html", "care_packages.html")


def words(page):
    """What a reader sees, without what is drawn inside figures."""
    soup = BeautifulSoup(page, "html.parser")
    for tag in soup.find_all(["svg", "style"]):
        tag.decompose()
    return soup.get_text(" ", strip=True).split()


def test_a_missing_library_is_refused_in_three_lines_before_anything_runs(monkeypatch):
    real = builtins.__import__

    def without(name, *args, **more):
        if name == "weasyprint":
            raise ImportError(name)
        return real(name, *args, **more)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(RequestError) as caught:
        pdf.refuse_without()
    said = str(caught.value)
    assert [
        part in said for part in ("WeasyPrint is not installed", "Expected:", "To fix:", 'pip install "ot_eval[pdf]"')
    ]
    assert said.count("\n") == 2


def test_a_missing_system_library_is_named(monkeypatch):
    real = builtins.__import__

    def without(name, *args, **more):
        if name == "weasyprint":
            raise OSError("cannot load library 'libpango-1.0-0'")
        return real(name, *args, **more)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(RequestError, match="Pango, a system library"):
        pdf.refuse_without()


@pytest.mark.parametrize("name", PAGES)
def test_the_printed_page_has_the_words_of_the_page_and_each_figure_its_text(report, name):
    page = report[name].decode()
    printed = pdf.printable(page)
    assert words(printed) == words(page)
    figures = re.findall(r'role="img" aria-label="([^"]*)"', page)
    assert [html.unescape(f) for f in figures] == [
        i["alt"] for i in BeautifulSoup(printed, "html.parser").find_all("img")
    ]
    assert figures
    assert "var(--" not in printed.split("</style>", 1)[1]


def test_links_between_pages_lead_to_their_pdfs(report):
    assert 'href="care_packages.pdf"' in pdf.printable(report["index.html"].decode())


def test_a_figure_of_another_shape_is_refused(report):
    with pytest.raises(InternalFault, match="unknown shape"):
        pdf.printable('<style></style><div class="picture" role="img" aria-label="x"><p>drawn</p></div>')


@pytest.fixture(scope="module")
def library():
    try:
        import weasyprint
    except (ImportError, OSError):
        pytest.skip("needs the extra pdf and Pango")
    return weasyprint


@pytest.fixture(scope="module")
def made(library, report):
    return pdf.pdfs({name: report[name] for name in PAGES})


def unpacked(body):
    """The bytes of a PDF with every packed stream of objects opened."""
    found = re.findall(rb"/ObjStm.*?stream\r?\n(.*?)\r?\nendstream", body, re.DOTALL)
    return body + b"".join(zlib.decompress(packed) for packed in found)


def test_each_page_is_one_tagged_pdf_in_british_english(made):
    assert set(made) == {"report.pdf", "care_packages.pdf"}
    for body in made.values():
        assert body.startswith(b"%PDF-")
        for part in (b"/MarkInfo", b"/StructTreeRoot", b"/Lang (en-GB)", b"/S /H1"):
            assert part in unpacked(body), part


def test_every_figure_of_the_pdf_has_its_text_and_every_table_its_headers(made, report):
    for name, page in (("report.pdf", "index.html"), ("care_packages.pdf", "care_packages.html")):
        body, soup = unpacked(made[name]), BeautifulSoup(report[page], "html.parser")
        figures = len(soup.find_all(attrs={"role": "img"}))
        assert body.count(b"/S /Figure") == body.count(b"/Alt ") == figures > 0
        assert body.count(b"/S /TH") >= len(soup.find_all("th")) > 0


def test_the_same_page_gives_the_same_bytes(made, report):
    assert pdf.pdfs({"index.html": report["index.html"]})["report.pdf"] == made["report.pdf"]


def test_nothing_is_fetched(library, report, tmp_path):
    asked = tmp_path / "secret.svg"
    asked.write_text('<svg xmlns="http://www.w3.org/2000/svg"/>')
    page = report["index.html"].replace(b"<h1>", f'<img alt="x" src="{asked.as_uri()}"><h1>'.encode(), 1)
    with pytest.raises(InternalFault, match="asked for a file or an address"):
        pdf.pdfs({"index.html": page})


def test_a_report_lists_its_pdfs(library, released, protocol, provenance):
    files = assemble((released,), protocol, provenance, as_pdf=True)
    assert {"report.pdf", "care_packages.pdf"} <= set(files)
    assert b'"report.pdf"' in files["manifest.json"]
    assert b"The findings, as a tagged PDF" in files["ro-crate-metadata.json"]
