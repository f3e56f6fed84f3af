"""The rules an incident begins with, and the two names that no rule gives. Only its own copy is edited."""

from typing import Any

from letters.models import CategoryRule

Clock = CategoryRule.Clock

NO_SUBJECT = "Uden emne"
OTHER = "Alt andet"
#: What a reader who may not read personnel cases sees instead of what they are about; no rule may be called so.
PERSONNEL = "Personalesager"

#: In order: fields of ``CategoryRule``. One without a name only marks: it leaves the naming to the others. What we know
#: of the clocks stands in the case and its facts; where it stands in law is for Koncern IT to write.
RULES: list[dict[str, Any]] = [
    {
        "name": "Sygefraværssamtaler",
        "words": "*sygefravær*, *sygesamtale*, *mulighedserklæring*",
        "is_personnel": True,
        "has_deadline": True,
        "clock": Clock.PERIOD,
        "length": 4,
        "length_unit": CategoryRule.LengthUnit.WEEK,
        # of the absence a letter tells nothing: it began before, so the true date lies no later than this
        "source": "Samtalen skal holdes inden for fire uger. Fraværet begyndte, før brevet blev sendt, så den rigtige "
        "dato kan ligge tidligere: ret den på brevet. Hvor i loven det står, er ikke skrevet endnu.",
    },
    {
        "name": "Uddannelsesparathed",
        "words": "*uddannelsesparat*, UPV",
        "has_deadline": True,
        "clock": Clock.FIXED,
        "fixed_days": ["01-10", "03-01", "12-01"],
        "source": "Vurderingerne skal være klar 1. december, omkring 10.-15. januar og 1. marts; af dagene i januar er "
        "den første valgt. Hvor i loven det står, er ikke skrevet endnu.",
    },
    {"name": "Dagpleje og privat pasning", "words": "*dagpleje*, *privat pasning*, *privat børnepasser*"},
    {"name": "Tandpleje", "words": "tand*, *tænder*"},
    {"name": "Pjecer", "words": "pjece*"},
    {"name": "Kvitteringer", "words": "*kvittering*, *vi har modtaget*, *bekræftelse på*"},
    {"name": "Møder", "words": "møde*, *møde, *samtale*, *indkaldelse*", "clock": Clock.MEETING},
    {"name": "Høringer", "words": "*høring*", "clock": Clock.HEARING},
    {"name": "Afgørelser", "words": "*afgørelse*, *bevilling*, *afslag*, *svar på*"},
    {
        "words": "*tjenstlig*, *personalesag*, *om afsked*, *påtænkt afsked*, *påtænkt opsigelse*, *afskedig*, "
        "*din ansættelse*, *fratrædelse*",
        "is_personnel": True,
    },
    {"words": "*frist, *fristen, *svar inden*, *svar senest*, *partshøring*", "has_deadline": True},
]
