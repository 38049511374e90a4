"""Time of the interview strand at its largest: 100 interviews of 10,000 words, about 20,000 coded segments.

Read from disk and checked, coders compared, matrix written, filled and read back, report made from a private desk to
its pages. Run: python benchmarks/interviews.py
"""

from __future__ import annotations

import tempfile
import time
from datetime import date
from pathlib import Path

from openpyxl import load_workbook

from ot_eval.base.protocol import Protocol
from ot_eval.base.protocol_file import load, study_folder
from ot_eval.coding.matrix_sheet import ABOUT
from ot_eval.data.read import read_study
from ot_eval.data.synthetic import write_plain_study
from ot_eval.data.synthetic_interviews import Interviews, people_to_interview, write_interviews
from ot_eval.derive.assemble import assemble
from ot_eval.outputs.disclosure import release
from ot_eval.outputs.policy import Policy
from ot_eval.publish import pages
from ot_eval.studies import experience
from ot_eval.studies.experience_agreement import compare
from ot_eval.studies.experience_matrix import read_matrix, write_matrix
from ot_eval.studies.interviews_coding import open_desk
from ot_eval.studies.workspace import Workspace

HOW = Interviews(n=100, words=10_000, small_talk=8)
LIMIT = 60.0
PROTOCOL = """\
study: large
title: A large study of invented interviews
question: How did people experience reablement?
strands: [experience]
experience: {main_coder: KM}
"""


def made(root: Path) -> Path:
    """Write the study and return its protocol."""
    (root / "data").mkdir()
    write_plain_study(root / "data", people=1500, seed=1)
    write_interviews(root / "data", people_to_interview(root / "data", HOW.n), HOW, seed=1)
    (root / "protocol.yaml").write_text(PROTOCOL, encoding="utf-8")
    return root / "protocol.yaml"


def report(file: Path, protocol: Protocol) -> dict[str, bytes]:
    """Prepare the desk, analyse, release and render, as a run does."""
    folder = study_folder(file, protocol)
    inputs = read_study(folder, protocol)
    prepared = experience.prepare(assemble(inputs, protocol), protocol)
    experience.refuse(prepared)
    workspace = Workspace(root=folder.work, strand="experience", protocol=protocol)
    workspace.fill(prepared)
    released = release(experience.analyse(workspace), Policy.of(protocol.disclosure))
    return pages.render((released,), protocol=protocol, inputs=inputs)


def main() -> None:
    """Print each step's seconds."""
    with tempfile.TemporaryDirectory() as name:
        file = made(Path(name))
        protocol = load(file)
        times: dict[str, float] = {}

        def timed(step: str, began: float) -> None:
            times[step] = time.perf_counter() - began

        began = time.perf_counter()
        desk = open_desk(file)
        timed("read and check", began)
        began = time.perf_counter()
        got = compare(desk.turns, desk.coded, desk.coders, desk.book, protocol)
        timed("agree", began)
        began = time.perf_counter()
        files = report(file, protocol)
        timed("report", began)
        began = time.perf_counter()
        sheet = write_matrix(file).path
        timed("matrix out", began)
        book = load_workbook(sheet)  # a person's part, not timed
        book[ABOUT].cell(1, 2).value = "KM"
        book["Matrix"].cell(3, 5).value = "KM"
        book.save(sheet)
        began = time.perf_counter()
        read = read_matrix(file, sheet, on=date(2026, 11, 24))
        timed("matrix in", began)
    words = sum(len(t.text.split()) for t in desk.turns)
    print(f"{words:,} words, {len(desk.coded):,} coded segments of two coders, {got.n_contacts:,} turns compared")
    print(f"page {len(files['experience.html']):,} bytes; cells read back {read.changed}")
    for step, seconds in times.items():
        print(f"  {step:<16}{seconds:6.1f} s")
    print(f"  {'all':<16}{sum(times.values()):6.1f} s; at most {LIMIT:.0f}")
    if sum(times.values()) > LIMIT:
        raise SystemExit(1)


if __name__ == "__main__":
    main()
