"""What the experience strand works from once the records are read: participants, codes, states, quotes, outcomes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from ot_eval.base.protocol import Protocol
from ot_eval.coding import framework_matrix
from ot_eval.coding.framework_matrix import Material, Written
from ot_eval.coding.matrix_sheet import Key
from ot_eval.coding.quotes import Quote
from ot_eval.coding.segments import CodedSegment, Turn
from ot_eval.coding.theme_counts import Participant, State, states
from ot_eval.coding.themes import ThemeBook
from ot_eval.studies.experience_agreement import finished_by_two
from ot_eval.studies.experience_data import NOT_KNOWN
from ot_eval.studies.interviews_coding import NO, CoderRow
from ot_eval.studies.workspace import Workspace

CHANGE, PACKAGE, CONTACT = "Change in Barthel, start to end", "Home care after reablement", "First OT contact"
SEX = {"female": "woman", "male": "man"}


@dataclass(frozen=True, slots=True, kw_only=True)
class ExperienceDesk:
    """The strand's material. `rows` holds one row a participant, by label; `coded` has every coder's segments."""

    protocol: Protocol
    book: ThemeBook
    main_coder: str
    participants: tuple[Participant, ...]
    turns: tuple[Turn, ...]
    coded: tuple[CodedSegment, ...]
    coders: tuple[CoderRow, ...]
    written: Mapping[Key, Written]
    rows: pd.DataFrame

    @classmethod
    def of(cls, workspace: Workspace) -> ExperienceDesk:
        """Return the desk of a workspace."""
        rows = workspace.frame("participants")
        records: dict[str, list[dict[str, Any]]] = {
            name: workspace.frame(name).to_dict("records")  # type: ignore[misc]
            for name in ("participants", "turns", "coded", "coders", "written")
        }
        return cls(
            protocol=workspace.protocol,
            book=ThemeBook.model_validate_json(workspace.frame("codebook")["json"].iloc[0]),
            main_coder=workspace.facts["main_coder"],
            participants=tuple(
                Participant(r["label"], tuple(r["interviews"].split("|")), bool(r["consent"]))
                for r in records["participants"]
            ),
            turns=tuple(Turn(**r) for r in records["turns"]),
            coded=tuple(CodedSegment(**r) for r in records["coded"]),
            coders=tuple(CoderRow(**r) for r in records["coders"]),
            written={
                (r["page"], r["row"], r["column"]): Written(r["value"], r["author"], r["changed_on"])
                for r in records["written"]
            },
            rows=rows.set_index("label"),
        )

    @property
    def mine(self) -> tuple[CodedSegment, ...]:
        """The main coder's segments."""
        return tuple(c for c in self.coded if c.coder == self.main_coder)

    @property
    def coded_interviews(self) -> tuple[str, ...]:
        """The interviews that the main coder did not leave unfinished, in order."""
        done = {c.interview_id for c in self.coders if c.coder == self.main_coder and c.finished != NO}
        return tuple(i for i in self.interviews if i in done)

    @property
    def interviews(self) -> tuple[str, ...]:
        """Every interview in order."""
        return tuple(dict.fromkeys(t.interview_id for t in self.turns))

    @property
    def finished_by_two(self) -> tuple[str, ...]:
        """The interviews that two coders or more say they finished."""
        both = finished_by_two(self.coders)
        return tuple(i for i in self.interviews if i in both)

    def states(self) -> dict[tuple[str, str], State]:
        """Return the state of each participant and code."""
        return states(self.participants, self.mine, self.book, framework_matrix.asked_of(self.written))

    def quotes(self) -> tuple[Quote, ...]:
        """Return the quotes chosen for print."""
        return tuple(quote for _, quote in framework_matrix.chosen(self.mine, self.written))

    def of_interview(self) -> dict[str, Participant]:
        """Return who spoke, by interview."""
        return {i: p for p in self.participants for i in p.interviews}

    def tag(self, label: str) -> str:
        """Return how a quote names its speaker: label, and banded attributes where enough people share them."""
        row: dict[str, str] = {str(k): str(v) for k, v in self.rows.loc[label].items()}
        if row["shared"] != "yes":
            return label
        return ", ".join(part for part in (label, SEX.get(row["sex"], ""), f"aged {row['age_band']}") if part)

    def outcomes(self) -> dict[str, dict[str, str]]:
        """Return each outcome's words by label, for the private workbook: single people's values."""
        rows: dict[str, dict[str, str]] = self.rows.to_dict("index")  # type: ignore[assignment]
        change = {k: r["change"] or NOT_KNOWN for k, r in rows.items()}
        contact = {
            k: f"day {r['ot_day']}" if r["ot_day"] else "none seen" if r["contacts_known"] == "yes" else NOT_KNOWN
            for k, r in rows.items()
        }
        return {CHANGE: change, PACKAGE: {k: r["package"] for k, r in rows.items()}, CONTACT: contact}

    def material(self) -> Material:
        """Return what the workbook's pages are made of."""
        about = {k: (r["age_band"], r["sex"]) for k, r in self.rows.iterrows()}
        return Material(
            participants=self.participants,
            book=self.book,
            coded=self.mine,
            states=self.states(),
            attributes=("age", "sex"),
            about=about,  # type: ignore[arg-type]
            outcomes=self.outcomes(),
        )
