"""Kinds of problems with a cell or a row.

The sentence of a problem may hold values of the row; the kind never does.
"""

from django.db.models import TextChoices


class ProblemKind(TextChoices):
    """The kind of a problem. The value stands in ``ImportRow.problems`` and in URLs; problems are counted by label."""

    NO_ID = "id-mangler", "Brev-id mangler"
    ID_IS_CPR = "id-er-cpr", "Brev-id ligner et CPR-nummer"
    CUT_SHORT = "tal-uden-cifre", "Excel har mistet cifre"
    NO_DATE = "dato-mangler", "Datoen mangler"
    BAD_DATE = "dato-findes-ikke", "Datoen findes ikke"
    OUTSIDE = "uden-for-perioden", "Uden for perioden"
    NO_CLOCK = "uden-klokkeslaet", "Klokkeslættet mangler"
    CLOCK_MOVED = "uret-stillet", "Uret blev stillet den nat"
    NO_SENDER = "ingen-afsender", "Ingen e-mail på afsenderen"
    NO_LEADER = "ingen-leder", "Ingen leder"
    BROKEN_EMAIL = "email-ikke-hel", "E-mailen er ikke hel"
    NO_UNIT = "ingen-enhed", "Ingen enhed"
    NO_CODE = "ingen-enhedskode", "Det er ikke en enhedskode"
    UNKNOWN_RECIPIENT = "modtagertype-ukendt", "Ukendt modtagertype"
    SEVERAL_RECIPIENTS = "flere-modtagere", "Flere modtagere"
    NO_SUBJECT = "intet-emne", "Intet emne"
    CPR_IN_SUBJECT = "cpr-i-emnet", "CPR-nummer i emnet"
    CPR = "cpr-i-feltet", "CPR-nummer i feltet"
    TOO_LONG = "for-langt", "Teksten er for lang"
    WILL_BE_CUT = "bliver-afkortet", "Teksten bliver afkortet"
    EXCEL_ERROR = "fejl-i-excel", "Cellen viser en fejl fra Excel"
    LOST_LETTER = "bogstav-tabt", "Et bogstav er gået tabt"
    STRAY = "uden-for-kolonnerne", "Tekst uden for kolonnerne"
    SUM = "sum", "Rækken er en sum"
    NOTE = "note", "Rækken er en note"
    HEADERS = "overskrifter", "Rækken gentager overskrifterne"
    SAME_ROW = "samme-raekke", "Samme række to gange"
    SAME_ID = "samme-brev-id", "Samme Brev-id, andet indhold"
    SENT_TWICE = "sendt-to-gange", "Samme mail to gange"
    PLACEHOLDER = "skjult", "Skjult felt uden nøgle"
    SHUT_OUT = "ikke-personalesag", "Må ikke få personalesagen"
    OTHER = "andet", "Andet"


#: Kinds of problems with a row that is no letter, where nothing can be corrected.
KINDS_OF_NO_LETTER = frozenset({ProblemKind.SUM, ProblemKind.NOTE, ProblemKind.HEADERS})
