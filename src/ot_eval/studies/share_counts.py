"""Joint analysis without joint records: one council exports counts, somebody pools them, everybody gets one estimate.

The export reads what the last run derived (one row a person, private), so run the study first. The estimates from
pooled counts equal those of the joined records; see `ot_eval.models.counts`.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from ot_eval.base.errors import AnalysisRefused, RequestError, nearest
from ot_eval.base.protocol_file import load
from ot_eval.base.results import Curve, Estimate
from ot_eval.base.study import StudyFolder, write_private
from ot_eval.models import cox
from ot_eval.models.about import About
from ot_eval.models.competing import cumulative_incidence
from ot_eval.models.counts import FIXED, export_counts, patterns_of_at_least, pool_counts, rows_from_counts
from ot_eval.outputs.policy import Policy
from ot_eval.studies.workspace import Workspace

STRAND, OUTCOME, CONTACT = "care_packages", "increase", "ot"
HORIZONS = (91, 182, 365)


def export(protocol_file: Path, by: Sequence[str], out: Path) -> pd.DataFrame:
    """Write the count table of a study's people to `out` (readable by its owner alone) and return it.

    Parameters
    ----------
    protocol_file : the protocol of a study that has been run
    by : covariates to keep; "ot" counts time before and after the first contact with an occupational therapist apart
    out : CSV file

    Raises
    ------
    RequestError
        the study was not run, a covariate is unknown, or a pattern describes fewer people than the disclosure rule of
        the protocol allows.
    """
    protocol = load(protocol_file)
    folder = StudyFolder.of(protocol_file, protocol.data, protocol.study)
    desk = Workspace(root=folder.work, strand=STRAND, protocol=protocol)
    if not desk.has("follow_up"):
        raise RequestError(
            f"counts: nothing derived yet for the study {protocol.study!r}",
            expected="a study that has been run",
            fix=f"run `ot-eval run {protocol_file.name}` first",
        )
    people = desk.frame("follow_up")
    rows = cox.split_exposure(people, name=CONTACT) if CONTACT in by else people
    unknown = [c for c in by if c not in rows.columns]
    if unknown:
        raise RequestError(
            f"counts: no covariate {unknown[0]!r}.{nearest(unknown[0], rows.columns)}",
            expected="covariates of the study's people",
            fix="name them as in the protocol, for example age_band, sex, client",
        )
    table = export_counts(rows, by=tuple(by), check=patterns_of_at_least(Policy.of(protocol.disclosure).threshold))
    write_private(out, table.to_csv(index=False))
    return table


def pool(files: Sequence[Path], out: Path) -> pd.DataFrame:
    """Add up the count tables in `files`, write the sum to `out` and return it."""
    tables = [pd.read_csv(path, keep_default_na=False) for path in files]
    pooled = pool_counts(tables)
    write_private(out, pooled.to_csv(index=False))
    return pooled


def estimate(pooled: pd.DataFrame, level: float = 0.95) -> tuple[tuple[Estimate, ...], tuple[str, ...]]:
    """Return the incidence of an increase on the usual days and, given covariates, hazard ratios; and what was refused.

    The numbers are private: they have not passed the disclosure gate.
    """
    about = About(population="all councils", outcome=OUTCOME, level=level)
    rows = rows_from_counts(pooled)
    terms = tuple(c for c in pooled.columns if c not in FIXED and rows[c].nunique() > 1)
    refused: list[str] = []
    curve = cumulative_incidence(rows, cause=OUTCOME, about=about)[0]
    found = [_on(curve, day, about) for day in HORIZONS if day < len(curve.days)]
    if terms:
        try:
            found += cox.cause_specific(rows, cause=OUTCOME, terms=terms, about=about)
        except AnalysisRefused as why:
            refused.append(str(why))
    return tuple(found), tuple(refused)


def _on(curve: Curve, day: int, about: About) -> Estimate:
    return Estimate(
        analysis="cumulative_incidence",
        population=about.population,
        outcome=OUTCOME,
        term=f"day {day}",
        measure="share of people",
        unit="probability",
        value=curve.value[day],
        lower=curve.lower[day] if curve.lower else None,
        upper=curve.upper[day] if curve.upper else None,
        level=about.level,
        method=curve.method,
    )
