"""Make `deidentify_labelled.txt`: invented interviews with marked identifiers. Needs Faker (MIT), which the lock lacks.

The sentences are ours. The names come from Faker 40.63.0, a source that the detector's lists were not made from:
    python tests/coding/deidentify_labelled_make.py > tests/coding/deidentify_labelled.txt
    python tests/coding/deidentify_labelled_make.py heldout > tests/coding/deidentify_heldout.txt
The first set was used while the detector was made. The second, of other scripts and another seed, was written and run
once when it was done.
Each document is one script filled with names of one origin, in one style: clean; lower (all lower case, as some speech
recognition writes); spoken (digits as words). A mark is ⟦kind|words⟧.
"""

import random
import re
import sys
from datetime import date
from pathlib import Path

HELD_OUT = "heldout" in sys.argv[1:]
SEED = 718281828 if HELD_OUT else 20261124
ORIGINS = {
    "british": ["en_GB"],
    "irish": ["ga_IE", "en_IE"],
    "polish": ["pl_PL"],
    "indian": ["en_IN"],
    "nigerian": ["yo_NG", "ig_NG", "ha_NG"],
}
STYLES = ("clean", "lower", "spoken")
DIGITS = ("oh", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
MONTHS = [date(2000, m, 1).strftime("%B") for m in range(1, 13)]
NAME = "deidentify_heldout_scripts.txt" if HELD_OUT else "deidentify_scripts.txt"
SCRIPTS = (Path(__file__).parent / NAME).read_text(encoding="utf-8").strip().split("\n===\n")


def nhs(rng):
    while True:
        nine = [rng.randrange(10) for _ in range(9)]
        check = (11 - sum(d * w for d, w in zip(nine, range(10, 1, -1), strict=True)) % 11) % 11
        if check < 10 and nine[0] in (4, 6, 7, 9):
            text = "".join(map(str, [*nine, check]))
            return rng.choice([text, f"{text[:3]} {text[3:6]} {text[6:]}", f"{text[:3]}-{text[3:6]}-{text[6:]}"])


def phone(rng):
    tail = f"{rng.randrange(1000):03d}"
    forms = [f"07700 900{tail}", f"07700900{tail}", f"0115 496 0{tail}", f"(020) 7946 0{tail}", f"+44 7700 900{tail}"]
    return rng.choice(forms)


def nino(rng):
    n = [f"{rng.randrange(100):02d}" for _ in range(3)]
    return rng.choice(["{} {} {} {} {}", "{}{}{}{}{}"]).format(
        rng.choice(["AB", "JK", "PW", "SR"]), *n, rng.choice("ABCD")
    )


def day(rng):
    d, m, y = rng.randrange(1, 29), rng.randrange(12), rng.randrange(1926, 1960)
    th = "st" if d in (1, 21) else "nd" if d in (2, 22) else "rd" if d in (3, 23) else "th"
    month = MONTHS[m]
    return rng.choice(
        [f"{d:02d}/{m + 1:02d}/{y}", f"{d} {month} {y}", f"the {d}{th} of {month}", f"{month} {d}{th}, {y}"]
    )


def spoken(kind, text):
    """Digits one by one, as people read them out; dates and addresses stay."""
    if kind not in ("phone", "nhs_number", "national_insurance", "postcode"):
        return text
    said = re.sub(r"\d", lambda m: f" {DIGITS[int(m[0])]} ", text.replace("+44", "0").replace("-", ","))
    said = re.sub(r"[()]", "", said)
    return " ".join(" ".join(said.split()).replace(" ,", ",").split())


def filled(script, fakes, rng):
    from faker import Faker  # not needed by the tests themselves

    british = Faker("en_GB")
    british.seed_instance(rng.randrange(10**9))
    fake = lambda: rng.choice(fakes)  # noqa: E731
    given = [fake().first_name() for _ in range(3)]
    plate = f"{rng.choice(['FJ', 'AB', 'YK'])}{rng.randrange(10, 75)} {rng.choice(['KXE', 'OPD', 'VLR'])}"
    values = {
        "f": f"{fake().first_name()} {fake().last_name()}", "g": given[0], "g2": given[1], "g3": given[2],
        "s": fake().last_name(), "s2": fake().last_name(), "t": british.last_name(), "n": rng.randrange(2, 140),
        "phone": phone(rng), "phone2": phone(rng), "pc": british.postcode(), "nhs": nhs(rng), "nino": nino(rng),
        "dob": day(rng),         "email": british.safe_email(), "car": plate,
    }  # fmt: skip
    return script.format(**values)


def main():
    from faker import Faker

    rng = random.Random(SEED)  # noqa: S311
    for origin, locales in ORIGINS.items():
        fakes = [Faker(x) for x in locales]
        for f in fakes:
            f.seed_instance(rng.randrange(10**9))
        for style in STYLES:
            for n, script in enumerate(SCRIPTS, start=1):
                text = filled(script, fakes, rng)
                if style == "lower":
                    text = text.lower()
                if style == "spoken":
                    text = re.sub(r"⟦(\w+)\|([^⟧]*)⟧", lambda m: f"⟦{m[1]}|{spoken(m[1], m[2])}⟧", text)
                print(f"=== {origin} {style} {n}\n{text}")  # noqa: T201


if __name__ == "__main__":
    main()
