"""Every file of a report, from released results: pages, Word, tables, and what the report says about itself."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Protocol as Interface

from ot_eval.base.protocol import Protocol
from ot_eval.base.provenance import FileRead, Provenance, gather
from ot_eval.outputs.disclosure_text import refuse_identifiers
from ot_eval.outputs.ledger import ledger
from ot_eval.outputs.released import Released
from ot_eval.publish import budget_workbook, csv_files, manifest, pdf, technical, word, workbook
from ot_eval.publish.html import NO_CODE, html_pages
from ot_eval.publish.stories import story_of
from ot_eval.publish.technical import Codes


class InputsRead(Interface):
    """What was read, as `ot_eval.data.read.StudyInputs` says it."""

    @property
    def inputs(self) -> tuple[FileRead, ...]:
        """Every input file."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Extras:
    """What a report may hold beside its usual files.

    Attributes
    ----------
    executed : private folder of the executed notebooks, whose code (and nothing else) gets a page; None = no such pages
    pdf : each page as a tagged PDF too
    """

    executed: Path | None = None
    pdf: bool = False


USUAL = Extras()


def render(
    released: tuple[Released, ...],
    *,
    protocol: Protocol,
    inputs: InputsRead,
    now: datetime | None = None,
    extras: Extras = USUAL,
) -> dict[str, bytes]:
    """Return every file of the report by name; the same arguments give the same bytes.

    Parameters
    ----------
    released : the strands, the most important first; nothing else can be rendered
    protocol : the protocol as used
    inputs : which files were read
    now : the time to write down; the present when missing
    extras : what the report holds beside the usual files
    """
    for file in inputs.inputs:
        refuse_identifiers(file.name, "the name of an input file")
    strands = tuple(r.strand for r in released)
    code = technical.read_all(extras.executed, strands) if extras.executed else NO_CODE
    return assemble(released, protocol, gather(protocol, inputs.inputs, now), code, as_pdf=extras.pdf)


def assemble(
    released: tuple[Released, ...],
    protocol: Protocol,
    provenance: Provenance,
    code: Codes = NO_CODE,
    *,
    as_pdf: bool = False,
) -> dict[str, bytes]:
    """Return every file of the report by name, from a record of the run that was made before."""
    files = html_pages(released, protocol, provenance, code)
    if as_pdf:
        files |= pdf.pdfs({name: body for name, body in files.items() if "/" not in name})
    files["report.docx"] = word.report(released, protocol, provenance)
    files["tables.xlsx"] = workbook.workbook(released, protocol, provenance)
    for r in released:
        if r.strand == "value" and (budget := budget_workbook.budget_workbook(r, protocol, provenance)):
            files["budget.xlsx"] = budget
    files["results.csv"] = csv_files.results_csv(released)
    files["curves.csv"] = csv_files.curves_csv(released)
    files["flow.csv"] = csv_files.flow_csv(released)
    files["ledger.csv"] = csv_files.ledger_csv(ledger(released))
    files[manifest.CRATE] = manifest.crate(files, protocol, provenance)
    files[manifest.MANIFEST] = manifest.manifest(files, released, protocol, provenance)
    return files


def headlines(released: tuple[Released, ...]) -> tuple[str, ...]:
    """Return the answer of each strand in one or two sentences, for the screen."""
    stories = [story_of(r) for r in released]
    return tuple(" ".join(part for part in (s.answer, s.answer_more) if part) for s in stories)
