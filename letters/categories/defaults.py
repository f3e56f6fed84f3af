"""The rules an incident begins with, and the two names that no rule gives. Only its own copy is edited."""

from typing import Any

NO_SUBJECT = "Uden emne"
OTHER = "Alt andet"
#: What a reader who may not read personnel cases sees instead of what they are about; no rule may be called so.
PERSONNEL = "Personalesager"

#: In order: fields of ``CategoryRule``. One without a name only marks: it leaves the naming to the others.
RULES: list[dict[str, Any]] = [
    {
        "name": "Sygefraværssamtaler",
        "words": "*sygefravær*, *sygesamtale*, *mulighedserklæring*",
        "is_personnel": True,
        "has_deadline": True,  # within four weeks
    },
    {"name": "Uddannelsesparathed", "words": "*uddannelsesparat*, UPV", "has_deadline": True},
    {"name": "Dagpleje og privat pasning", "words": "*dagpleje*, *privat pasning*, *privat børnepasser*"},
    {"name": "Tandpleje", "words": "tand*, *tænder*"},
    {"name": "Pjecer", "words": "pjece*"},
    {"name": "Kvitteringer", "words": "*kvittering*, *vi har modtaget*, *bekræftelse på*"},
    {"name": "Møder", "words": "møde*, *møde, *samtale*, *indkaldelse*"},
    {"name": "Høringer", "words": "*høring*"},
    {"name": "Afgørelser", "words": "*afgørelse*, *bevilling*, *afslag*, *svar på*"},
    {
        "words": "*tjenstlig*, *personalesag*, *om afsked*, *påtænkt afsked*, *påtænkt opsigelse*, *afskedig*, "
        "*din ansættelse*, *fratrædelse*",
        "is_personnel": True,
    },
    {"words": "*frist, *fristen, *svar inden*, *svar senest*, *partshøring*", "has_deadline": True},
]
