"""What the sender must do, as the jobs of *Mine breve* in order, and the sentences above and beside them."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import date
from urllib.parse import quote

from django.utils.html import format_html

from followups.models import LetterRow
from followups.my_letters.worklist import SubstituteWorklist, Worklist
from followups.selection import format_current_versions
from letters.models import AdministrationPlan, Incident
from sepo_incident.core import danish
from sepo_incident.core.jinja import url
from sepo_incident.core.panels import PRIMARY, SECONDARY, Action, Actions
from sepo_incident.core.template_tags import icon, too_many_for_address


@dataclass(frozen=True)
class TickBar:
    """The bar below ticked letters: its button, by the number of ticks, and a button or a link for all letters.

    `versions`: what the button `all_label`, or the only button of a single letter (`only_label`), sends. `able`: how
    many of the `count` letters can have the same decision; 0 hides the link to `url`.
    """

    label: str = "Valgte breve"
    hint: str = ""
    button: str = ""
    one: str = ""
    many: str = ""
    style: str = SECONDARY
    versions: str = ""
    all_label: str = ""
    only_label: str = ""
    url: str = ""
    count: int = 0
    able: int = 0


DECIDE_BAR = TickBar(
    "Én beslutning om flere breve",
    "Samme beslutning om flere breve? Sæt kryds.",
    "Beslut det samme for de valgte",
    "Beslut om det valgte",
    "Beslut det samme for {n} breve",
)
ANSWER_BAR = TickBar(
    "Ét svar om flere breve",
    "Samme svar om flere breve? Sæt kryds.",
    "Svar for de valgte",
    "Svar for 1 brev",
    "Svar for {n} breve",
)


@dataclass(frozen=True)
class Job:
    """Letters that await the same act, drawn by `partial`. `name`: id of the heading. `pickable`: ids with a box."""

    partial: str
    name: str
    heading: str
    letters: list[LetterRow]
    caption: str = ""
    text: str = ""
    style: str = ""
    pickable: Collection[int] = ()
    bar: TickBar | None = None
    actions: Actions | None = None

    @property
    def picks(self) -> bool:
        return len(self.pickable) > 1

    @property
    def is_posted(self) -> bool:
        return too_many_for_address(len(self.pickable))


def list_jobs(letters: Worklist) -> list[Job]:
    """Return the jobs with letters; the first that the sender can do now stands out."""
    jobs = [_decide(letters), _send(letters), _answer(letters), _prove(letters), *_waiting(letters)]
    shown = [job for job in jobs if job.letters]
    return [replace(job, style="is-now") if job.name == letters.first_job else job for job in shown]


def _decide(letters: Worklist) -> Job:
    waiting = letters.to_act_on
    heading = f"Svar lederen om {letter_count(len(letters.sent_back))}"
    if letters.to_decide:
        heading = f"Tag stilling til {letter_count(len(waiting))}"
    decide_url, actions = url("decide_my_letters"), []
    if letters.alike:
        category, number = letters.alike
        label = f"Beslut det samme for {danish.number(number)} breve om {category}"
        actions.append(Action(label, f"{decide_url}?alle=1&emne={quote(category)}", PRIMARY))
    if waiting:
        label = "Åbn brevet" if len(waiting) == 1 else "Åbn det øverste brev"
        html = format_html("{} {}", label, icon("arrow-forward"))
        actions.append(Action(html, url("letter", waiting[0].pk), SECONDARY if letters.alike else PRIMARY))
    pickable = [letter.pk for letter in letters.to_decide if not letter.is_personnel_case]
    bar = _bulk_bar(DECIDE_BAR, decide_url, letters.undecided)
    return Job("decide", "beslut", heading, waiting, pickable=pickable, bar=bar, actions=Actions(actions))


def _bulk_bar(bar: TickBar, decide_url: str, undecided: list[LetterRow]) -> TickBar:
    able = sum(letter.accepts_bulk_decision for letter in undecided)
    return replace(bar, url=f"{decide_url}?alle=1", count=len(undecided), able=able)


def _send(letters: Worklist) -> Job:
    waiting = letters.to_send
    text = "Send brevene fra Outlook. Sæt så kryds ved dem, du har sendt."
    if len(waiting) == 1:
        text = "Send brevet fra Outlook."
    if letters.not_arrived_count:
        text += " Kom et brev ikke frem, så send det på en anden måde."
    bar = _done_bar("er sendt", waiting, waiting, is_first=letters.first_job == "send")
    ids = [letter.pk for letter in waiting]
    return Job("send", "send", f"Send {letter_count(len(waiting))}", waiting, "Brevets dato", text, "", ids, bar)


def _answer(letters: Worklist) -> Job:
    heading = f"Besvar de manglende spørgsmål om {letter_count(len(letters.to_answer))}"
    return Job("answer", "svar", heading, letters.to_answer, pickable=letters.answerable_ids, bar=ANSWER_BAR)


def _prove(letters: Worklist) -> Job:
    waiting, provable = letters.without_proof, letters.provable
    what = danish.count(len(waiting), "brev er kommet frem", "breve er kommet frem")
    late = ""
    if letters.unproven:
        html = '<a class="late" href="?vis=uden-bevis">{} er sendt for mere end tre arbejdsdage siden.</a> '
        late = format_html(html, letter_count(len(letters.unproven)))
    text = format_html("{}{}", late, "Ét bevis kan gælde flere breve." if len(provable) > 1 else "")
    bar = _done_bar("er kommet frem", waiting, provable, is_first=letters.first_job == "bevis")
    return Job("prove", "bevis", f"Vis, at {what}", waiting, "Sendt", text, "", [one.pk for one in provable], bar)


def _done_bar(done: str, waiting: list[LetterRow], able: list[LetterRow], *, is_first: bool) -> TickBar:
    """Return the bar of a job whose letters the sender says are `done`, for example «er sendt»."""
    versions, style = format_current_versions(able), PRIMARY if is_first else SECONDARY
    if len(waiting) == 1:
        return TickBar(style=style, versions=versions, only_label=f"Brevet {done}")
    is_many = len(able) > 1
    return TickBar(
        hint="Sæt kryds, eller vælg alle." if is_many else "Sæt kryds ved brevet.",
        button=f"De valgte {done}",
        one=f"Det valgte {done}",
        many=f"De {{n}} {done}",
        style=style,
        versions=versions,
        all_label=f"Alle {danish.number(len(able))} {done}" if is_many else "",
    )


def _waiting(letters: Worklist) -> list[Job]:
    with_desk = [] if letters.to_act_on else letters.with_desk
    heading = f"Afventer svar om {letter_count(len(with_desk))}"
    unready, number = letters.without_followup, danish.number(len(letters.without_followup))
    told = "Koncern IT gør listen klar. Du får en mail, når du skal i gang."
    return [
        Job("wait", "afventer", heading, with_desk, "Breve, der afventer svar"),
        Job("wait", "ikke-klar", f"Ikke klar endnu ({number})", unready, "Breve, der ikke er klar endnu", told),
    ]


def substitute_job(letters: SubstituteWorklist) -> Job:
    bar = replace(DECIDE_BAR, label="Én beslutning om flere breve, som stedfortræder")
    bar = _bulk_bar(bar, url("decide_as_substitute"), letters.undecided)
    return Job("", "stedfortraeder", "", [], pickable=letters.pickable, bar=bar)


# --- Sentences -------------------------------------------------------------------------------------------------------


def state_sentence(letters: Worklist, incident: Incident) -> str:
    """Return what went wrong with the letters, or how many have a decision."""
    decided, total = len(letters.decided), letters.total
    if not decided:
        which = "Et af dine breve" if total == 1 else f"{danish.capitalized(danish.number_word(total))} af dine breve"
        return f"{which} fra {incident.window} {incident.fault.short}."
    if decided < total:
        return f"{danish.number(decided)} af dine {danish.number(total)} breve har en beslutning."
    return "Dit brev har en beslutning." if total == 1 else f"Alle dine {danish.number(total)} breve har en beslutning."


def remaining_sentence(letters: Worklist) -> str:
    """Return what the sender must do now, in the order of the page; "" if nothing."""
    jobs = [
        (letters.sent_back, "svare lederen om {}"),
        (letters.to_decide, "tage stilling til {}"),
        (letters.to_send, "sende {}"),
        (letters.to_answer, "besvare de manglende spørgsmål om {}"),
        (letters.without_proof, "vise, at {} er kommet frem"),
    ]
    what = [said.format(letter_count(len(them))) for them, said in jobs if them]
    return f"Nu mangler du at {danish.join_with_and(what)}." if what else ""


def next_sentence(letters: Worklist) -> str:
    """Return the next step of the desk, Koncern IT or the leader; "" before the first decision."""
    if letters.with_desk:
        return f"Du venter på svar om {letter_count(len(letters.with_desk))}. Du må gerne beslutte, før svaret kommer."
    if letters.without_followup:
        return f"Koncern IT gør {letter_count(len(letters.without_followup))} klar. Du får en mail, når du skal i gang."
    decided, confirmed = len(letters.decided), len(letters.confirmed)
    if not decided:
        return ""
    if confirmed == decided:
        return "Beslutningen er bekræftet." if decided == 1 else "Alle beslutningerne er bekræftet."
    if not confirmed:
        leader = "Din leder" if letters.leaders else "En leder"
        return f"{leader} bekræfter {'beslutningen' if decided == 1 else 'beslutningerne'}."
    return f"{danish.number(confirmed)} af {danish.number(decided)} beslutninger er bekræftet."


def plan_sentence(plan: AdministrationPlan, incident: Incident, today: date) -> str:
    """Return the deadline that the sender's administration has set before the incident's; "" if it has set none."""
    if plan.deadline is None or plan.deadline == incident.deadline:
        return ""
    verb = "var" if plan.deadline < today else "er"
    return format_html("Jeres egen frist {} <strong>{}</strong>.", verb, danish.weekday_date(plan.deadline))


def letter_count(number: int) -> str:
    return danish.count(number, "brev", "breve")
