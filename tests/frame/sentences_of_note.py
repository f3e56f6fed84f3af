"""The sentences of fact of the status note, the plans, the breach and the timeline: see `sentences_of_fact`."""

from dataclasses import dataclass, replace
from datetime import date
from types import SimpleNamespace

from django.utils import timezone

from followups import services
from letters.models import AdministrationPlan, BreachAssessment, BreachReport, Cause, Claim, Emergency, SupplierExchange
from letters.story.rows import save_row
from notifications.models.delivery_states import State
from notifications.status_note.versions import take_version
from tests.factories import at
from tests.followups.decision_answers import HARM_UNHANDLED
from tests.followups.note_helpers import words_of
from tests.frame.sentences_of_fact import (
    Page,
    Sentence,
    a_breach_is_assessed,
    a_letter_is_decided_and_unsent,
    a_letter_is_sent_again,
    every_letter_is_confirmed,
)
from tests.notices import delivery_to, put_in_state, write_first_notices


@dataclass(frozen=True)
class Note(Page):
    """A section of a new version of the note. `about`: the unit."""

    reader: str = ""
    about: str = "root"

    def read(self, cast: SimpleNamespace) -> str:
        return words_of(take_version(cast.incident, getattr(cast, self.about), None), self.name)


def koncern_it_claims(kind: Claim.Kind):
    return lambda cast: save_row(Claim(incident=cast.incident, kind=kind, reason="Alle mails findes."), cast.mette)


def an_original_is_missing(cast: SimpleNamespace) -> None:
    services.mark_original_missing(cast.annes, cast.anne, 0)


def send_in(cast: SimpleNamespace, **what: str) -> None:
    received = {"contact_name": "L", "received_at": timezone.now(), "received_by": cast.birgitte}
    AdministrationPlan.objects.update_or_create(incident=cast.incident, unit=cast.buf, defaults=received | what)


def a_plan_is_sent_in(cast: SimpleNamespace) -> None:
    send_in(cast, text="Send igen, og ring.")


def a_committee_meets(cast: SimpleNamespace) -> None:
    send_in(cast, meeting_on="2020-01-14")


def a_breach_is_reported(cast: SimpleNamespace) -> None:
    aware_at = at(2020, 1, 13, 8)
    BreachReport.objects.create(incident=cast.incident, text="To borgere.", aware_at=aware_at, by=cast.mette)


def all_letters_are_concerned(cast: SimpleNamespace) -> None:
    about = {"report": BreachReport.objects.get(), "answer": "NOTIFY", "reason": "Frister.", "by": cast.mette}
    BreachAssessment.objects.create(concerns_all=True, **about)


def two_letters_are_concerned(cast: SimpleNamespace) -> None:
    about = {"report": BreachReport.objects.get(), "answer": "NOTIFY", "reason": "Frister.", "by": cast.mette}
    BreachAssessment.objects.create(letters=[cast.plain.pk, cast.soon.pk], **about)


def a_cause_is_written(cast: SimpleNamespace) -> None:
    Cause.objects.create(incident=cast.incident, known="Taget for spam.")


def an_emergency_is_raised(cast: SimpleNamespace) -> None:
    Emergency.objects.create(incident=cast.incident, raised_at=at(2020, 1, 6, 10), contact_name="Mette Dahl")


def set_facts(cast: SimpleNamespace, **facts) -> None:
    for name, value in facts.items():
        setattr(cast.incident, name, value)
    save_row(cast.incident, cast.mette, cast.incident.version)


def the_fault_is_fixed(cast: SimpleNamespace) -> None:
    proof = {"fix_checked_on": date(2020, 1, 6), "fix_checked_by": "Koncern IT", "fix_evidence": "et prøvebrev"}
    set_facts(cast, fixed_from=date(2019, 12, 20), **proof)


def nothing_is_unknown(cast: SimpleNamespace) -> None:
    every_letter_is_confirmed(cast)
    the_fault_is_fixed(cast)


def the_letters_sent_are_counted(cast: SimpleNamespace) -> None:
    set_facts(cast, sent_in_all=36200, sent_in_all_source="log")


def the_supplier_is_asked(cast: SimpleNamespace) -> None:
    SupplierExchange.objects.create(incident=cast.incident, day="2020-01-07", text="Hvorfor?")


def a_breach_is_ruled_out(cast: SimpleNamespace) -> None:
    a_breach_is_reported(cast)
    about = {"report": BreachReport.objects.get(), "answer": "NOT_A_BREACH", "by": cast.mette}
    BreachAssessment.objects.create(reason="Ingen har set dem.", **about)


def a_grave_consequence_is_found(cast: SimpleNamespace) -> None:
    services.decide(cast.plain, replace(HARM_UNHANDLED, severity="GRAVE"), cast.karen, version=0)


def a_mail_is_accepted(cast: SimpleNamespace) -> None:
    write_first_notices(cast.incident)
    put_in_state(delivery_to(cast.karen), State.ACCEPTED)


NOTE_SENTENCES = [
    *(
        Sentence(Note("breach"), f"vurderede den 13. januar 2020, at {words}. Begrundelse", koncern_it_claims(kind))
        for kind, words in {
            Claim.Kind.NONE_LOST: "ingen breve er gået tabt",
            Claim.Kind.NO_STRANGER: "ingen breve er kommet uvedkommende i hænde",
            Claim.Kind.ALL_RESENDABLE: "alle breve kan sendes igen",
        }.items()
    ),
    Sentence(Note("consequences"), "1 brev kan ikke sendes igen, fordi originalen mangler", an_original_is_missing),
    Sentence(
        Note("breach"), r"vurderede den .* ikke skal anmeldes til Datatilsynet. Begrundelse", a_breach_is_assessed
    ),
    Sentence(Note("unknown"), "Om det mulige brud.* skal anmeldes til Datatilsynet", a_breach_is_reported),
    Sentence(Note("unknown"), "ingen kendte uafklarede forhold", nothing_is_unknown, "Om 7 breve, som ingen"),
    Sentence(Note("summary"), "fulgt op på alle 7 breve", every_letter_is_confirmed, "ikke fulgt op på brevene endnu"),
    Sentence(Note("summary"), "der ikke er sket et brud", a_breach_is_ruled_out, "er ikke registreret et muligt brud"),
    Sentence(Note("summary"), "Fejlen er rettet: Breve", the_fault_is_fixed, "ikke afklaret, om fejlen er rettet"),
    Sentence(Note("summary"), "registreret 1 alvorlig konsekvens", a_grave_consequence_is_found, "Konsekvenserne for"),
    Sentence(Note("happened"), r"sendte kommunen 36.200 breve .* \(kilde: log\)", the_letters_sent_are_counted),
    Sentence(Note("supplier"), "spurgte leverandøren den 7. januar 2020: Hvorfor", the_supplier_is_asked),
    Sentence(Note("happened"), r"Taget for spam\. Årsagen er foreløbig", a_cause_is_written),
    Sentence(Note("discovered"), "It-beredskabet blev aktiveret", an_emergency_is_raised),
    Sentence(Note("economy"), "Der er ikke oplyst", every_letter_is_confirmed, "Det vides endnu ikke"),
    Sentence(Note("solution"), "givet dem til afsendere og ledere", a_mail_is_accepted),
    Sentence(Note("solution"), "BUF har lagt en plan", a_plan_is_sent_in, given=send_in),
    Sentence(Note("process"), "fulgt op på alle breve", every_letter_is_confirmed, "Afsenderne beslutter om 7 breve"),
    Sentence(Note("process"), "Afsenderne sender 1 brev", a_letter_is_decided_and_unsent),
    Sentence(Note("process"), "Afsenderne viser, at 1 brev er kommet frem", a_letter_is_sent_again),
    Sentence(Note("process", "", "buf"), "Tirsdag den 14. januar 2020: Udvalget behandler sagen", a_committee_meets),
    Sentence(Page("incident", "mette"), "Modtaget 13. januar", a_plan_is_sent_in, given=send_in),
    Sentence(Page("incident", "jens"), "Tirsdag den 14. januar – i morgen Møde i", a_committee_meets),
    Sentence(
        Page("breach", "mette"),
        "Op mod 7 breve til",
        all_letters_are_concerned,
        r"berørt\? Ved vi ikke endnu",
        a_breach_is_reported,
    ),
    Sentence(Page("breach", "mette"), r"\s2 breve til", two_letters_are_concerned, given=a_breach_is_reported),
]
