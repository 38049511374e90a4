"""Build the manual as pages: `python docs/build.py [FOLDER]`, or `make docs`.

Every Markdown page a reader may open, a reference made from the docstrings of the source, and one page that collects
how we know it is right. No theme, no script, nothing fetched; each page holds its own style. The folder mirrors the
repository, so that a link works here, on disk and at a host alike. Ends with an error where a link leads nowhere.
"""

from __future__ import annotations

import ast
import re
import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from html import escape
from itertools import pairwise
from pathlib import Path
from urllib.parse import unquote, urlsplit

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markdown_it import MarkdownIt

ROOT = Path(__file__).resolve().parents[1]
SOURCE = ROOT / "src" / "ot_eval"
PAGES = ("*.md", "docs/*.md", "docs/*/*.md", "notebooks/README.md", "surveys/README.md", "surveys/*/README.md")
RIGHT = "docs/how-we-know.md"
"""The page that is made here, in the place where a link of the manual would look for it."""
ROOMS = ("base", "coding", "data", "derive", "measures", "models", "outputs", "publish", "studies")
NAVIGATION = (
    ("Start", ("README.md", "docs/README.md", "docs/tutorial.md")),
    ("How to", ("docs/how-to/*.md",)),
    ("Methods", ("docs/methods.md", "docs/instruments.md", "GLOSSARY.md", "docs/data-protection.md", "docs/RAP.md")),
    ("How we know it is right", (RIGHT, "docs/evidence/*.md", "docs/rules/*.md")),
    ("For developers", ("ARCHITECTURE.md", "CONTRIBUTING.md", "CHANGELOG.md")),
)


@dataclass(frozen=True)
class Page:
    """One page before it is laid out: its place in the repository, title and body as HTML."""

    place: str
    title: str
    body: str


def target(place: str) -> str:
    """Return where a page of the repository lies in the site.

    Examples
    --------
    >>> target("README.md"), target("docs/README.md"), target("docs/methods.md")
    ('index.html', 'docs/index.html', 'docs/methods.html')
    """
    return re.sub(r"(^|/)README\.md$", r"\1index.html", place).replace(".md", ".html")


def slug(heading: str) -> str:
    """Return the anchor of a heading, as the usual hosts make it."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


def page_of(place: str, text: str) -> Page:
    """Return a page from its Markdown."""
    reader = MarkdownIt("commonmark", {"html": True}).enable("table")
    tokens = reader.parse(text)
    seen: dict[str, int] = {}
    title = ""
    for opening, inline in pairwise(tokens):
        if opening.type == "heading_open":
            plain = "".join(c.content for c in inline.children or [])
            title = title or plain
            name = slug(plain)
            seen[name] = n = seen.get(name, -1) + 1
            opening.attrSet("id", f"{name}-{n}" if n else name)
        elif opening.type == "th_open":
            opening.attrSet("scope", "col")
    for token in tokens:
        for child in token.children or []:
            if child.type == "link_open":
                child.attrSet("href", _link(str(child.attrGet("href"))))
    body = str(reader.renderer.render(tokens, reader.options, {}))
    return Page(place=place, title=title or place, body=_framed(body, title))


def _link(href: str) -> str:
    parts = urlsplit(href)
    if parts.scheme or not parts.path.endswith(".md"):
        return href
    return f"{target(parts.path)}{f'#{parts.fragment}' if parts.fragment else ''}"


def _framed(body: str, title: str) -> str:
    """Let wide tables and code scroll inside themselves, by keyboard too; name each such region."""
    number = iter(range(1, 10_000))

    def region(found: re.Match[str], kind: str) -> str:
        label = escape(f"{kind} {next(number)} of: {title}", quote=True)
        return f'<div class="scroll" role="region" tabindex="0" aria-label="{label}">{found[0]}</div>'

    body = re.sub(r"<th></th>|<th scope=\"col\"></th>", "<td></td>", body)
    body = re.sub(r"<table>.*?</table>", lambda m: region(m, "Table"), body, flags=re.DOTALL)
    return re.sub(r"<pre>.*?</pre>", lambda m: region(m, "Example"), body, flags=re.DOTALL)


def written() -> Iterator[Page]:
    """Yield every page that somebody wrote."""
    for place in sorted({p.relative_to(ROOT).as_posix() for pattern in PAGES for p in ROOT.glob(pattern)}):
        yield page_of(place, (ROOT / place).read_text(encoding="utf-8"))


def collected() -> Page:
    """Return the page that says how we know it is right: every page of evidence and of rules, with its first words."""
    lines = [
        "# How we know it is right",
        "Four kinds of evidence stand behind every estimate: numbers of R or of a published paper to the digit; truth "
        "that was put into invented data and found again within the error of the simulation; properties that must "
        "hold whatever the data; and refusals where an answer would mislead. Each page below is read by a test, or "
        "names the tests that read the same files.",
        "Also: `make test` runs every example of the reference, `make simulation` the error rates and coverage, "
        "`make browser` the accessibility rules on every kind of page, and `ot-eval verify` a published report.",
    ]
    for heading, pattern in (("Measured", "docs/evidence/*.md"), ("Rules, case by case", "docs/rules/*.md")):
        lines.append(f"## {heading}")
        for path in sorted(ROOT.glob(pattern)):
            text = path.read_text(encoding="utf-8")
            title, first = _beginning(text)
            name = path.relative_to(ROOT / "docs").as_posix()
            lines.append(f"**[{title}]({name})**")
            lines.append(first)
    return page_of(RIGHT, "\n\n".join(lines))


def _beginning(text: str) -> tuple[str, str]:
    blocks = [b.strip() for b in text.split("\n\n") if b.strip()]
    title = next(b for b in blocks if b.startswith("# ")).removeprefix("# ").splitlines()[0]
    first = next((b for b in blocks if not b.startswith(("#", "|", "```", "<"))), "")
    return title, re.sub(r"\[([^\]]+)\]\([^)]+\)", r"\1", first)


def reference(room: str) -> Page:
    """Return the reference of one folder of the source, read and never imported."""
    parts = [f"<h1>Reference: {room}</h1>"]
    for path in sorted((SOURCE / room).glob("*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        module = f"ot_eval.{room}" + ("" if path.stem == "__init__" else f".{path.stem}")
        parts.append(f'<h2 id="{module}"><code>{module}</code></h2>{_words(tree)}')
        parts += [_entry(node, module) for node in _public(tree)]
    return Page(place=f"docs/reference/{room}.md", title=f"Reference: {room}", body="\n".join(parts))


def _public(tree: ast.Module | ast.ClassDef) -> list[ast.FunctionDef | ast.ClassDef]:
    return [n for n in tree.body if isinstance(n, ast.FunctionDef | ast.ClassDef) and not n.name.startswith("_")]


def _entry(node: ast.FunctionDef | ast.ClassDef, module: str) -> str:
    name = f"{module}.{node.name}"
    if isinstance(node, ast.FunctionDef):
        return f'<h3 id="{name}"><code>{escape(_signature(node))}</code></h3>{_words(node)}'
    inside = "".join(f"<h4><code>{escape(_signature(m))}</code></h4>{_words(m)}" for m in _methods(node))
    return f'<h3 id="{name}"><code>class {node.name}</code></h3>{_words(node)}{inside}'


def _methods(node: ast.ClassDef) -> list[ast.FunctionDef]:
    return [m for m in _public(node) if isinstance(m, ast.FunctionDef) and ast.get_docstring(m)]


def _signature(node: ast.FunctionDef) -> str:
    returns = f" -> {ast.unparse(node.returns)}" if node.returns else ""
    return f"{node.name}({ast.unparse(node.args)}){returns}"


def _words(node: ast.Module | ast.FunctionDef | ast.ClassDef) -> str:
    """Return a docstring: its prose as a paragraph, its sections as they stand."""
    first, _, rest = (ast.get_docstring(node) or "").partition("\n\n")
    marked = re.sub("`+([^`]+)`+", r"<code>\1</code>", escape(first))
    said = f"<p>{marked}</p>" if first else ""
    return f'{said}<div class="doc">{escape(rest)}</div>' if rest else said


def build(folder: Path) -> list[str]:
    """Write the site into `folder`, which is emptied first, and return every dead link."""
    shutil.rmtree(folder, ignore_errors=True)
    pages = [*written(), collected(), *(reference(room) for room in ROOMS)]
    titles = {page.place: page.title for page in pages}
    template = Environment(
        loader=FileSystemLoader(ROOT / "docs"), autoescape=True, undefined=StrictUndefined, trim_blocks=True
    ).get_template("site.html.j2")
    for page in pages:
        out = folder / target(page.place)
        out.parent.mkdir(parents=True, exist_ok=True)
        up = "../" * page.place.count("/")
        out.write_text(template.render(page=page, up=up, navigation=_navigation(titles)), encoding="utf-8")
    _copy_linked(folder)
    return list(dead_links(folder))


def _navigation(titles: dict[str, str]) -> list[tuple[str, list[tuple[str, str]]]]:
    made = []
    for heading, patterns in NAVIGATION:
        places = [p for pattern in patterns for p in titles if Path(p).match(pattern) and _as_deep(p, pattern)]
        made.append((heading, [(target(p), titles[p]) for p in places]))
    made.append(("Reference", [(f"docs/reference/{room}.html", room) for room in ROOMS]))
    return made


def _as_deep(place: str, pattern: str) -> bool:
    return place.count("/") == pattern.count("/")


def _links(page: Path) -> Iterator[tuple[str, str]]:
    """Yield path and anchor of every local link and picture of a page."""
    for href in re.findall(r'(?:href|src)="([^"]+)"', page.read_text(encoding="utf-8")):
        parts = urlsplit(href)
        if not parts.scheme and not parts.netloc:
            yield unquote(parts.path), unquote(parts.fragment)


def _copy_linked(folder: Path) -> None:
    """Copy what pages link to and is no page: pictures, the licence, protocols, the demonstration's report."""
    for page in sorted(folder.rglob("*.html")):
        for path, _ in _links(page):
            wanted = (page.parent / path).resolve()
            if not path or wanted.exists() or not wanted.is_relative_to(folder.resolve()):
                continue
            original = ROOT / wanted.relative_to(folder.resolve())
            if original.is_file() and original.name == "index.html":
                shutil.copytree(original.parent, wanted.parent, dirs_exist_ok=True)
            elif original.is_file():
                wanted.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(original, wanted)


def dead_links(folder: Path) -> Iterator[str]:
    """Yield every link of the site's pages that leads to no file or to no anchor."""
    for page in sorted(folder.rglob("*.html")):
        for path, anchor in _links(page):
            wanted = (page.parent / path) if path else page
            found = wanted / "index.html" if wanted.is_dir() else wanted
            if not found.is_file():
                yield f"{page.relative_to(folder)}: {path}"
            elif anchor and f'id="{anchor}"' not in found.read_text(encoding="utf-8"):
                yield f"{page.relative_to(folder)}: {path}#{anchor}"


def main() -> int:
    """Build into the folder named on the command line, or site/."""
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "site"
    dead = build(folder)
    sys.stdout.write(f"{len(list(folder.rglob('*.html')))} pages in {folder}\n")
    sys.stdout.writelines(f"dead link: {line}\n" for line in dead)
    return 1 if dead else 0


if __name__ == "__main__":
    raise SystemExit(main())
