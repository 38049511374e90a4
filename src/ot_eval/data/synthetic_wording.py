"""The words and headers of Client Level Data, Release 1 and Release 2, as the invented council writes them.

Each list pairs the Release 1 wording with the Release 2 wording; position 0 is blank. The field list and most wordings
follow the published specification as far as it could be read; capitals of Release 2 headers and some list values are
assumptions (the official workbooks could not be read).
"""

# ruff: noqa: SIM905 -- long lists are easier to compare with the specification as text
from __future__ import annotations

Pairs = tuple[tuple[str, str], ...]
_BLANK = ("", "")

EVENT: Pairs = (("Request",) * 2, ("Assessment",) * 2, ("Service",) * 2, ("Review",) * 2)
CLIENT: Pairs = (("Service User", "Service user"), ("Carer", "Unpaid carer"))
OUTCOME: Pairs = (
    _BLANK,
    ("Progress to Reablement/ST-Max", "Progress to reablement/ST-Max"),
    ("Progress to Assessment", "Progress to assessment, review or reassessment"),
    ("Progress to Support Planning / Services", "Progress to support planning or services"),
    ("No change in package", "Continuation of support or services"),
    ("Provision of service", "Continuation of support or services"),
    ("Admitted to hospital", "Admitted to hospital"),
    ("NFA - Moved to another LA", "NFA: Responsibility moved to another local authority"),
    ("NFA - 100% NHS funded care", "NFA: Referral to NHS services or NHS funded social care"),
    ("NFA - Self-funded client (Inc. 12wk disregard)", "NFA: Self-funded client or under 12wk disregard"),
    ("NFA - Information & Advice / Signposting only", "NFA: Information and advice or signposting"),
    ("NFA - Support declined", "NFA: Support declined"),
    ("NFA - Deceased", "NFA: Deceased"),
    ("Service ended as planned", "NFA: Support ended as planned"),
    ("NFA - Support ended: Other reason", "NFA: Support ended for other reason"),
    ("NFA - No services offered: Other reason", "NFA: No services offered for other reason"),
    ("NFA- Other", "NFA: Other"),
)
ROUTE: Pairs = (
    _BLANK,
    ("Discharge from Hospital", "Discharge from hospital"),
    ("Community / Other route", "Community or other route"),
    ("Diversion from Hospital Services", "Diversion from hospital services"),
)
ASSESSMENT: Pairs = (
    _BLANK,
    ("Short Term Assessment", "Short term assessment"),
    ("Long Term Assessment", "Long term assessment"),
    ("Financial Assessment", ""),  # Release 2 has no financial assessments
)
SERVICE: Pairs = (
    _BLANK,
    ("Short Term Support: ST-Max", "Short term support: ST-Max"),
    ("Short Term Support: Ongoing Low Level", "Short term support: Ongoing low level"),
    ("Short Term Support: Other Short Term", "Short term support: Other short term"),
    ("Long Term Support: Nursing Care", "Long term support: Nursing care"),
    ("Long Term Support: Residential Care", "Long term support: Residential care"),
    ("Long Term Support: Community", "Long term support: Community"),
    ("Carer Support: Direct to Carer", "Unpaid carer support: Direct to unpaid carer"),
)
COMPONENT: Pairs = (
    _BLANK,
    ("Reablement", "Reablement"),
    ("Home Support", "Home support or domiciliary care"),
    ("Day Support", "Day support"),
    ("Meals", "Meals"),
    ("Equipment", "Equipment"),
    ("Direct Payment", "Direct payment"),
    ("Short Term Residential Care", "Short term residential care"),
    ("Long Term Nursing Care", "Long term nursing care"),
    ("Long Term Residential Care", "Long term residential care"),
    ("Carer Universal Services", "Unpaid carer universal services"),
)
MECHANISM: Pairs = (
    _BLANK,
    ("CASSR Managed Personal Budget", "CASSR managed personal budget"),
    ("CASSR Commissioned Support", "CASSR commissioned support"),
    ("Direct Payment", "Direct payment"),
)
REVIEW_REASON: Pairs = (
    _BLANK,
    ("Planned", "Planned"),
    ("Unplanned - Other Reason", "Unplanned: Other reason"),
    ("Planned", "Review of short term support"),
)
ACHIEVED: Pairs = (_BLANK, ("Fully Achieved", "Fully achieved"), ("Partially Achieved", "Partially achieved"))
METHOD: Pairs = (
    _BLANK,
    ("Service User Only", "Service user only"),
    ("Service User and Carer", "Service user and unpaid carer"),
)
FREQUENCY: Pairs = (_BLANK, ("Hourly",) * 2, ("Weekly",) * 2, ("Per Session", "Per session"))
DESCRIPTION: Pairs = tuple(
    (text, text)
    for text in (
        "",
        "Home support: Personal care",
        "Home support: Domestic",
        "Home support: Evening call",
        "Home support: Personal care (carer 1)",
        "Home support: Personal care (carer 2)",
        "Home support: Personal care double-handed",
        "Home support: Personal care additional call",
        "Reablement",
        "Contact: new request",
        "Reablement assessment",
        "OT assessment: functional",
        "Care Act assessment",
        "Financial assessment",
        "Review: end of reablement",
        "6-week review",
        "Annual review",
        "Unplanned review",
        "Care home placement",
        "Equipment: bath board",
        "Day centre",
        "Meals at home",
        "Bridging home support",
        "Short stay",
        "Carer assessment",
        "Carer support group",
        "Direct payment",
    )
)
SEX: Pairs = (("Female",) * 2, ("Male",) * 2)
YES: Pairs = (("No",) * 2, ("Yes",) * 2)
ETHNICITY: Pairs = (
    (
        "White: English / Welsh / Scottish / Northern Irish / British",
        "White: English, Welsh, Scottish, Northern Irish or British",
    ),
    ("Asian / Asian British: Indian", "Asian or Asian British: Indian"),
    (
        "Black / African / Caribbean / Black British: Caribbean",
        "Black, Black British, Caribbean or African: Caribbean",
    ),
    ("White: Any other White background", "White: Any other White background"),
    ("No data: Undeclared / Not known", "No data: Undeclared or not known"),
)
REASON: Pairs = (
    ("Physical Support: Personal Care Support", "Physical support: Personal care support"),
    ("Physical Support: Access & Mobility Only", "Physical support: Access and mobility only"),
    ("Support with Memory & Cognition", "Support with memory and cognition"),
)
HOME: Pairs = (
    ("Owner Occupier / Shared ownership scheme", "Owner occupier or shared ownership scheme"),
    ("Tenant - LA / RSL / Housing association", "Tenant: Local authority or social housing"),
    ("Tenant - private landlord", "Tenant: Private landlord"),
    ("Sheltered Housing / Extra care housing / Other supported", "Sheltered housing or extra care housing"),
)
FUNDING: Pairs = (("Fully social care funded",) * 2, ("Joint client and social care funded",) * 2)
HEARING: Pairs = (("No hearing impairment",) * 2, ("Hard of hearing",) * 2)
VISUAL: Pairs = (("No visual impairment",) * 2, ("Partial sight or sight impaired",) * 2)
FIRST_NAMES = (
    "Ada Alan Amir Anne Brian Carol Colin David Doris Edith Elsie Ernest Eva Frank Freda George Grace Harold Irene "
    "Jack Jean Joan John June Kamala Keith Lily Mary Maud Nora Olive Peter Rita Rose Ruth Sheila Sidney Tom Vera Zoë"
).split()
LAST_NAMES = (
    "Abbott Bell Booth Carr Chadwick Dale Dean Ellis Fenn Flint Gill Green Hale Hill Holt Hunt Jarvis Kaur Khan Lamb "
    "Leach Marsh Mills Nash Oakley Park Patel Pike Quinn Reid Rowe Sharp Singh Stone Tate Vale Ward Webb Yates Zeller"
).split()
HEADERS_R1 = (
    "LA Code|Reporting Period Start Date|Reporting Period End Date|NHS Number|LA Person Unique Identifier|First Name|"
    "Last Name|GP Practice Name|GP Practice Code|Gender|Ethnicity|Date of Birth|Date of Death|Client Type|"
    "Primary Support Reason|Postcode|Accommodation Status|Employment Status|Has Unpaid Carer|"
    "Autism Spectrum Disorder (ASD)|Visual Impairment|Hearing Impairment|Dementia|Client Funding Status|Event Type|"
    "Event Reference|Event Start Date|Event End Date|Event Description|Event Outcome|Request: Route of Access|"
    "Assessment Type|Eligible Needs Identified|Method of Assessment|Total Hrs Caring per week|"
    "No. of adults being cared for|Adult 1 Linked Person_ID|Adult 2 Linked Person_ID|Adult 3 Linked Person_ID|"
    "Service Type|Service Component|Delivery Mechanism|Provider CQC Location Name|Provider CQC Location ID|"
    "Review Reason|Review Outcomes Achieved|Method of Review|Unit Cost|Cost Frequency (Unit Type)|"
    "Planned units per week"
).split("|")
NOT_IN_R2 = ("GP Practice Name", "Provider CQC Location Name")
_KEPT_CAPITALS = {"LA", "NHS", "GP", "CQC", "ID"}


def header_r2(header: str) -> str:
    """Return the Release 2 form of a Release 1 header: sentence case.

    Examples
    --------
    >>> header_r2("Provider CQC Location ID"), header_r2("Adult 1 Linked Person_ID")
    ('Provider CQC location ID', 'Adult 1 linked person ID')
    """
    words = header.replace("Person_ID", "Person ID").split(" ")
    tail = [w if w.strip("()") in {*_KEPT_CAPITALS, "ASD"} else w.lower() for w in words[1:]]
    return " ".join([words[0], *tail])
