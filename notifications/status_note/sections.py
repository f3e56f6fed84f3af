"""The sections of the status note: the system's own text of each, and the two outlines.

A note has one of two `OUTLINES`: the same sections in another order, under other headings. A text is written in the
markup of `text`. Whoever edits a section starts from this text. A sentence stands only where its figure says something:
no «0 breve …», and «vi kender ikke til …» only while it is so. A section without anything to say is left out.
"""

from collections.abc import Callable, Iterable
from typing import NamedTuple

from followups.reporting.consequences import AMOUNT, GRAVE, MONEY_UNKNOWN, money_knowledge
from followups.reporting.figure_definitions import ADMINISTRATION, NO_ADMINISTRATION, NO_SUBJECT, keys_of
from notifications.status_note.facts import DELETIONS, MUNICIPALITY_LETTERS, NoteFacts
from notifications.status_note.story import in_sentence
from notifications.status_note.tables import (
    MAX_BARS,
    annex_table,
    largest_categories,
    mail_blocks,
    measures_table,
    status_table,
    subject_bars,
)
from notifications.status_note.text import Block
from sepo_incident.core import danish

#: So many letters to employees hide the recipient of each.
MIN_EMPLOYEE_LETTERS = 5


class Section(NamedTuple):
    """A section with its heading, "" under the heading of the part.

    `tables`: blocks after the text, which nobody edits.
    `explains_tables`: the text explains the tables, so it follows them in small print. `is_annex`: on pages of its own
    at the end, closed on the page, and nobody edits it.
    """

    key: str
    heading: str
    prose: Callable[[NoteFacts], str]
    tables: Callable[[NoteFacts], list[Block]] = lambda facts: []
    explains_tables: bool = False
    is_annex: bool = False


# --- The summary: five sentences -----------------------------------------------------------------------------------


def summary_text(facts: NoteFacts) -> str:
    """Return what happened, to how many letters, whether it is fixed, what is known, and what the reader is asked."""
    fixed = facts.incident.fix_report
    return " ".join([_fault(facts), _how_many(facts), fixed, _what_is_known(facts), _asked(facts)])


def _fault(facts: NoteFacts) -> str:
    incident = facts.incident
    which = "En del af de breve" if facts.story.sent_in_all else "Nogle af de breve"
    return (
        f"{which}, som kommunen sendte som sikker post gennem {incident.system} {incident.window_in_words}, "
        f"{incident.fault.short}."
    )


def _how_many(facts: NoteFacts) -> str:
    whom = ""
    if facts.tells_subjects and facts.value("letters.citizen") and facts.value("letters.employee"):
        whom = " til borgere og medarbejdere"
    if not facts.unit.is_root:
        own = danish.genitive(facts.unit.name)
        return f"Det gælder {{~letters}} af {own} breve{whom} og {{~{MUNICIPALITY_LETTERS}}} i hele kommunen."
    hit = [key for key in keys_of(ADMINISTRATION, facts.figures) if facts.value(key) and key != NO_ADMINISTRATION]
    parts = ""
    if len(hit) > 1:
        largest = max(hit, key=facts.value)
        parts = f" fra {danish.number_word(len(hit))} forvaltninger, heraf {{{largest}}} fra "
        parts += facts.figures[largest].label
    return f"Det gælder {{~letters}} {'brev' if facts.value('letters') == 1 else 'breve'}{whom}{parts}."


def _what_is_known(facts: NoteFacts) -> str:
    """Return what is known of a breach, of grave consequences and of money, in one sentence."""
    grave, money = facts.value(GRAVE), _money(facts)
    if grave:
        harm = f"der er registreret {{{GRAVE}}} {'alvorlig konsekvens' if grave == 1 else 'alvorlige konsekvenser'}"
    elif facts.value("letters.has_decision"):
        harm = "der er ikke registreret alvorlige konsekvenser"
    else:
        harm = "konsekvenserne for modtagerne kendes ikke endnu"
    known = {"": "de kendte økonomiske konsekvenser er {amount} kr.", MONEY_UNKNOWN: "økonomien kendes ikke endnu"}
    cost = known.get(money, "der er ikke oplyst økonomiske konsekvenser")
    return f"{danish.capitalized(harm)}, {cost}, og {facts.story.breach}."


def _asked(facts: NoteFacts) -> str:
    deadline = in_sentence(_deadline(facts)).removesuffix(".")
    if not facts.value("letters.not_followed_up"):
        every = "" if facts.value("letters.followed_up") == 1 else "alle "
        return f"Der er fulgt op på {every}{facts.noun('letters.followed_up')}, og sagen er til orientering."
    done = "Der er ikke fulgt op på brevene endnu"
    if facts.value("letters.followed_up"):
        done = f"Der er fulgt op på {facts.noun('letters.followed_up')}, men ikke på {{letters.not_followed_up}}"
    return f"{done}; {deadline}, og sagen er til orientering."


def _deadline(facts: NoteFacts) -> str:
    return danish.deadline_sentence(facts.deadline, danish.local_date(facts.taken_at))


# --- What happened -------------------------------------------------------------------------------------------------


def happened_text(facts: NoteFacts) -> str:
    incident, story = facts.incident, facts.story
    code = f" ({facts.unit.code})" if facts.unit.code else ""
    total = "{~letters}" if facts.unit.is_root else f"{{~{MUNICIPALITY_LETTERS}}}"
    first = f"Fejlen ramte breve sendt {incident.window_in_words}: {total} {incident.fault.short}. "
    if story.sent_in_all:
        first = f"I perioden sendte kommunen {story.sent_in_all}. Fejlen ramte en del af dem: {total} "
        first += f"{incident.fault.short}. "
    units = "{units} enhed" if facts.value("units") == 1 else "{units} enheder eller underenheder"
    sender = (
        f"Brevene er sendt fra {units}. "
        if facts.unit.is_root
        else f"{facts.unit.name}{code} havde sendt {{~letters}} af dem, fra {units}. "
    )
    system = f"Kommunen sendte brevene som sikker post gennem {incident.system}."
    return "\n\n".join(filter(None, [f"{system} {first}{sender}".strip(), story.cause, story.fix]))


def discovered_text(facts: NoteFacts) -> str:
    return _bullets(facts.story.found_out)


def subjects_text(facts: NoteFacts) -> str:
    if not facts.tells_subjects:
        return "Emner og modtagere står her ikke. Brevene er fra så få enheder, at et tal kunne pege på en person."
    whom = f"{facts.noun('letters.citizen')} er til borgere, og {{letters.employee}} er til medarbejdere"
    whom += f"{_employee_subject(facts)}."
    if facts.value("letters.unknown"):
        whom += f" For {facts.noun('letters.unknown')} siger listen ikke, hvem modtageren er."
    named = [f"{in_sentence(facts.figures[key].label)} ({{{key}}})" for key in largest_categories(facts)[:4]]
    largest = f"De største emner er {danish.join_with_and(named)}." if named else ""
    none = facts.if_any(NO_SUBJECT, f"{facts.noun(NO_SUBJECT)} har intet emne.")
    rest = "Resten fordeler sig på mange emner." if len(largest_categories(facts)) > MAX_BARS else ""
    return "\n\n".join(filter(None, [whom, " ".join(filter(None, [largest, none, rest]))]))


def _employee_subject(facts: NoteFacts) -> str:
    """Return «, mest om sygefraværssamtaler» where more than half of the letters to employees have one category.

    Of a few letters nothing is said: the reader could know to whom they are.
    """
    employees = set(facts.figures["letters.employee"].letters or ())
    if len(employees) < MIN_EMPLOYEE_LETTERS:
        return ""
    for key in largest_categories(facts):
        if 2 * len(employees.intersection(facts.figures[key].letters or ())) > len(employees):
            return f", mest om {in_sentence(facts.figures[key].label)}"
    return ""


# --- What it led to ------------------------------------------------------------------------------------------------


def breach_text(facts: NoteFacts) -> str:
    told = facts.story.breach_known or ["Der er ikke registreret et muligt brud."]
    return "\n\n".join([*told, *facts.story.claims])


def consequences_text(facts: NoteFacts) -> str:
    lines = [
        _grave(facts),
        facts.if_any(
            "letters.passed",
            f"I {facts.noun('letters.passed')} er en frist eller et møde passeret, før der er truffet beslutning.",
        ),
        facts.if_any(
            "letters.missed",
            f"I {facts.noun('letters.missed')} var en frist eller et møde passeret, da der blev truffet beslutning.",
        ),
        facts.if_any(
            "letters.harm",
            f"{facts.noun('letters.harm')} har fået konsekvenser. For {{letters.harm_handled}} er de håndteret.",
            _no_harm(facts),
        ),
        facts.if_any(
            "letters.harm_open", f"For {facts.noun('letters.harm_open')} er konsekvenserne endnu ikke håndteret."
        ),
        facts.if_any(
            "letters.decision_changed", f"{facts.noun('letters.decision_changed')} har ført til en ændret afgørelse."
        ),
        facts.if_any(
            "letters.paper", f"{facts.noun('letters.paper')} sendes på papir, fordi modtageren ikke kan nås digitalt."
        ),
        facts.if_any("letters.gone", f"{facts.noun('letters.gone')} kan ikke sendes igen, fordi originalen mangler."),
        facts.if_any("letters.not_arrived", f"{facts.noun('letters.not_arrived')} er sendt igen uden at komme frem."),
        *(facts.if_any(one.key, one.told.format(facts.noun(one.key))) for one in DELETIONS),
    ]
    return _bullets(lines) or "Der er ikke noget sikkert at sige endnu."


def _grave(facts: NoteFacts) -> str:
    """Return the number of grave consequences, and how many are dealt with; that there are none, or "" unless known."""
    number, still_open = facts.value(GRAVE), facts.value(f"{GRAVE}.open")
    if not number:
        return "Der er ikke registreret alvorlige konsekvenser." if facts.value("letters.has_decision") else ""
    noun = "alvorlig konsekvens" if number == 1 else "alvorlige konsekvenser"
    if not still_open:
        return f"Der er registreret {{{GRAVE}}} {noun}. {'Den' if number == 1 else 'Alle'} er håndteret."
    handled = f"{{{GRAVE}.handled}} er håndteret, og {{{GRAVE}.open}} er ikke håndteret endnu."
    return f"Der er registreret {{{GRAVE}}} {noun}. {handled}"


def _no_harm(facts: NoteFacts) -> str:
    """Return that no consequences are known. Only where somebody has answered."""
    if not facts.value("letters.has_decision") or facts.value("letters.harm_unknown"):
        return ""
    return f"Der kendes pt. ikke til konsekvenser af {facts.noun('letters.has_decision')} med en beslutning."


def economy_text(facts: NoteFacts) -> str:
    known = "Afsenderne har oplyst beløb for {amount} kr. i alt. Koncern IT's egen tid er ikke med."
    return _money(facts) or known


def _money(facts: NoteFacts) -> str:
    unknown = facts.value("letters.harm_unknown") + facts.value("letters.open")
    return money_knowledge(facts.value(AMOUNT), unknown)


def unknown_text(facts: NoteFacts) -> str:
    lines = [
        facts.if_any(
            "letters.harm_unknown",
            f"Om {facts.noun('letters.harm_unknown')} har fået konsekvenser. Afsenderne ved det ikke endnu.",
        ),
        facts.if_any(
            "letters.open", f"Om {facts.noun('letters.open')}, som ingen har besluttet noget om, har fået konsekvenser."
        ),
        facts.if_any("letters.arriving", f"Om {facts.noun('letters.arriving')}, der er sendt igen, er kommet frem."),
        *facts.story.breach_unknown,
        facts.story.cause_unknown,
        "" if facts.story.fix else "Om fejlen er rettet.",
        "Hvad fejlen koster." if _money(facts) == MONEY_UNKNOWN else "",
    ]
    return _bullets(lines) or "Der er ingen kendte uafklarede forhold."


# --- What is done about it -----------------------------------------------------------------------------------------


def solution_text(facts: NoteFacts) -> str:
    lists = "Koncern IT har lavet lister over brevene"
    told, annex = f"{lists}.", " (mailen til dem er bilag)" if facts.first_notice else ""
    if facts.value("mails.accepted"):
        told = (
            f"{lists} og givet dem til afsendere og ledere{annex}. Afsenderne har en vejledning og et udkast til en "
            "mail til modtageren. De kan få hjælp af forvaltningens support og i personalesager af "
            f"{facts.incident.personnel_contact}."
        )
    whole = danish.weekday_date(facts.incident.deadline)
    deadline = [
        f"Afsendere og ledere skal følge op på hvert brev. {_deadline(facts)}",
        f"Det er forvaltningens egen frist. For hele kommunen gælder {whole}."
        if facts.deadline < facts.incident.deadline
        else "",
        *facts.story.deadlines,
        facts.if_any(
            "letters.late", f"{facts.noun('letters.in_time')} blev fulgt op inden fristen, {{letters.late}} efter."
        ),
        facts.if_any("letters.overdue", f"{facts.noun('letters.overdue')} er stadig ikke fulgt op."),
    ]
    own = "Hver forvaltning vurderer selv, om brevene skal sendes igen, og hvad fejlen har betydet."
    plans = [own if facts.unit.is_root else "", facts.story.plans_sent, facts.story.plans_missing]
    said = [facts.story.statement, told, " ".join(filter(None, plans)), " ".join(filter(None, deadline))]
    return "\n\n".join(filter(None, said))


def status_text(facts: NoteFacts) -> str:
    change = ""
    if facts.dated_before and facts.unit.is_root and facts.has_changed("letters.followed_up"):
        change = f" Ændringen er det, der er fulgt op på siden {danish.day_month(facts.dated_before)}."
    return (
        "Et brev er fulgt op, når der er truffet beslutning, den er udført, og lederen har bekræftet. "
        "Det er kommet frem, når der er bevis for, at det ligger i modtagerens postkasse. Det tælles for sig."
        f"{change}"
    )


def supplier_text(facts: NoteFacts) -> str:
    return "\n\n".join(facts.story.supplier)


def process_text(facts: NoteFacts) -> str:
    lines = [
        facts.if_any("letters.lacks_decision", f"Afsenderne beslutter om {facts.noun('letters.lacks_decision')}."),
        facts.if_any("letters.decided", f"Afsenderne sender {facts.noun('letters.decided')}."),
        facts.if_any("letters.to_answer", f"Afsenderne besvarer spørgsmål om {facts.noun('letters.to_answer')}."),
        facts.if_any("letters.done", f"Lederne bekræfter {facts.noun('letters.done')}."),
        facts.if_any("letters.arriving", f"Afsenderne viser, at {facts.noun('letters.arriving')} er kommet frem."),
    ]
    days = list(facts.story.meetings)
    if facts.value("letters.not_followed_up"):
        whose = "Kommunens" if facts.unit.is_root else "Forvaltningens"
        days.append((facts.deadline, f"{whose} frist for at følge op på brevene."))
    else:
        lines = ["Der er fulgt op på alle breve.", *lines]
    coming = sorted(one for one in days if one[0] >= danish.local_date(facts.taken_at))
    return _bullets([*lines, *(f"{danish.capitalized(danish.weekday_date(day))}: {what}" for day, what in coming)])


def annex_text(facts: NoteFacts) -> str:
    return "Enheder, der selv har sendt mindst et af brevene. En underenheds breve tæller ikke med i enhedens tal."


def _bullets(lines: Iterable[str]) -> str:
    return "\n".join(f"- {line}" for line in lines if line)


SECTIONS = [
    Section("summary", "", summary_text),
    Section("happened", "Hvad skete der", happened_text),
    Section("discovered", "Hvordan det blev opdaget", discovered_text),
    Section("subjects", "Hvad brevene handler om", subjects_text, subject_bars),
    Section("breach", "Brud på persondatasikkerheden", breach_text),
    Section("consequences", "Konsekvenser for modtagerne", consequences_text),
    Section("economy", "Økonomi", economy_text),
    Section("solution", "Hvad der er gjort", solution_text),
    Section("status", "Hvor langt opfølgningen er", status_text, status_table, explains_tables=True),
    Section("supplier", "Leverandøren", supplier_text),
    Section("measures", "Tiltag", lambda facts: "", measures_table),
    Section("process", "Det næste", process_text),
    Section("unknown", "Det er ikke afklaret", unknown_text),
    Section("mail", "Mail til afsendere, uden personoplysninger", lambda facts: "", mail_blocks, is_annex=True),
    Section("annex", "Breve i hver enhed", annex_text, annex_table, is_annex=True),
]
SECTIONS_BY_KEY = {section.key: section for section in SECTIONS}


class Outline(NamedTuple):
    """A form of the note. `kind`: what it is called, before «til …». `parts`: (heading, keys of the sections)."""

    label: str
    kind: str
    parts: tuple[tuple[str, tuple[str, ...]], ...]


ORIENTATION, COMMITTEE_NOTE = "ORIENTATION", "COMMITTEE_NOTE"
_ANNEXES = ("Bilag", ("mail", "annex"))
OUTLINES = {
    ORIENTATION: Outline(
        "Orientering: Resumé, Sagsfremstilling, Løsning, Videre proces",
        "Orientering",
        (
            ("Resumé", ("summary",)),
            ("Sagsfremstilling", ("happened", "discovered", "subjects", "breach", "consequences", "economy")),
            ("Løsning", ("solution", "status", "supplier")),
            ("Videre proces", ("measures", "process", "unknown")),
            _ANNEXES,
        ),
    ),
    COMMITTEE_NOTE: Outline(
        "Notat: Resumé, Baggrund, Fordeling, Opfølgning, Konsekvenser",
        "Notat",
        (
            ("Resumé", ("summary",)),
            ("Baggrund", ("happened", "discovered")),
            ("Fordeling", ("subjects",)),
            ("Opfølgning", ("solution", "status", "supplier", "measures", "process")),
            ("Konsekvenser", ("breach", "consequences", "economy", "unknown")),
            _ANNEXES,
        ),
    ),
}
