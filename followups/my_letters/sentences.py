"""Danish sentences of *Mine breve* about the letters. Numbers up to twelve are written as words."""

from __future__ import annotations

from followups.my_letters.worklist import Worklist
from sepo_incident.core import danish


def undecided_sentence(letters: Worklist) -> str:
    """Return how many letters lack a decision and how many wait for an answer, or "" before the follow-up is opened."""
    lack, wait = len(letters.undecided), len(letters.with_desk)
    if not letters.with_followup:
        return ""
    if letters.total == 1:
        return (
            "Du venter på svar om det." if wait else "Det mangler en beslutning." if lack else "Det har en beslutning."
        )
    if not lack:
        return (
            "Alle har en beslutning."
            if not letters.without_followup
            else f"{_count_of_them(letters.decided)} har en beslutning."
        )
    if wait == lack:
        return f"Du venter på svar om {'dem alle' if wait == letters.total else f'{_neuter_number(wait)} af dem'}."
    if lack == letters.total:
        said = "Ingen af dem har en beslutning endnu."
    else:
        said = f"{_count_of_them(letters.undecided)} mangler en beslutning."
    return f"{said} Du venter på svar om {_neuter_number(wait)} af dem." if wait else said


def advice_sentence(letters: Worklist, *, is_overdue: bool) -> str:
    """Return the advice about the letter to begin with, and the reason."""
    if letters.sent_back:
        return _sent_back_sentence(letters)
    if letters.asked_by_desk:
        return _asked_by_desk_sentence(letters)
    overdue, answered = len(letters.overdue), len(letters.answered_by_desk)
    if len(letters.undecided) == 1:
        return _advice_about_one(letters, is_overdue=is_overdue)
    if answered:
        said = f"Du har fået svar om {_letter_count(answered)}. Tag {_pronoun(answered)} først"
        if not overdue:
            return f"{said}."
        those = "det" if overdue == 1 else f"de {_neuter_number(overdue)}"
        return f"{said}, og derefter {those}, hvor datoen er passeret."
    if overdue:
        return f"I {_neuter_number(overdue)} af brevene er datoen passeret. Tag {_pronoun(overdue)} først."
    if is_overdue:
        return "Modtagerne har stadig ikke fået brevene. Beslut nu, og ring, hvis du er i tvivl."
    return "Modtagerne ved ikke, at de mangler et brev. Tag det øverste først."


def _sent_back_sentence(letters: Worklist) -> str:
    back = len(letters.sent_back)
    said = f"Din leder har sendt {_letter_count(back)} tilbage til dig."
    if letters.to_decide:
        return f"{said} Tag {_pronoun(back)} først."
    return f"{said} Ret beslutningen, eller svar."


def _asked_by_desk_sentence(letters: Worklist) -> str:
    asked, first = len(letters.asked_by_desk), " først" if len(letters.undecided) > 1 else ""
    return f"Du er blevet spurgt om {_letter_count(asked)}. Svar{first}."


def _advice_about_one(letters: Worklist, *, is_overdue: bool) -> str:
    """Return the advice for a list of a single letter, without the word «først»."""
    if letters.answered_by_desk:
        return "Du har fået svar om brevet. Beslut nu, hvad der skal ske."
    if letters.overdue:
        return "Brevets dato er passeret. Beslut nu, hvad der skal ske."
    if is_overdue:
        return "Modtageren har stadig ikke fået brevet. Beslut nu, og ring, hvis du er i tvivl."
    return "Modtageren ved ikke, at der mangler et brev."


def waiting_sentence(letters: Worklist) -> str:
    """Return what is left when no letter is in hand: to send, to answer, proof of arrival, or an answer from a desk."""
    to_send, to_answer, asked = len(letters.to_send), len(letters.to_answer), len(letters.with_desk)
    said = []
    if to_send:
        what = "brevet" if to_send == 1 else f"de {_neuter_number(to_send)} breve"
        said.append(f"Send {what} fra Outlook, og markér {_pronoun(to_send)} som sendt.")
    if to_answer:
        them = "det brev" if to_answer == 1 else f"de {_neuter_number(to_answer)} breve"
        said.append(f"Åbn {them}, der mangler svar, så lederen kan bekræfte.")
    if letters.awaiting_proof and not said and not asked:
        said.append(_awaiting_proof_sentence(letters))
    if asked:
        also = "også " if said else ""
        said.append(f"Du venter {also}på svar om {_letter_count(asked)}. Du kan stadig selv beslutte.")
    return " ".join(said)


def _awaiting_proof_sentence(letters: Worklist) -> str:
    """Return how far the leader is, and that the sender must still report arrivals."""
    they = "det" if len(letters.awaiting_proof) == 1 else "de"
    return f"{finished_sentence(letters)} Skriv, når du ved, om {they} er kommet frem."


def finished_sentence(letters: Worklist) -> str:
    """Return what happens next when the sender has nothing more to do for now."""
    if letters.without_followup:
        return f"Du har behandlet {_letter_count(len(letters.done_by_sender))}. Resten er ikke åbnet endnu."
    is_one, leader = letters.total == 1, "din leder" if letters.leaders else "en leder"
    decided = "Dit brev har en beslutning" if is_one else "Alle dine breve har en beslutning"
    them, the_leader = "det" if is_one else "dem", danish.capitalized(leader)
    if letters.confirmed_count == len(letters.done_by_sender):
        return f"{decided}, og {leader} har bekræftet {them}."
    if letters.confirmed_count:
        confirmed = _neuter_number(letters.confirmed_count)
        return f"{decided}. {the_leader} har bekræftet {confirmed} af dem og mangler resten."
    return f"{decided}. Nu skal {leader} bekræfte {them}."


def _count_of_them(letters: list) -> str:
    """Return for example «Et af dem», «Tre af dem»."""
    return f"{danish.capitalized(_neuter_number(len(letters)))} af dem"


def _letter_count(number: int) -> str:
    return "et brev" if number == 1 else f"{_neuter_number(number)} breve"


def _neuter_number(number: int) -> str:
    """Return the number as a word in neuter gender, as «brev» needs: «et», not «én»."""
    return "et" if number == 1 else danish.number_word(number)


def _pronoun(number: int) -> str:
    return "det" if number == 1 else "dem"
