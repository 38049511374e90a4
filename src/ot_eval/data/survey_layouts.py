"""How each tool lays out an export: the columns it adds, its row ids, and how it keeps lines of repeat groups.

The layout is recognised by these columns, never by the name of the file.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from ot_eval.data.survey_headings import folded

Lines = Literal["sheet", "rows", "flat"]
"""Where lines of a repeat group stand: on a sheet of their own, in rows of their own, or in a row that repeats all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """One tool's layout. Patterns are matched against headings without case.

    Attributes
    ----------
    marks : every pattern must be matched by some heading for the layout to be recognised
    own : headings that the tool adds and that hold no answer
    people : those of them that name people; never read
    ids : columns that name a form, the first present is used
    """

    name: str
    title: str
    marks: tuple[str, ...]
    own: tuple[str, ...]
    people: tuple[str, ...] = ()
    ids: tuple[str, ...] = ()
    lines: Lines = "flat"

    def marked(self, headings: tuple[str, ...]) -> bool:
        """Return whether these headings show that the tool made the file."""
        return all(any(_is(mark, h) for h in headings) for mark in self.marks)

    def adds(self, heading: str) -> bool:
        """Return whether the tool adds this column itself."""
        return any(_is(p, heading) for p in (*self.own, *self.people))

    def names_people(self, heading: str) -> bool:
        """Return whether a column that the tool adds names people."""
        return any(_is(p, heading) for p in self.people)


def _is(pattern: str, heading: str) -> bool:
    return re.fullmatch(pattern, folded(heading)) is not None


KOBO = Layout(
    name="kobo",
    title="KoboToolbox",
    marks=(r"_index|_uuid", r"_submission_time|_submission__uuid|_parent_index|_validation_status"),
    own=(r"_.*", r"(meta/|formhub/).*", r"(start|end|today|deviceid|audit)"),
    people=(r"_submitted_by|username|phonenumber|subscriberid|simserial",),
    ids=("_uuid", "_id", "_index"),
    lines="sheet",
)
ODK = Layout(
    name="odk",
    title="ODK Central",
    marks=(r"key",),
    own=(
        r"submissiondate|key|parent_key|set-of-.*|attachments(present|expected)|status|reviewstate|edits|formversion",
        r"(meta[-/])?instance(id|name)|(__)?version(__)?|start|end|today",
    ),
    people=(r"submitter(id|name)|deviceid|device id|username",),
    ids=("key",),
    lines="sheet",
)
REDCAP = Layout(
    name="redcap",
    title="REDCap",
    marks=(r"record_id|record|record id", r".*_complete|complete\?"),
    own=(
        r"record_id|record|record id|redcap_event_name|event name|redcap_repeat_(instrument|instance)",
        r"repeat (instrument|instance)|.*_complete|complete\?|.*_timestamp|survey timestamp|redcap_data_access_group",
        r"data access group",
    ),
    people=(r"redcap_survey_identifier|survey identifier",),
    ids=("record_id", "record", "record id"),
    lines="rows",
)
FORMS = Layout(
    name="forms",
    title="Microsoft Forms",
    marks=(r"id", r"start time", r"completion time"),
    own=(
        r"id|start time|completion time|last modified time|language|total points|quiz feedback|(points|feedback) - .*",
    ),
    people=(r"email|name",),
    ids=("id",),
)
SPSS = Layout(name="spss", title="SPSS", marks=(), own=())
TABLE = Layout(name="table", title="a table saved by hand", marks=(), own=())
LAYOUTS = (KOBO, REDCAP, FORMS, ODK)


def layout_of(headings: tuple[str, ...], kind: str) -> Layout:
    """Return the layout that a sheet shows; a sheet without any tool's marks was saved by hand.

    Examples
    --------
    >>> layout_of(("ID", "Start time", "Completion time", "Email", "Name", "Your role"), "excel").title
    'Microsoft Forms'
    """
    if kind == "spss":
        return SPSS
    return next((layout for layout in LAYOUTS if layout.marked(headings)), TABLE)
