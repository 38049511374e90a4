"""Do two coders agree? Percent, Cohen's kappa, Krippendorff's alpha and Gwet's AC1 for each code, never a number alone.

Every code is one yes-or-no question per contact. Data that cannot show agreement give "undefined, because ...": where
all contacts have one value, chance and agreement cannot be told apart, whatever a formula returns.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ot_eval.base.errors import AnalysisRefused
from ot_eval.coding.coefficients import FROM_SUMS, alpha, cohen, sums, vary
from ot_eval.coding.features import Array
from ot_eval.coding.scoring import Number, People

RARE = 0.05
"""Below this share of ratings (or above one minus it) kappa and alpha can be low among coders who mostly agree."""
REMARK = (
    "few contacts have this code, so kappa and alpha can be low though the coders nearly always agree; "
    "read the counts and AC1 beside them"
)


NOT_TWO = "undefined, because Cohen's kappa compares two people who coded the same contacts"
CERTAIN = "undefined, because chance agreement is certain"


@dataclass(frozen=True, slots=True, kw_only=True)
class Coded:
    """One contact as one person coded it. `codes` is None for "cannot tell"; empty for "not OT"."""

    contact_id: str
    person_id: str
    coder: str
    codes: tuple[str, ...] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeAgreement:
    """Agreement on one code. `table` is (both, first only, second only, neither), None with more than two coders."""

    code: str
    n_contacts: int
    n_people: int
    prevalence: float
    table: tuple[int, int, int, int] | None
    percent: Number
    positive: Number
    kappa: Number
    alpha: Number
    ac1: Number
    remark: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Disagreement:
    """One code on one contact that coders see differently."""

    contact_id: str
    code: str
    said_yes: tuple[str, ...]
    said_no: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreement:
    """All codes, and the disagreements to talk about."""

    coders: tuple[str, ...]
    n_contacts: int
    n_cannot_tell: int
    by_code: tuple[CodeAgreement, ...]
    disagreements: tuple[Disagreement, ...]


def agreement(coded: Sequence[Coded], names: Sequence[str], *, level: float, seed: int) -> Agreement:
    """Compare coders over the contacts that at least two of them coded.

    Parameters
    ----------
    coded : one record for each contact and coder
    names : the codes
    level : of the intervals, which come from resampling people
    seed : for the resampling

    Raises
    ------
    AnalysisRefused
        No contact was coded by two people.
    """
    unclear = {(c.contact_id, c.coder) for c in coded if c.codes is None}
    clear = [c for c in coded if c.codes is not None]
    by_contact: dict[str, dict[str, Coded]] = {}
    for c in clear:
        by_contact.setdefault(c.contact_id, {})[c.coder] = c
    twice = {k: v for k, v in by_contact.items() if len(v) > 1}
    if not twice:
        raise AnalysisRefused(
            f"agreement: {len(by_contact)} contacts are coded, none by two people",
            expected="some contacts coded by two people without seeing each other's coding",
            fix="make a second coder's sheet with `ot-eval code sheet --second`, have it filled, and read both",
        )
    coders = tuple(sorted({coder for v in twice.values() for coder in v}))
    contacts = sorted(twice)
    people = People([next(iter(twice[c].values())).person_id for c in contacts], seed, level)
    said = [_ratings(twice, contacts, coders, code) for code in names]
    return Agreement(
        coders=coders,
        n_contacts=len(contacts),
        n_cannot_tell=len(unclear),
        by_code=tuple(_one(code, r, people) for code, r in zip(names, said, strict=True)),
        disagreements=tuple(
            d for code, r in zip(names, said, strict=True) for d in _disagreements(code, r, contacts, coders)
        ),
    )


def _ratings(twice: dict[str, dict[str, Coded]], contacts: Sequence[str], coders: Sequence[str], code: str) -> Array:
    """Return coders x contacts: 1 has the code, 0 has not, nan not coded by this coder."""
    out = np.full((len(coders), len(contacts)), np.nan)
    for j, contact in enumerate(contacts):
        for i, coder in enumerate(coders):
            record = twice[contact].get(coder)
            if record is not None and record.codes is not None:
                out[i, j] = float(code in record.codes)
    return out


def _one(code: str, ratings: Array, people: People) -> CodeAgreement:
    two = len(ratings) == 2 and not np.isnan(ratings).any()  # noqa: PLR2004  (Cohen compares two)
    observed, resampled = people.sums(sums(ratings))
    same = vary(ratings)
    found: dict[str, Number] = {}
    for name, from_sums in FROM_SUMS.items():
        why = same or (NOT_TWO if name == "kappa" and not two else "")
        if why:
            found[name] = Number(None, undefined=why)
            continue
        value = float(from_sums(observed))
        if name == "alpha":
            value = alpha(ratings).value or value
        elif name == "kappa":
            value = cohen(ratings[0], ratings[1]).value or value
        found[name] = people.number(value, from_sums(resampled.T), CERTAIN)
    prevalence = float(np.nanmean(ratings))
    both, first, second, neither = (int(x) for x in observed[:4])
    return CodeAgreement(
        code=code,
        n_contacts=int(observed[4]),
        n_people=people.n,
        prevalence=prevalence,
        table=(both, first, second, neither) if two else None,
        remark=REMARK if not same and not RARE <= prevalence <= 1 - RARE else "",
        **found,
    )


def _disagreements(code: str, ratings: Array, contacts: Sequence[str], coders: Sequence[str]) -> list[Disagreement]:
    out = []
    for j, contact in enumerate(contacts):
        column = ratings[:, j]
        yes = tuple(c for c, r in zip(coders, column, strict=True) if r == 1)
        no = tuple(c for c, r in zip(coders, column, strict=True) if r == 0)
        if yes and no:
            out.append(Disagreement(contact_id=contact, code=code, said_yes=yes, said_no=no))
    return out
