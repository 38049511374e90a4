"""Every page in headless Chromium: axe-core finds nothing, nothing is fetched, a telephone needs no sideways scroll.

Development only. `npm install --no-package-lock --prefix tests/publish` puts axe-core (MPL-2.0) where it is looked for.
"""

import html
import json
import os
import re
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from ot_eval.outputs.disclosure import release
from ot_eval.outputs.policy import PRESETS
from ot_eval.publish.html import html_pages

pytestmark = pytest.mark.browser

HERE = Path(__file__).parent
AXE = Path(os.environ.get("OT_EVAL_AXE", HERE / "node_modules" / "axe-core" / "axe.min.js"))
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
RUNNER = """
addEventListener("load", async () => {
  document.querySelectorAll("details").forEach(d => d.open = true);
  const found = await axe.run(document, {runOnly: RULES});
  parent.document.getElementById("out").textContent = JSON.stringify({
    violations: found.violations.map(v => [v.id, v.nodes.map(n => n.html.slice(0, 200))]),
    passes: found.passes.length,
    scroll: document.documentElement.scrollWidth,
    dark: matchMedia("(prefers-color-scheme: dark)").matches,
    shown: [...document.querySelectorAll(".wide")].filter(e => e.offsetParent !== null).length,
    ink: getComputedStyle(document.body).color,
    fetched: performance.getEntriesByType("resource").map(r => r.name),
  });
});
"""


@pytest.fixture(scope="module")
def chromium():
    found = next((p for p in map(shutil.which, ("chromium", "chromium-browser", "google-chrome")) if p), None)
    if found is None or not AXE.is_file():
        pytest.skip(f"needs Chromium and {AXE.name}; see the top of this file")
    return found


def look(chromium, tmp_path, body, width, dark):
    """Open a page in a frame of some width and theme, run axe inside it, and return what it saw."""
    runner = f"<script>{AXE.read_text()}</script><script>const RULES = {json.dumps(RULES)};{RUNNER}</script>"
    page = body.decode().replace("</body>", f"{runner}</body>")
    outer = tmp_path / "outer.html"
    outer.write_text(
        f'<!DOCTYPE html><pre id="out"></pre><iframe style="width:{width}px;height:900px;border:0" '
        f'srcdoc="{html.escape(page)}"></iframe>',
        encoding="utf-8",
    )
    command = [chromium, "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"]
    command += ["--disable-background-networking", "--disable-component-update", "--disable-sync"]
    command += [f"--user-data-dir={tmp_path / 'profile'}", f"--blink-settings=preferredColorScheme={0 if dark else 1}"]
    command += ["--virtual-time-budget=30000", "--window-size=1400,1000", "--dump-dom", outer.as_uri()]
    dumped = subprocess.run(command, capture_output=True, text=True, check=True, timeout=180).stdout
    return json.loads(html.unescape(re.search(r'<pre id="out">(.*?)</pre>', dumped, re.DOTALL)[1]))


@pytest.mark.parametrize("name", ["index.html", "care_packages.html", "technical/care_packages.html"])
@pytest.mark.parametrize(("width", "dark"), [(1280, False), (1280, True), (375, False), (320, True)])
def test_a_page_is_accessible_and_fits(chromium, tmp_path, report, name, width, dark):
    seen = look(chromium, tmp_path, report[name], width, dark)
    assert seen["violations"] == []
    assert seen["passes"] > 20, "the rules were run"
    assert seen["scroll"] <= width, "no sideways scroll"
    assert seen["dark"] is dark
    assert (seen["shown"] > 0) == (width > 640 and "technical" not in name), "the narrow shape of figures when narrow"
    assert seen["fetched"] == []


@pytest.fixture(scope="module")
def manual(tmp_path_factory):
    folder = tmp_path_factory.mktemp("manual")
    subprocess.run([sys.executable, HERE.parents[1] / "docs" / "build.py", folder], check=True, capture_output=True)
    return folder


@pytest.mark.parametrize("name", ["tutorial", "how-we-know", "rules/packages", "reference/outputs"])
@pytest.mark.parametrize(("width", "dark"), [(1280, False), (320, True)])
def test_a_page_of_the_manual_is_accessible_and_fits(chromium, tmp_path, manual, name, width, dark):
    seen = look(chromium, tmp_path, (manual / "docs" / f"{name}.html").read_bytes(), width, dark)
    assert seen["violations"] == []
    assert seen["passes"] > 20
    assert seen["scroll"] <= width
    assert seen["fetched"] == []


def test_what_the_strands_say_together_is_accessible(chromium, tmp_path, example, protocol, provenance, released):
    other = replace(example.study_result(), strand="interventions", title="What was done", curves=())
    pages = html_pages((released, release(other, PRESETS["ot_eval"])), protocol, provenance)
    assert b'id="together"' in pages["index.html"]
    for width in (1280, 320):
        seen = look(chromium, tmp_path, pages["index.html"], width, dark=width == 320)
        assert seen["violations"] == []
        assert seen["scroll"] <= width


def test_the_checker_finds_what_is_wrong(chromium, tmp_path, report):
    broken = report["index.html"].replace(b' lang="en-GB"', b"").replace(b"<h1>", b"<h4>").replace(b"</h1>", b"</h4>")
    seen = look(chromium, tmp_path, broken, 1280, dark=False)
    assert {"html-has-lang", "page-has-heading-one"} <= {name for name, _ in seen["violations"]}
