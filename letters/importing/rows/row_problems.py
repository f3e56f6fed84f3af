"""Why a row is rejected: each kind of problem, its Danish sentence, and the module that checks for it.

REJECT rejects the row; NOTICE is shown with a row that is accepted.
"""

from typing import NamedTuple

from django.db.models import TextChoices

REJECT, NOTICE = "reject", "notice"


class ProblemKind(TextChoices):
    """The kind of a problem. The value stands in `ImportRow.problems` and in URLs; problems are counted by label.

    The sentence of a problem may hold values of the row; the kind never does.
    """

    # rows/cell_rules.py judges a single cell
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
    PLACEHOLDER = "skjult", "Skjult felt"
    # rows/row_parser.py judges the row as a whole
    STRAY = "uden-for-kolonnerne", "Tekst uden for kolonnerne"
    SUM = "sum", "Rækken er en sum"
    NOTE = "note", "Rækken er en note"
    HEADERS = "overskrifter", "Rækken gentager overskrifterne"
    # checks/duplicates.py compares the row with the other rows of the list
    SAME_ROW = "samme-raekke", "Samme række to gange"
    SAME_ID = "samme-brev-id", "Samme Brev-id, andet indhold"
    SENT_TWICE = "sendt-to-gange", "Samme mail to gange"


#: Kinds of problems with a row that is no letter, where nothing can be corrected.
KINDS_OF_NO_LETTER = frozenset({ProblemKind.SUM, ProblemKind.NOTE, ProblemKind.HEADERS})


class Remark(NamedTuple):
    """A problem before its cell is known. `message`: Danish sentence; `severity`: `REJECT` or `NOTICE`."""

    kind: ProblemKind
    message: str
    severity: str = REJECT

    def filled(self, *values: object) -> "Remark":
        """Return the remark with the values in place of the braces of the sentence."""
        return self._replace(message=self.message.format(*values))


NO_ID = Remark(ProblemKind.NO_ID, "Brev-id mangler. Giv brevet et nummer, som intet andet brev har.")
ID_IS_CPR = Remark(ProblemKind.ID_IS_CPR, "Brev-id ligner et CPR-nummer og må ikke gemmes. Giv brevet et andet nummer.")
CUT_SHORT = Remark(
    ProblemKind.CUT_SHORT,
    "Excel har mistet nummerets sidste cifre. Formatér kolonnen som tekst, og hent numrene igen.",
)
NO_DATE = Remark(ProblemKind.NO_DATE, "Datoen mangler. Skriv, hvornår brevet er sendt.")
OUTSIDE = Remark(ProblemKind.OUTSIDE, "Uden for perioden {}.")
NO_CLOCK = Remark(ProblemKind.NO_CLOCK, "Klokkeslættet mangler. Vi skriver kl. 00.00.", NOTICE)
NO_SENDER = Remark(ProblemKind.NO_SENDER, "Ingen e-mail på afsenderen. Find afsenderen efter indlæsningen.", NOTICE)
NO_LEADER = Remark(ProblemKind.NO_LEADER, "Ingen leder. Find lederen efter indlæsningen.", NOTICE)
UNUSABLE_LEADER_EMAIL = Remark(
    ProblemKind.NO_LEADER, "Lederens e-mail er ugyldig. Find lederen efter indlæsningen.", NOTICE
)
NO_UNIT = Remark(
    ProblemKind.NO_UNIT,
    "Ingen enhed. Er der heller intet område, så find enheden efter indlæsningen.",
    NOTICE,
)
NO_CODE = Remark(ProblemKind.NO_CODE, "Det er ikke en enhedskode. Vi bruger enhedens navn.", NOTICE)
UNKNOWN_RECIPIENT = Remark(
    ProblemKind.UNKNOWN_RECIPIENT, "Vi kender kun Borger og Medarbejder. Modtageren bliver ukendt.", NOTICE
)
SEVERAL_RECIPIENTS = Remark(ProblemKind.SEVERAL_RECIPIENTS, "Feltet har flere modtagere. Lav en række til hver.")
NO_SUBJECT = Remark(ProblemKind.NO_SUBJECT, "Intet emne. Brevet kommer med.", NOTICE)
CPR_IN_SUBJECT = Remark(ProblemKind.CPR_IN_SUBJECT, "Emnet har et CPR-nummer. Vi skjuler det permanent.", NOTICE)
CPR = Remark(ProblemKind.CPR, "Feltet har noget, der ligner et CPR-nummer. Det må ikke gemmes. Ret feltet.")
TOO_LONG = Remark(ProblemKind.TOO_LONG, "Teksten er længere end {0} tegn. Ret feltet.")
WILL_BE_CUT = Remark(ProblemKind.WILL_BE_CUT, "Teksten er længere end {0} tegn. Vi gemmer de første {0}.", NOTICE)
LOST_LETTER = Remark(
    ProblemKind.LOST_LETTER, "Et bogstav er gået tabt. Hent listen igen, og gem den som UTF-8 eller .xlsx.", NOTICE
)
HIDDEN_RECIPIENT = Remark(ProblemKind.PLACEHOLDER, "Modtageren er skjult. Skriv modtageren.")
UNWRITTEN_SUBJECT = Remark(ProblemKind.PLACEHOLDER, "Emnet er skjult. Skriv emnet.")
#: The braces hold the quoted text, or nothing.
STRAY = Remark(ProblemKind.STRAY, "Der er tekst uden for kolonnerne{}. Er der et semikolon for meget?", NOTICE)
SUM = Remark(ProblemKind.SUM, "Rækken er en sum og indlæses ikke.")
NOTE = Remark(ProblemKind.NOTE, "Rækken er en note og indlæses ikke.")
HEADERS = Remark(ProblemKind.HEADERS, "Rækken gentager overskrifterne og indlæses ikke.")
