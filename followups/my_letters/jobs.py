"""What the sender must do, as the jobs of *Mine breve* in order, and the sentences above and beside them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from urllib.parse import quote

from django.utils.html import format_html

from followups.models import FollowUp, LetterRow
from followups.my_letters.worklist import SubstituteWorklist, Worklist
from followups.selection import format_current_versions
from letters.models import Incident
from sepo_incident.core import danish
from sepo_incident.core.jinja import url
from sepo_incident.core.panels import PRIMARY, SECONDARY, Action
from sepo_incident.core.template_tags import icon, too_many_for_address


@dataclass(frozen=True)
class Job:
    """Letters that await the same act, drawn by `partial`. `name`: id of the heading; `caption`: of the table.

    `pickable`: the letters with a check box; `versions`: what a button about all of them sends. `able`: how many
    letters can have the same decision.
    """

    partial: str
    name: str
    heading: str
    letters: list[LetterRow]
    pickable: Collection[int] = ()
    caption: str = ""
    text: str = ""
    versions: str = ""
    able: int = 0
    actions: Sequence[Action] = ()
    is_first: bool = False

    @property
    def picks(self) -> bool:
        return len(self.pickable) > 1

    @property
    def is_posted(self) -> bool:
        return too_many_for_address(len(self.pickable))

    @property
    def button_style(self) -> str:
        return PRIMARY if self.is_first else SECONDARY


def list_jobs(letters: Worklist) -> list[Job]:
    """Return the jobs with letters; the first that the sender can do now stands out."""
    jobs = [_decide(letters), _resend(letters), _send(letters), _answer(letters), _prove(letters), *_waiting(letters)]
    return [replace(job, is_first=job.name == letters.first_job) for job in jobs if job.letters]


def _decide(letters: Worklist) -> Job:
    waiting, actions = letters.to_act_on, []
    what = "Tag stilling til" if letters.to_decide else "Svar lederen om"
    if letters.alike:
        category, number = letters.alike
        label = f"Beslut det samme for {danish.number(number)} breve om {category}"
        actions.append(Action(label, f"{url('decide_my_letters')}?alle=1&emne={quote(category)}", PRIMARY))
    if waiting:
        label = "Åbn brevet" if len(waiting) == 1 else "Åbn det øverste brev"
        html = format_html("{} {}", label, icon("arrow-forward"))
        actions.append(Action(html, url("letter", waiting[0].pk), SECONDARY if letters.alike else PRIMARY))
    pickable = [letter.pk for letter in letters.to_decide if not letter.is_personnel_case]
    heading, able = f"{what} {letter_count(len(waiting))}", _able(letters.undecided)
    return Job("decide", "beslut", heading, waiting, pickable, able=able, actions=actions)


def _able(undecided: list[LetterRow]) -> int:
    return sum(letter.accepts_bulk_decision for letter in undecided)


def _send(letters: Worklist) -> Job:
    waiting, ids = letters.to_send, [letter.pk for letter in letters.to_send]
    text = _how_to_send(waiting)
    if len(waiting) > 1:
        text += " Sæt så kryds ved dem, du har sendt."
    if letters.not_arrived_count:
        text += " Kom et brev ikke frem, så send det på en anden måde."
    heading, versions = f"Send {letter_count(len(waiting))}", format_current_versions(waiting)
    return Job("send", "send", heading, waiting, ids, "Brevets dato", text, versions)


def _how_to_send(waiting: list[LetterRow]) -> str:
    what = "brevet" if len(waiting) == 1 else "brevene"
    ways = {letter.followup.remedy == FollowUp.Remedy.PAPER for letter in waiting}
    if ways == {True, False}:
        return "Send brevene på papir med posten og de andre fra Outlook."
    return f"Send {what} med posten." if ways == {True} else f"Send {what} fra Outlook."


def _resend(letters: Worklist) -> Job:
    """Return the job of the letters of which a receipt says that they did not arrive when they were sent again."""
    number = len(letters.refused)
    heading = danish.count(number, "brev nåede ikke frem", "breve nåede ikke frem")
    text = "Send brevet med brevpost eller til en anden adresse. Åbn det så, og skriv, hvordan du sendte det."
    if number > 1:
        text = "Send brevene med brevpost eller til en anden adresse. Åbn dem så, og skriv, hvordan du sendte dem."
    return Job("wait", "afvist", heading, letters.refused, caption="Breve, der ikke nåede frem", text=text)


def _answer(letters: Worklist) -> Job:
    heading = f"Besvar de manglende spørgsmål om {letter_count(len(letters.to_answer))}"
    return Job("answer", "svar", heading, letters.to_answer, letters.answerable_ids)


def _prove(letters: Worklist) -> Job:
    waiting, provable, text = letters.without_proof, letters.provable, ""
    if letters.unproven:
        html = '<a class="late" href="?vis=uden-bevis">{} er sendt for mere end tre arbejdsdage siden.</a> '
        text = format_html(html, letter_count(len(letters.unproven)))
    if len(provable) > 1:
        text = format_html("{}{}", text, "Ét bevis kan gælde flere breve.")
    heading = f"Vis, at {danish.count(len(waiting), 'brev er kommet frem', 'breve er kommet frem')}"
    ids, versions = [letter.pk for letter in provable], format_current_versions(provable)
    return Job("prove", "bevis", heading, waiting, ids, "Sendt", text, versions)


def _waiting(letters: Worklist) -> list[Job]:
    with_desk = [] if letters.to_act_on else letters.with_desk
    heading = f"Afventer svar om {letter_count(len(with_desk))}"
    unready, number = letters.without_followup, danish.number(len(letters.without_followup))
    told = "Koncern IT gør listen klar. Du får en mail, når du skal i gang."
    return [
        Job("wait", "afventer", heading, with_desk, caption="Breve, der afventer svar"),
        Job("wait", "ikke-klar", f"Ikke klar endnu ({number})", unready, (), "Breve, der ikke er klar endnu", told),
    ]


def substitute_job(letters: SubstituteWorklist) -> Job:
    undecided = letters.undecided
    return Job("", "stedfortraeder", "", undecided, letters.pickable, able=_able(undecided))


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
        (letters.refused, "sende {} på en anden måde"),
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
    if letters.awaiting_leader:
        leader = "Din leder" if letters.has_leader else "En leder"
        return f"{leader} bekræfter {danish.count(len(letters.awaiting_leader), 'beslutning', 'beslutninger')}."
    if letters.undecided or len(letters.decided) > len(letters.followed_up):
        return ""
    return {0: "", 1: "Brevet er fulgt op."}.get(len(letters.decided), "Alle breve er fulgt op.")


def letter_count(number: int) -> str:
    return danish.count(number, "brev", "breve")
