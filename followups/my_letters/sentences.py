"""Danish sentences of *Mine breve*: how far the letters are, and what the sender must do now."""

from __future__ import annotations

from followups.my_letters.worklist import Worklist
from letters.models import Incident
from sepo_incident.core import danish


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
    what = [said.format(_letter_count(len(them))) for them, said in jobs if them]
    return f"Nu mangler du at {danish.join_with_and(what)}." if what else ""


def next_sentence(letters: Worklist) -> str:
    """Return the next step of the desk, Koncern IT or the leader; "" before the first decision."""
    if letters.with_desk:
        return f"Du venter på svar om {_letter_count(len(letters.with_desk))}. Du må gerne beslutte, før svaret kommer."
    if letters.without_followup:
        return (
            f"Koncern IT gør {_letter_count(len(letters.without_followup))} klar. Du får en mail, når du skal i gang."
        )
    decided, confirmed = len(letters.decided), len(letters.confirmed)
    if not decided:
        return ""
    if confirmed == decided:
        return "Beslutningen er bekræftet." if decided == 1 else "Alle beslutningerne er bekræftet."
    if not confirmed:
        leader = "Din leder" if letters.leaders else "En leder"
        return f"{leader} bekræfter {'beslutningen' if decided == 1 else 'beslutningerne'}."
    return f"{danish.number(confirmed)} af {danish.number(decided)} beslutninger er bekræftet."


def _letter_count(number: int) -> str:
    return danish.count(number, "brev", "breve")
