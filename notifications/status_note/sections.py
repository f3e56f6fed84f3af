"""The sections of the status note: the system's own text of each, and the tables and the chart that nobody edits.

A text is written in the markup of `text`. Whoever edits a section starts from this text. A sentence stands only where
its figure says something: no «0 breve …», and «vi kender ikke til …» only while it is so.
"""

from collections.abc import Callable
from typing import NamedTuple

from followups.reporting.consequences import AMOUNT, MONEY_UNKNOWN, money_knowledge
from followups.reporting.figure_definitions import ADMINISTRATION, CATEGORY, NO_SUBJECT, OTHER, UNIT, keys_of
from letters.models import Incident
from notifications.status_note.facts import DELETIONS, MUNICIPALITY_LETTERS, NoteFacts
from notifications.status_note.story import in_sentence
from notifications.status_note.text import BEFORE, CHANGE, Block
from sepo_incident.core import danish

#: Figures of the status table; in bold: the two that a committee asks for. After all letters come those that are
#: followed up, and what is missing by whose turn it is, which together are all. The rest counts apart.
STATUS_ROWS = (
    ("letters", False),
    ("letters.followed_up", True),
    ("letters.lacks_decision", False),
    ("letters.decided", False),
    ("letters.to_answer", False),
    ("letters.done", False),
    ("letters.arrived", True),
    ("letters.arriving", False),
    ("letters.no_dispatch", False),
    ("letters.gone", False),
)
MAX_BARS = 8
_ALWAYS = ("letters.followed_up", "letters.arrived")


def status_table(facts: NoteFacts) -> list[Block]:
    """Return the table of figures now, in the version before, and the change; and one by administration for all."""
    rows = [(key, is_total) for key, is_total in STATUS_ROWS if facts.value(key) or key in ("letters", *_ALWAYS)]
    labels = {"letters": "Breve i alt" if facts.unit.is_root else f"Breve fra {facts.unit.short_name}"}
    blocks = [_compared(facts, "Breve", [(key, labels.get(key, ""), is_total) for key, is_total in rows])]
    administrations = keys_of(ADMINISTRATION, facts.figures)
    if facts.unit.is_root and administrations:
        blocks.append(_compared(facts, "Forvaltning", [(key, "", False) for key in administrations]))
    return blocks


def _compared(facts: NoteFacts, title: str, rows: list[tuple[str, str, bool]]) -> Block:
    days = [facts.taken_at, *([facts.dated_before] if facts.dated_before else [])]
    head = [title, *(danish.day_month(day).replace(" ", "\u00a0") for day in days)]
    if facts.dated_before:
        head.append("Ændring")
    return {
        "type": "table",
        "head": head,
        "rows": [
            {
                "label": label or danish.capitalized(facts.figures[key].label),
                "is_total": is_total,
                "figures": [key, *([key + BEFORE, key + CHANGE] if facts.dated_before else [])],
            }
            for key, label, is_total in rows
        ],
    }


def largest_categories(facts: NoteFacts) -> list[str]:
    """Return the keys of the categories with letters, the largest first, without the two that say nothing."""
    keys = [key for key in keys_of(CATEGORY, facts.figures) if facts.value(key) and key not in (NO_SUBJECT, OTHER)]
    return sorted(keys, key=lambda key: -facts.value(key))


def subject_bars(facts: NoteFacts) -> list[Block]:
    if not facts.tells_subjects:
        return []
    keys = largest_categories(facts)[:MAX_BARS]
    keys += [key for key in (NO_SUBJECT, OTHER) if facts.value(key)]
    if not keys:
        return []
    most = max(facts.value(key) for key in keys)
    rows = [
        {"label": facts.figures[key].label, "figure": key, "share": max(1, round(100 * facts.value(key) / most))}
        for key in keys
    ]
    return [{"type": "bars", "caption": "Breve efter emne", "rows": rows}]


def annex_table(facts: NoteFacts) -> list[Block]:
    keys = keys_of(UNIT, facts.figures)
    return [_compared(facts, "Enhed", [(key, "", False) for key in keys])] if keys else []


#: So many letters to employees hide the recipient of each.
MIN_EMPLOYEE_LETTERS = 5


class Section(NamedTuple):
    """`heading`: with {enhed} for the short name of the unit. `field`: the field of the Word template.

    `tables`: blocks after the text, which nobody edits.
    `explains_tables`: the text explains the tables, so it follows them in small print. `is_annex`: a table on wider
    pages at the end, closed on the page, whose text nobody edits.
    """

    key: str
    field: str
    heading: str
    prose: Callable[[NoteFacts], str]
    tables: Callable[[NoteFacts], list[Block]] = lambda facts: []
    explains_tables: bool = False
    is_annex: bool = False


def summary_text(facts: NoteFacts) -> str:
    owner = "kommunens" if facts.unit.is_root else danish.genitive(facts.unit.name)
    return (
        f"Der er fulgt op på {{letters.followed_up}} af {owner} {{~letters}} breve. "
        f"{facts.if_any('letters.not_followed_up', '{letters.not_followed_up} mangler. ')}"
        f"{facts.if_any('letters.arrived', 'Der er bevis for, at {letters.arrived} er kommet frem. ')}"
        f"{_deadline(facts)} Notatet er til orientering."
    )


def _deadline(facts: NoteFacts) -> str:
    return danish.deadline_sentence(facts.incident.deadline, danish.local_date(facts.taken_at))


def happened_text(facts: NoteFacts) -> str:
    incident, code = facts.incident, f" ({facts.unit.code})" if facts.unit.code else ""
    total = "{~letters}" if facts.unit.is_root else f"{{~{MUNICIPALITY_LETTERS}}}"
    first = f"Fejlen ramte breve fra {_days(incident)}: {total} af kommunens breve {incident.fault.short}. "
    sender = (
        "De er sendt fra {units} enheder eller underenheder. "
        if facts.unit.is_root
        else f"{facts.unit.name}{code} havde sendt {{~letters}} af dem, fra {{units}} enheder eller underenheder. "
    )
    told = f"Brevene var sendt som sikker post gennem {incident.system}."
    return "\n\n".join(filter(None, [first + sender + told, facts.story.cause, facts.story.found_out, facts.story.fix]))


def _days(incident: Incident) -> str:
    first, last = incident.first_day, incident.last_day
    if (first.year, first.month) == (last.year, last.month):
        return f"{first.day}. til {danish.date(last)}"
    from_day = danish.day_month(first) if first.year == last.year else danish.date(first)
    return f"{from_day} til {danish.date(last)}"


def status_text(facts: NoteFacts) -> str:
    return (
        "Et brev er fulgt op, når det er besluttet, udført og bekræftet af lederen. "
        "Det er kommet frem, når der er bevis for, at det ligger i modtagerens postkasse. Det tælles for sig."
    )


def subjects_text(facts: NoteFacts) -> str:
    if not facts.tells_subjects:
        return "Emner og modtagere står her ikke. Brevene er fra så få enheder, at et tal kunne pege på en person."
    whom = "{letters.citizen} breve er til borgere, og {letters.employee} er til medarbejdere"
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


def deadline_text(facts: NoteFacts) -> str:
    parts = [
        f"Afsendere og ledere skal følge op på hvert brev. {_deadline(facts)}",
        *facts.deadline_moves,
        facts.if_any("letters.late", "{letters.in_time} breve blev fulgt op inden fristen, {letters.late} efter."),
        facts.if_any("letters.overdue", f"{facts.noun('letters.overdue')} er stadig ikke fulgt op."),
    ]
    return " ".join(filter(None, parts))


def known_text(facts: NoteFacts) -> str:
    story = facts.story
    lines = [
        *story.claims,
        *story.breach_known,
        *(facts.if_any(one.key, one.known.format(facts.noun(one.key))) for one in DELETIONS if one.known),
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
            f"{facts.noun('letters.harm')} har fået konsekvenser. "
            "For {letters.harm_handled} er der taget hånd om dem.",
            _no_harm(facts),
        ),
        facts.if_any("letters.gone", f"{facts.noun('letters.gone')} kan ikke sendes igen, fordi originalen mangler."),
    ]
    return _bullets(lines) or "Der er ikke noget sikkert at sige endnu."


def _no_harm(facts: NoteFacts) -> str:
    """Return that no consequences are known. Only where somebody has answered."""
    if not facts.value("letters.has_decision") or facts.value("letters.harm_unknown"):
        return ""
    return f"Pt. kendes ikke til konsekvenser af {facts.noun('letters.has_decision')} med en beslutning."


def unknown_text(facts: NoteFacts) -> str:
    lines = [
        facts.if_any(
            "letters.harm_unknown",
            f"Om {facts.noun('letters.harm_unknown')} har fået konsekvenser. Afsenderne ved det ikke endnu.",
        ),
        facts.if_any("letters.open", f"Om {facts.noun('letters.open')} uden beslutning har fået konsekvenser."),
        facts.if_any("letters.arriving", f"Om {facts.noun('letters.arriving')}, der er sendt igen, er kommet frem."),
        *facts.story.breach_unknown,
        facts.story.cause_unknown,
        "" if facts.story.fix else "Om fejlen er rettet.",
        "Hvad fejlen koster." if _money(facts) == MONEY_UNKNOWN else "",
    ]
    return _bullets(lines) or "Der er ingen kendte uafklarede forhold."


def economy_text(facts: NoteFacts) -> str:
    known = "Afsenderne har oplyst beløb for {amount} kr. i alt. Koncern IT's egen tid er ikke med."
    return _money(facts) or known


def _money(facts: NoteFacts) -> str:
    unknown = facts.value("letters.harm_unknown") + facts.value("letters.open")
    return money_knowledge(facts.value(AMOUNT), unknown)


def done_text(facts: NoteFacts) -> str:
    lists = "Koncern IT har lavet lister over brevene"
    told = [
        f"{lists} og givet dem til afsendere og ledere.",
        "Afsenderne har en vejledning og et udkast til en mail til modtageren.",
        f"Afsenderne kan spørge DIT, og i personalesager {facts.incident.personnel_contact}.",
    ]
    lines = [*(told if facts.value("mails.accepted") else [f"{lists}."]), *facts.story.measures_done]
    return "\n\n".join(filter(None, [facts.story.statement, facts.story.plans_sent, _bullets(lines)]))


def left_text(facts: NoteFacts) -> str:
    lines = [
        facts.if_any("letters.lacks_decision", f"{facts.noun('letters.lacks_decision')} mangler beslutning."),
        facts.if_any("letters.decided", f"{facts.noun('letters.decided')} skal sendes."),
        facts.if_any("letters.to_answer", f"{facts.noun('letters.to_answer')} mangler svar om konsekvenser."),
        facts.if_any("letters.done", f"{facts.noun('letters.done')} venter på lederen."),
        facts.if_any("letters.arriving", f"{facts.noun('letters.arriving')} mangler bevis for at være kommet frem."),
        facts.if_any("letters.not_arrived", f"{facts.noun('letters.not_arrived')} er sendt igen uden at komme frem."),
        facts.if_any(
            "letters.harm_open", f"For {facts.noun('letters.harm_open')} er konsekvenserne endnu ikke afhjulpet."
        ),
        *(facts.if_any(one.key, one.missing.format(facts.noun(one.key))) for one in DELETIONS if one.missing),
    ]
    return "\n\n".join(filter(None, [_bullets(lines) or "Der er fulgt op på alle breve.", facts.story.plans_missing]))


def process_text(facts: NoteFacts) -> str:
    lines = [
        facts.if_any("letters.not_followed_up", f"Afsendere og ledere følger op på resten. {_deadline(facts)}"),
        facts.if_any("letters.decided", "Afsendere sender de breve, der er besluttet."),
        facts.if_any("letters.done", "Ledere bekræfter beslutningerne."),
        facts.if_any("letters.arriving", "Afsendere viser, at brevene er kommet frem."),
        facts.story.next_note,
    ]
    said, measures = " ".join(filter(None, lines)), facts.story.measures_to_do
    to_do = f"Tiltag, så det ikke sker igen:\n{_bullets(measures)}" if measures else ""
    return "\n\n".join(filter(None, [said, to_do]))


def annex_text(facts: NoteFacts) -> str:
    return "Enheder, der selv har sendt mindst et af brevene. En underenheds breve tæller ikke med i enhedens tal."


def _bullets(lines: list[str]) -> str:
    return "\n".join(f"- {line}" for line in lines if line)


SECTIONS = [
    Section("summary", "kort_fortalt", "Kort fortalt", summary_text),
    Section("happened", "hvad_er_der_sket", "Hvad er der sket", happened_text),
    Section("status", "tal", "Så langt er {enhed}", status_text, status_table, explains_tables=True),
    Section("subjects", "emner", "Hvad brevene handler om", subjects_text, subject_bars),
    Section("deadline", "frist", "Fristen", deadline_text),
    Section("known", "det_ved_vi", "Det ved vi", known_text),
    Section("unknown", "det_ved_vi_ikke", "Det ved vi ikke endnu", unknown_text),
    Section("economy", "oekonomi", "Økonomi", economy_text),
    Section("done", "det_er_gjort", "Det er gjort", done_text),
    Section("left", "det_mangler", "Det mangler", left_text),
    Section("process", "det_sker_nu", "Det sker nu", process_text),
    Section("annex", "bilag", "Bilag: breve i hver enhed", annex_text, annex_table, is_annex=True),
]
SECTIONS_BY_KEY = {section.key: section for section in SECTIONS}
