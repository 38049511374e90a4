"""The pages as PDF, tagged for screen readers (PDF/UA): an extra, for services that must file or send one.

WeasyPrint draws what the browser shows, without a browser. It gets no address it may fetch, so nothing is fetched.
"""

from __future__ import annotations

import logging
import re
from base64 import b64encode
from collections.abc import Mapping
from importlib import resources
from typing import Any

from ot_eval.base.errors import InternalFault, RequestError

PRINT = """
@page { size: A4; margin: 18mm 16mm 20mm;
  @bottom-right { content: counter(page) " of " counter(pages); font: 9pt Arial, sans-serif; color: #333 } }
html { font-size: 10.5pt }
body { background: #fff; font-family: Arial, "Liberation Sans", "DejaVu Sans", sans-serif; line-height: 1.4 }
h1 { font-size: 20pt; max-width: none } h2 { font-size: 14pt; margin: 18pt 0 5pt } h3 { font-size: 11.5pt }
p, ul, ol, dl { max-width: none } .answer p.lead { font-size: 13pt }
.picture img { display: block; width: 100% } .card .picture { display: block; max-width: 140pt }
.cards, .columns { display: block } .columns > section { break-inside: avoid }
.card { display: inline-block; width: 31%; margin: 0 1.5% 8pt 0; padding: 8pt; vertical-align: top }
.card figure { display: block } .panel, .answer { break-inside: auto } .panel > figcaption { break-after: avoid }
summary { list-style: none; color: #000 }
table { font-size: 8.5pt } td, .text td { white-space: normal; min-width: 0 } .text td:nth-of-type(2) { min-width: 40% }
caption span, tr.group span, tbody th[scope=row] { position: static; max-width: none }
tbody th { min-width: 0 } th, td { padding: 3pt 5pt } pre { white-space: pre-wrap; font-size: 8.5pt }
.skip, nav { display: none }
"""
"""Rules for paper that come after the page's own: no grid, no sticky cell, nothing that WeasyPrint does not know."""
_VARIABLE = re.compile(r"var\((--[\w-]+)(?:,[^()]*)?\)")
_PICTURE = re.compile(
    r'<div class="picture([^"]*)" role="img" aria-label="([^"]*)">\s*(?:<div class="wide">)?(<svg.*?</svg>)\s*'
    r'(?:</div><div class="narrow"><svg.*?</svg>\s*</div>)?\s*</div>',
    re.DOTALL,
)
_LOG = "weasyprint"
TAGGED: dict[str, Any] = {"pdf_variant": "pdf/ua-1", "pdf_tags": True}


def pdfs(pages: Mapping[str, bytes]) -> dict[str, bytes]:
    """Return one PDF a page by file name, the same bytes for the same page: `report.pdf` is the manager's page.

    Parameters
    ----------
    pages : the pages of the report's first level, as HTML, by file name

    Raises
    ------
    RequestError
        WeasyPrint or the system library Pango is not installed
    InternalFault
        when a page asked for something to be fetched
    """
    library = _weasyprint()
    return {name_of(name): _pdf(library, body.decode("utf-8")) for name, body in pages.items()}


def name_of(page: str) -> str:
    """Return the name of the PDF of a page.

    Examples
    --------
    >>> name_of("index.html"), name_of("progress.html")
    ('report.pdf', 'progress.pdf')
    """
    return "report.pdf" if page == "index.html" else page.replace(".html", ".pdf")


def refuse_without() -> None:
    """Refuse before anything is computed where PDFs cannot be made here."""
    _weasyprint()


def _weasyprint() -> Any:
    try:
        import weasyprint
    except (ImportError, OSError) as absent:
        what = "Pango, a system library that WeasyPrint needs," if isinstance(absent, OSError) else "WeasyPrint"
        raise RequestError(
            f"--pdf: {what} is not installed",
            expected="the extra pdf, and Pango (on Debian and Ubuntu: libpango-1.0-0, libpangoft2-1.0-0)",
            fix='pip install "ot_eval[pdf]", or print report.docx or the pages to PDF instead',
        ) from absent
    return weasyprint


def _pdf(library: Any, page: str) -> bytes:
    class Nothing(library.URLFetcher):  # type: ignore[misc]
        """Gives data that stand in the page itself, and fails at any address."""

        def __init__(self) -> None:
            super().__init__(allowed_protocols=("data",), allow_redirects=False, fail_on_errors=True)

    logging.getLogger(_LOG).setLevel(logging.CRITICAL)  # it reports each rule of style that it does not know
    try:
        made = library.HTML(string=printable(page), url_fetcher=Nothing()).write_pdf(**TAGGED)
    except library.urls.FatalURLFetchingError as asked:
        raise InternalFault(
            "pdf: a page asked for a file or an address",
            expected="pages that hold everything they show",
            fix="report this: a template points outside its page",
        ) from asked
    return bytes(made)


def printable(page: str) -> str:
    """Return a page as it is printed: one shape of each figure, as a picture with its text, and colours for paper."""
    colours = _colours()
    page = _VARIABLE.sub(lambda m: colours.get(m[1], m[0]), page)
    page, drawn = _PICTURE.subn(_as_image, page)
    if 'role="img"' in page:
        raise InternalFault(
            f"pdf: a figure after the first {drawn} has an unknown shape",
            expected="figures as parts.html.j2 writes them",
            fix="report this: the template of figures and the PDF differ",
        )
    page = page.replace("<details>", "<details open>").replace("</style>", f"{PRINT}</style>", 1)
    return re.sub(r'href="([\w-]+\.html)"', lambda m: f'href="{name_of(m[1])}"', page)


def _as_image(found: re.Match[str]) -> str:
    data = b64encode(found[3].encode()).decode()
    return f'<div class="picture{found[1]}"><img alt="{found[2]}" src="data:image/svg+xml;base64,{data}"></div>'


def _colours() -> dict[str, str]:
    """Return the colours of the light theme, with those for paper over them."""
    css = resources.files("ot_eval.publish").joinpath("templates/style.css").read_text(encoding="utf-8")
    light, _, rest = css.partition("@media (prefers-color-scheme:dark)")
    paper = rest.partition("@media print{")[2]
    return dict(re.findall(r"(--[\w-]+):\s*([^;}]+)", f"{light};{paper}"))
