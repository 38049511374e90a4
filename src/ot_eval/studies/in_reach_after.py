"""After the stay: where people went, the package planned and the package needed, day 91, and what the days cost."""

from __future__ import annotations

import pandas as pd

from ot_eval.base.errors import AnalysisRefused, RequestError, nearest
from ot_eval.base.protocol import Comparator
from ot_eval.base.results import Check
from ot_eval.models import bed_use
from ot_eval.studies.in_reach_data import NOT_MAPPED
from ot_eval.studies.in_reach_desk import Desk, Found

HOME_CARE_HOUR = "home_care_hour"
SHARE = "share of stays"
WORDS = {
    "home": "went home",
    "care_home": "went to a care home",
    "hospital": "went to hospital",
    "died": "died",
    "other": "went elsewhere",
    NOT_MAPPED: "went where a word says that is not mapped",
}
ALWAYS = ("home", "care_home", "hospital")


def destinations(desk: Desk) -> Found:
    """Say where people went, and how many were referred on."""
    known = desk.ended[desk.ended["destination"].notna()]
    if known.empty:
        raise AnalysisRefused("no stay that ended has a destination", expected="destination", fix="add it")
    for name, words in WORDS.items():
        flag = known["destination"] == name
        if flag.any() or name in ALWAYS:
            yield bed_use.share_of(desk.question("destination", "destination", words), flag, SHARE)
    if desk.facts.get("unmapped_destinations") == "yes":
        sentence = "Some words for where people went are not mapped, so they count as none of the usual ones."
        detail = "in_reach.destination_words in the protocol"
        yield Check(analysis="destination", name="unmapped words", passed=False, sentence=sentence, detail=detail)
    yield from _referrals(desk)


def _referrals(desk: Desk) -> Found:
    codes = desk.ended["onward_referrals"]
    if not codes.notna().any():
        return
    each = codes.fillna("").str.split(";").explode().str.strip()
    each = each[each != ""]
    referred = pd.Series(codes.index.isin(each.index), index=codes.index)
    yield bed_use.share_of(desk.question("onward referral", "onward_referrals", "any referral"), referred, SHARE)
    for code in sorted(each.unique()):
        flag = pd.Series(codes.index.isin(each.index[each == code]), index=codes.index)
        yield bed_use.share_of(desk.question("onward referral", "onward_referrals", str(code)), flag, SHARE)


def packages(desk: Desk) -> Found:
    """Set the package planned without the service beside the package people went home with; say whose plan it was."""
    went_home = (desk.ended["destination"] == "home") & desk.ended["is_package_seen"]
    home = desk.ended[went_home & desk.ended["planned_hours_per_week"].notna()]
    if home.empty:
        raise AnalysisRefused(
            "nobody who went home has a planned package", expected="planned_hours_per_week", fix="record it"
        )
    question = desk.question("home-care package", "package", "people who went home")
    planned, actual = home["planned_hours_per_week"], home["package_hours"].fillna(0.0)
    saved = planned - actual
    hours = {
        "mean hours planned without the service": planned,
        "mean hours a week after the service": actual,
        "mean hours a week fewer than planned": saved,
    }
    for measure, values in hours.items():
        yield bed_use.mean_of(question, values, measure, "hours/week")
    yield bed_use.share_of(question, saved > 0, "share with a smaller package than planned")
    yield bed_use.share_of(question, actual.eq(0), "share without home care")
    if HOME_CARE_HOUR in desk.prices:
        price = desk.prices[HOME_CARE_HOUR].value
        yield bed_use.mean_of(question, saved, "mean cost a week less than planned", "£/week", factor=price)
    yield _whose_plan(desk, home)


def _whose_plan(desk: Desk, home: pd.DataFrame) -> Check:
    """Say who decided the planned package and when; a saving against a plan is only as good as the plan."""
    plan = desk.protocol.in_reach
    who = plan.planned_by or "; ".join(sorted(home["planned_by"].dropna().unique()))
    decided = pd.to_datetime(home["planned_on"])
    early = bool((decided <= home["admitted_on"]).all())  # false where a date is missing
    when = plan.planned_when or ("before or on admission" if early else "")
    late = not plan.planned_when and bool((decided > home["admitted_on"]).any())
    known = f"Who decided it: {who or 'nobody is named'}. When: {when or 'not always before admission'}."
    return Check(
        analysis="package",
        name="whose plan",
        passed=bool(who and when) and not late,
        sentence=f"The planned package is an opinion about what would have been needed. {known}",
        detail="a plan made by those whose saving it shows, or after admission, is weak evidence",
    )


def afterwards(desk: Desk) -> Found:
    """Say how many were readmitted to hospital, and how many were at home, by the outcome day."""
    days = desk.protocol.in_reach.outcome_days
    seen = desk.stays[desk.stays["is_followed"]]
    if seen.empty:
        raise AnalysisRefused(
            f"no stay ended {days} days before the end of the data", expected="a longer follow-up", fix="wait"
        )
    left = seen[~seen["destination"].isin(["died", "hospital"])]
    if desk.facts.get("admissions") == "yes" and len(left):
        question = desk.question(f"hospital admission within {days} days", "readmission", f"day {days}")
        yield bed_use.share_of(question, left["readmitted"], SHARE)
    yield bed_use.share_of(desk.question(f"at home on day {days}", "at_home", f"day {days}"), seen["at_home"], SHARE)


def money(desk: Desk) -> Found:
    """Set the cost of the bed days beside what the same days would have cost otherwise, at the user's own prices."""
    plan = desk.protocol.in_reach
    if plan.bed is None:
        raise AnalysisRefused("the protocol names no price of a bed day", expected="in_reach.bed", fix="add it")
    nights, own = desk.ended["nights"], _a_day(desk, plan.bed)
    question = desk.question("cost of bed days", "bed_days_cost", plan.bed.name)
    yield bed_use.mean_of(question, nights, "mean cost of a stay", "£", factor=own)
    for other in plan.comparators:
        price = _a_day(desk, other)
        question = desk.question("cost of bed days", "bed_days_cost", other.name)
        yield bed_use.mean_of(question, nights, "mean cost of the same days", "£", factor=price)
        yield bed_use.mean_of(question, nights, "mean difference (bed less comparator)", "£", factor=own - price)


def _a_day(desk: Desk, what: Comparator) -> float:
    """Return what a day costs; refuse an item that the user's table does not price."""
    for item in what.per_day:
        if item not in desk.prices:
            raise RequestError(
                f"in_reach: {what.name} takes '{item}', which unit_costs does not price.{nearest(item, desk.prices)}",
                expected="a row in unit_costs.csv for every item of the bed and its comparators",
                fix="add the row with its price year and source, or correct the item's name in the protocol",
            )
    return bed_use.per_day(desk.prices, what.per_day)
