from pathlib import Path

import pytest

from ot_eval.base.glossary import RESULT_COLUMNS, TERMS, as_markdown

ROOT = Path(__file__).resolve().parents[1]


def test_the_glossary_page_is_the_glossary():
    assert (ROOT / "GLOSSARY.md").read_text(encoding="utf-8") == as_markdown(), "run: make glossary"


@pytest.mark.parametrize("name", [*TERMS, *RESULT_COLUMNS])
def test_every_term_and_column_is_on_the_page_with_its_meaning(name):
    meaning = TERMS.get(name) or RESULT_COLUMNS[name]
    assert len(meaning) > 10
    assert f"{name}" in as_markdown()
    assert "|" not in meaning
