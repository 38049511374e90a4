"""What invented people say in invented interviews: sentences by the code they show, for and against, and small talk."""

from __future__ import annotations

GUIDE = (
    ("topic_before", "What was a usual day like before all this?"),
    ("topic_start", "How did the service begin?"),
    ("topic_doing", "What did the workers do when they came?"),
    ("topic_self", "What were you asked to do yourself, and how was that?"),
    ("topic_ot", "What part did the occupational therapist have?"),
    ("topic_equipment", "Was anything changed in the house, or brought in?"),
    ("topic_end", "How did it end, and what help is there now?"),
    ("topic_people", "And seeing people, going out?"),
    ("topic_change", "If you were in charge, what would you change?"),
)
TALK: dict[str, tuple[str, ...]] = {
    "life_before": (
        "I did my own shopping and the garden before the fall.",
        "I was up at six and out with the dog whatever the weather.",
        "I cooked for the whole street at one time, and then I could not lift the pan.",
    ),
    "understanding": (
        "I thought they were carers for good, nobody said it was six weeks.",
        "They told me on the first day that it would stop when I could manage.",
        "I had no idea what the word meant until the second week.",
    ),
    "goals": (
        "She asked me what I wanted and I said the bath, so we did the bath.",
        "The plan was theirs, it said stairs, and I live in a bungalow.",
        "We wrote it down together, to get to the club by myself.",
    ),
    "listened": (
        "They sat down and listened, that was worth more than the tablets.",
        "I told them twice about the pain and it went in one ear and out the other.",
        "She let me finish my sentences, and not many do.",
    ),
    "continuity": (
        "It was a different face every morning and I had to begin again each time.",
        "The same two came all the way through and they knew where the cups were.",
        "I never knew who would be at the door.",
    ),
    "hands_on_hands_off": (
        "She sat on her hands while I did my buttons, and I did them.",
        "The weekend ones did it all for me because it was quicker.",
        "They stood back and let me try, even when it took half an hour.",
    ),
    "pace": (
        "Some days it was too much, I was worn out by ten.",
        "We could have gone faster, I was ready for the stairs in a week.",
        "They saw when I was tired and we left it for the day.",
    ),
    "ot_idea": (
        "I thought occupational therapy was about getting a job, and me retired.",
        "Basket weaving, that is what I thought it was.",
    ),
    "ot_worth": (
        "The therapist changed everything, one visit and I could get in the shower.",
        "To be honest she measured the chair and went, it made no odds to me.",
        "She looked at how I really do things, in my own kitchen.",
    ),
    "ot_timing": (
        "She came in the last week, it should have been the first.",
        "The therapist was there on the second day, just when I needed her.",
        "By the time somebody came about the step I had stopped trying.",
    ),
    "equipment_used": (
        "The rail was a godsend, I use it every day.",
        "With the board I get in the bath by myself.",
    ),
    "equipment_unused": (
        "The commode is in the shed, I never wanted it.",
        "The frame is too wide for my doors so it stands there with the washing on.",
    ),
    "doing_again": (
        "I make my own dinner again, start to finish.",
        "I can get upstairs to my own bed now.",
        "I dress myself, it takes a while, but it is me that does it.",
    ),
    "not_regained": (
        "The garden has gone, I look at it through the window.",
        "I do not bake any more, my hands will not do it.",
    ),
    "confidence": (
        "I was frightened of that bath and now I am not.",
        "I still hold on to the wall, I do not trust my leg.",
        "It gave me my nerve back.",
    ),
    "being_oneself": (
        "I do not like to be washed by a stranger, it takes something from you.",
        "They treated me as a person and not as a job to get through.",
    ),
    "going_out": (
        "I got to the club on the bus, first time in a year.",
        "I have not been past the gate since the winter.",
    ),
    "family": (
        "My daughter does the rest, and she is worn out with it.",
        "My husband could go back to his bowls once I could be left.",
    ),
    "ending": (
        "It just stopped on the Friday, nobody rang after.",
        "They warned me a week before, and left a number to ring.",
    ),
    "package": (
        "They still come in the mornings, half an hour, no more than that.",
        "I have more help now than when it started, if I am honest.",
        "I need nobody now except for the windows.",
    ),
    "should_be": (
        "Send the therapist first and the carers after, that is what I would do.",
        "They should tell you who is coming.",
    ),
    "deserving": (
        "There are people worse off than me who should have it first.",
        "I have paid in all my life, I do not feel bad about it.",
    ),
}
AGAINST: dict[str, int] = {"ot_worth": 1, "listened": 1, "hands_on_hands_off": 1, "goals": 1, "ending": 1}
"""For some codes, the sentence that speaks against what most say."""
SMALL_TALK = (
    "Well, you know how it is, the days are long and then they are short.",
    "I had a cup of tea there somewhere, it will be cold by now.",
    "It has been wet all week and the bins were late again.",
    "Where was I, yes, the mornings, they are always the slow part.",
    "You will have to forgive the state of the place.",
    "I like to have the radio on, it is company.",
)
