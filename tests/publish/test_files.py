"""The files for machines and for Word: exact columns, the same bytes, and nothing private in any byte."""

import csv
import hashlib
import io
import json
import re
import zipfile
from dataclasses import replace
from itertools import pairwise

import pytest
from docx import Document
from docx.oxml.ns import qn

from ot_eval.base.glossary import RESULT_COLUMNS
from ot_eval.outputs.disclosure import release
from ot_eval.outputs.ledger import ledger
from ot_eval.outputs.policy import PRESETS
from ot_eval.publish import csv_files, word
from ot_eval.publish.manifest import CRATE, MANIFEST
from ot_eval.publish.pages import assemble, headlines, render

FILES = {
    "index.html",
    "care_packages.html",
    "technical/care_packages.html",
    "report.docx",
    "tables.xlsx",
    "results.csv",
    "curves.csv",
    "flow.csv",
    "ledger.csv",
    CRATE,
    MANIFEST,
}


def lines(body):
    return list(csv.DictReader(io.StringIO(body.decode())))


def texts(report):
    """Every text a reader or a search could reach, file by file: the parts of Word's and Excel's packages too."""
    for name, body in report.items():
        if name.endswith((".docx", ".xlsx")):
            with zipfile.ZipFile(io.BytesIO(body)) as package:
                for part in package.namelist():
                    if part.endswith((".xml", ".rels")):
                        yield f"{name}/{part}", package.read(part).decode()
        else:
            yield name, body.decode()


def test_a_report_has_these_files(report):
    assert set(report) == FILES


def test_two_runs_give_the_same_bytes_in_every_file(report, released, protocol, provenance, code):
    assert assemble((released,), protocol, provenance, code) == report


def test_results_have_the_columns_of_the_glossary_and_are_sorted(report):
    header = report["results.csv"].decode().splitlines()[0]
    assert header.split(",") == list(RESULT_COLUMNS)
    rows = lines(report["results.csv"])
    names = ("study", "analysis", "population", "outcome", "term", "measure", "method")
    keys = [tuple(row[c] for c in names) for row in rows]
    assert keys == sorted(keys)
    assert {row["study"] for row in rows} == {"invented"}
    numbers = [row[c] for row in rows for c in ("se", "lower", "upper", "level", "p") if row[c]]
    assert all(re.fullmatch(r"-?\d+\.\d{4}", n) for n in numbers)
    assert b"\r" not in report["results.csv"]


def test_every_count_in_every_table_is_a_multiple_of_the_rounding_base(report):
    policy = PRESETS["ot_eval"]
    for name, columns in (
        ("results.csv", ("n", "n_event")),
        ("flow.csv", ("n_left", "n_removed")),
        ("ledger.csv", ("shown",)),
    ):
        for row in lines(report[name]):
            for column in columns:
                if row[column]:
                    assert int(row[column]) % policy.rounding == 0
                    assert column == "n_removed" or int(row[column]) >= policy.threshold
    people = [row["value"] for row in lines(report["results.csv"]) if row["unit"] == "people" and row["value"]]
    assert people
    assert all(int(p) % policy.rounding == 0 for p in people)


def test_no_true_count_is_found_in_any_published_byte(example, report):
    """The invented counts were chosen to be no multiples of 5, so that each would be seen."""
    result = example.study_result()
    counts = {s.n_left for s in result.flow} | {e.n for e in result.estimates} | {e.n_event for e in result.estimates}
    counts |= {int(e.value) for e in result.estimates if e.unit == "people"}
    private = {c for c in counts if c and c > 100 and c % 5}
    assert len(private) > 15
    for name, text in texts(report):
        if "webSettings" in name or "styles" in name or "theme" in name or "numbering" in name or "fontTable" in name:
            continue  # Word's own template, the same in every document
        outside = r"<svg.*?</svg>|<style>.*?</style>|<summary>References.*?</details>"  # drawings, pages of journals
        plain = re.sub(outside, " ", text, flags=re.DOTALL)
        plain = re.sub(r'\b(?:sq)?ref="[A-Z]+\d+(?::[A-Z]+\d+)?"', " ", plain)  # places on a sheet of Excel
        plain = re.sub(r"(?:cx|cy|x|y|w:\w+|id|r|s|count|uniqueCount)=\"-?[A-Z]*\d+\"", " ", plain)
        plain = re.sub(r"[0-9a-f]{12,64}|\"bytes\": \d+|\"contentSize\": \"\d+\"", " ", plain)
        found = {n for n in private if re.search(rf"(?<![\d.,]){n:,}(?![\d.,]\d)|(?<![\d.,]){n}(?![\d.,]?\d)", plain)}
        assert not found, f"{name}: {sorted(found)}"


def test_nothing_of_this_machine_is_found_in_any_published_byte(report):
    import getpass
    import tempfile
    from pathlib import Path

    for name, text in texts(report):
        for private in (str(Path.home()), tempfile.gettempdir(), str(Path(__file__).parents[2])):
            assert f"{private}/" not in text, name
        assert f"/{getpass.getuser()}/" not in text, name


def test_the_ledger_lists_every_published_count_once(released, report):
    entries = ledger([released])
    keys = [(e.study, *e.key) for e in entries]
    assert len(keys) == len(set(keys))
    assert keys == sorted(keys)
    shown = {e.shown for e in entries}
    assert {e.n for e in released.estimates if e.n} <= shown
    assert {s.n_left for s in released.flow} <= shown
    assert len(lines(report["ledger.csv"])) == len(entries)


def test_the_manifest_names_everything_that_went_in_and_came_out(report, protocol, provenance):
    manifest = json.loads(report[MANIFEST])
    for name, about in manifest["files"].items():
        assert about == {"sha256": hashlib.sha256(report[name]).hexdigest(), "bytes": len(report[name])}
    assert set(manifest["files"]) == FILES - {MANIFEST}
    assert manifest["protocol"]["sha256"] == protocol.sha256()
    assert manifest["protocol"]["as_used"]["study"] == protocol.study
    assert manifest["inputs"] == [{"name": provenance.inputs[0].name, "sha256": "a" * 64}]
    assert (manifest["seed"], manifest["made_at"]) == (protocol.seed, "2026-11-24T12:00:00Z")
    assert manifest["disclosure"]["threshold"] == 10
    assert manifest["synthetic"] is True
    assert manifest["deviations"] == [{"place": "increase.minimum_rise", "locked": "1.0", "used": "2.0"}]


def test_the_crate_describes_every_file_as_ro_crate_1_1_asks(report):
    """Written against the specification; roc-validator 0.13.0 found every REQUIRED check of it passed."""
    crate = json.loads(report[CRATE])
    assert crate["@context"] == "https://w3id.org/ro/crate/1.1/context"
    entities = {e["@id"]: e for e in crate["@graph"]}
    assert len(entities) == len(crate["@graph"]), "each entity once"
    descriptor, root = entities[CRATE], entities["./"]
    assert descriptor["@type"] == "CreativeWork"
    assert descriptor["about"] == {"@id": "./"}
    assert descriptor["conformsTo"] == {"@id": "https://w3id.org/ro/crate/1.1"}
    assert root["@type"] == "Dataset"
    for needed in ("name", "description", "datePublished", "license"):
        assert root[needed]
    parts = {p["@id"] for p in root["hasPart"]}
    assert parts == FILES - {CRATE}
    assert all(entities[p]["@type"] == "File" and entities[p]["encodingFormat"] for p in parts)

    def references(value):
        if isinstance(value, dict) and set(value) == {"@id"}:
            yield value["@id"]
        elif isinstance(value, dict | list):
            for inner in value.values() if isinstance(value, dict) else value:
                yield from references(inner)

    for entity in crate["@graph"]:
        for target in references({k: v for k, v in entity.items() if k not in ("@id", "conformsTo")}):
            assert target in entities, target


def test_an_identifier_in_the_name_of_an_input_file_stops_the_report(released, protocol):
    from types import SimpleNamespace

    from ot_eval.base.errors import InternalFault

    planted = SimpleNamespace(name="cld/9434765919.csv", sha256="a" * 64, rows=3)
    with pytest.raises(InternalFault, match="an NHS number") as caught:
        render((released,), protocol=protocol, inputs=SimpleNamespace(inputs=(planted,)))
    assert "9434765919" not in str(caught.value)


def test_headlines_are_the_answers_for_the_screen(released):
    (line,) = headlines((released,))
    assert line.startswith("Within a year of leaving reablement, about ")


def test_a_cell_that_a_spreadsheet_would_run_is_made_text():
    assert [csv_files.cell(x) for x in ("=1+1", "+1", "-x", "@a", "plain", -0.5)] == [
        "'=1+1",
        "'+1",
        "'-x",
        "'@a",
        "plain",
        "-0.5000",
    ]


# -- Word -----------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def document(report):
    return Document(io.BytesIO(report["report.docx"]))


def test_word_has_real_headings_in_order(document):
    levels = [
        0 if p.style.name == "Title" else int(p.style.name[-1])
        for p in document.paragraphs
        if p.style.name.startswith(("Heading", "Title"))
    ]
    assert levels[0] == 0
    assert levels.count(0) == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))


def test_word_tables_repeat_their_header_and_have_numbered_captions(document):
    assert len(document.tables) >= 8
    for table in document.tables:
        assert table.rows[0]._tr.trPr.find(qn("w:tblHeader")) is not None
        assert table._tbl.tblPr.find(qn("w:tblCaption")).get(qn("w:val"))
    captions = [p for p in document.paragraphs if p.style.name == "Caption"]
    numbered = {"Table": [], "Figure": []}
    for caption in captions:
        (field,) = caption._p.findall(qn("w:fldSimple"))
        kind = field.get(qn("w:instr")).split()[1]
        numbered[kind].append(int("".join(t.text for t in field.iter(qn("w:t")))))
    assert numbered["Table"] == list(range(1, len(document.tables) + 1))
    assert numbered["Figure"] == list(range(1, len(numbered["Figure"]) + 1))


def test_word_pictures_have_text_alternatives(document):
    pictures = document.element.body.findall(f".//{qn('wp:docPr')}")
    assert len(pictures) >= 5
    for picture in pictures:
        assert len(picture.get("descr")) >= 20
        assert re.search(r"\d", picture.get("descr"))


def test_word_is_british_english_and_says_who_made_it_and_nothing_more(document):
    about = document.core_properties
    assert about.language == "en-GB"
    assert (about.author, about.last_modified_by, about.comments) == ("ot_eval", "ot_eval", "")
    assert {tag.get(qn("w:val")) for tag in document.styles.element.iter(qn("w:lang"))} == {"en-GB"}


def test_word_says_the_same_answer_as_the_page(document, report):
    answer = re.search(r'<p class="lead">(.*?)</p>', report["index.html"].decode())[1]
    assert answer in [p.text for p in document.paragraphs]


def test_word_says_when_the_data_are_made_up(example, protocol, provenance, released, document):
    assert any(p.text == word.MADE_UP for p in document.paragraphs)
    real = replace(example.study_result(), facts={"data_end": "2026-03-31"})
    body = word.report((release(real, PRESETS["ot_eval"]),), protocol, provenance)
    assert not any(p.text == word.MADE_UP for p in Document(io.BytesIO(body)).paragraphs)
