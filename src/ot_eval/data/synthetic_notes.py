"""Invented contact notes, each with the intervention codes that a careful coder would give it.

The sentences are ours and describe nobody. Some name a thing that was not done (declined, not needed, planned for
later): they look like an intervention and are none.
"""

from __future__ import annotations

Note = tuple[str, str]  # codes joined by ";" ("" = nothing done), and the words

OT_NOTES: tuple[Note, ...] = (
    ("A1", "Initial visit. Watched client wash and make tea; manages most, tires at the end."),
    ("A1;B1", "Functional assessment at home. Agreed two goals with client: shower alone and walk to the shop."),
    ("A2", "Looked round the home for hazards: loose rug, poor light on the landing, high threshold at the back door."),
    ("A3", "Moving and handling review. Transfers tried with one carer and a turning aid; one carer is enough."),
    (
        "B2",
        "Wrote the plan for support workers: prompt only at breakfast from Monday, drop the tea call in week three.",
    ),
    ("B3", "Goals re-scored with client. First goal met, second in part. Plan changed, visits end next week."),
    ("C1;C3", "Practised showering from a seat, steps re-ordered so that she rests between legs and top half."),
    ("C2", "Kitchen practice: soup and toast made start to finish with one prompt."),
    ("C4", "Bed and toilet transfers practised as part of the morning routine, no hands-on help needed."),
    ("D1", "Raised toilet seat and long-handled sponge delivered, fitted and tried. Safe use shown."),
    ("D1", "Perching stool ordered from stores after trial in the kitchen."),
    ("D2", "Two grab rails ordered for the bathroom, wall marked up, landlord agrees."),
    ("D3", "Level-access shower discussed and agreed; grant form completed with client and sent."),
    ("D4", "Pill dispenser with reminder set up; daughter gets the alert."),
    ("E1", "Taught pacing and rests between tasks; client planned his own week with it."),
    ("E2", "Falls advice in the hall and on the stairs, footwear changed, sit-to-stand exercises started."),
    ("E3", "Labels on cupboards and a daily sheet by the phone to help memory; used them without a prompt."),
    ("E4", "Anxious about going out. Small steps agreed, praised for reaching the gate."),
    ("F1", "Showed husband how to help with the stocking without doing it all; he tried it twice."),
    ("F2", "Joint visit with the home carer: showed how to stand back and prompt, carer tried it."),
    ("G1", "Referred to the benefits adviser and to the lunch club, client agrees."),
    ("", "No equipment needed at present. Nothing further today."),
    ("", "Bath lift offered and declined."),
    ("", "Plan to look at rails next time if still unsteady."),
)
WORKER_NOTES: tuple[Note, ...] = (
    ("C1", "Washed and dressed with prompts only, buttons took time."),
    ("C1", "Breakfast and wash, client did top half himself."),
    ("C2", "Laundry together, client loaded the machine and hung the small things."),
    ("C4", "Walked to the bathroom with frame as part of getting up, steady."),
    ("E4", "Low today. Listened and set one thing to try tomorrow."),
    ("", "Client unwell so care given in full today."),
    ("", "Meal made for client. No other tasks."),
)
OTHER_NOTES: tuple[Note, ...] = (
    ("C4", "Gait practice with frame, ten metres, then stairs with one rail."),
    ("E2", "Balance exercises taught, sheet left."),
    ("G1", "Phoned housing about the repair with client."),
    ("", "Waiting for the OT visit."),
    ("", "Care Act assessment booked."),
)
FAILED_NOTES: tuple[Note, ...] = (
    ("", "Called, no answer. Card left."),
    ("", "Visit cancelled by family, to be rebooked."),
)
