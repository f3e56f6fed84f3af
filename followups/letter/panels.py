"""Where a letter stands: the panels and alerts of its page, in order. Each function returns None for no panel."""

from __future__ import annotations

from django.utils.html import format_html
from django.utils.safestring import SafeString

from followups.letter.decision_panels import decision_panel, escalation_panel, question_panel
from followups.letter.forms import DeletionForm, HandToHrForm, RecordForm, RemedialActionForm
from followups.letter.page import LetterPage, Status
from followups.models import FollowUp
from followups.models.arrival import ArrivalStatus
from letters.models import LetterChange
from sepo_incident.accounts.models import Membership
from sepo_incident.core import danish
from sepo_incident.core.jinja import url
from sepo_incident.core.panels import (
    NOTE,
    PRIMARY,
    SECONDARY,
    Action,
    Actions,
    Alert,
    Panel,
    Part,
    Steps,
    Text,
    alert_text,
    link,
)
from sepo_incident.core.template_tags import chip, icon, phone_link

Remedy, Review = FollowUp.Remedy, FollowUp.ConsequenceReview


def status_parts(page: LetterPage) -> list[Part | None]:
    """Return the panels. What a leader must confirm comes first; otherwise the decision comes last."""
    question = question_panel(page, page.leader_question) if page.leader_question else None
    decision = decision_panel(page, page.decision) if page.decision else None
    return [
        *([question, decision] if page.may_confirm else []),
        refusal_alert(page),
        state_alert(page),
        personnel_part(page),
        None if page.may_confirm else question,
        escalation_panel(page, page.escalation) if page.escalation else None,
        original_panel(page),
        changed_alert(page),
        missing_answer_panel(page),
        arrival_panel(page),
        None if page.may_confirm else decision,
    ]


# --- Alerts ----------------------------------------------------------------------------------------------------------


def refusal_alert(page: LetterPage) -> Alert | None:
    """Say that a text was not saved. The text is shown if its form no longer is."""
    if not page.refusal:
        return None
    typed = page.act_form.typed_text if page.act_form and page.act_form.name not in page.act_forms else ""
    more = Text(typed, "copy") if typed else alert_text("Se brevet igennem, og prøv igen.")
    parts, heading = [alert_text(page.refusal), more], "Din tekst er ikke gemt"
    return Alert("warning", heading, parts, role="alert", label_id="sagt-1", is_unsaved=True)


def state_alert(page: LetterPage) -> Alert | None:
    """Say why nothing is asked of the reader."""
    letter = page.letter
    if letter.withdrawn_at:
        return withdrawn_alert(page)
    if page.followup is None:
        told = "Du får en mail, når du skal i gang." if page.is_own else "Afsenderen får en mail, når det er tid."
        return Alert("info", "Opfølgningen er ikke åbnet endnu", [alert_text(told)])
    if page.awaits_opening:
        html = "Personalejura åbner brevet, når de ved, at det er dit. Ring til {}."
        told = format_html(html, personnel_contact(page))
        return Alert("info", "Personalesagen er ikke åbnet for dig endnu", [alert_text(told)], icon="lock")
    if page.status == Status.OPEN and not page.may_decide and letter.accepts_changes:
        return Alert("info", "Brevet mangler en beslutning", [alert_text(who_decides(page))])
    return None


def withdrawn_alert(page: LetterPage) -> Alert:
    letter = page.letter
    withdrawal = letter.changes.filter(kind=LetterChange.Kind.WITHDRAWN).select_related("by").order_by("pk").last()
    assert letter.withdrawn_at is not None  # noqa: S101 - the caller has asked
    who = withdrawal.by.name if withdrawal and withdrawal.by else "Koncern IT"
    why = f": »{withdrawal.reason}«" if withdrawal else ""
    told = f"Det gjorde {who} {danish.weekday_date_short(letter.withdrawn_at)}{why}. Du skal ikke gøre mere."
    parts: list[Part] = [alert_text(told)]
    if Membership.Role.KIT_ADMIN in page.reader.roles:
        where, style = url("reinstate_letter", letter.pk), "actions screen-only"
        parts.append(Action("Sæt brevet på listen igen", where, fields={}, form_style=style))
    return Alert("info", "Brevet er trukket tilbage", parts)


def who_decides(page: LetterPage) -> str:
    """Return who decides about the letter instead of the reader, and whom to tell."""
    sender, leader = page.letter.sender, page.letter.leader
    if sender is None and leader:
        return f"Afsenderen er ikke fundet. {leader.name} beslutter."
    if sender is None:
        return "Brevet har hverken afsender eller leder. Koncern IT finder en, der kan beslutte."
    together = f" sammen med {leader.name}" if leader and leader != sender else ""
    told = "din leder" if page.is_own else sender.name
    return f"{sender.name} beslutter{together}. Ved du noget om brevet, så kontakt {told}."


def changed_alert(page: LetterPage) -> Alert | None:
    """Say that a later list has changed the letter since its decision."""
    if not page.changed_by_list_at:
        return None
    html = "Beslutningen gælder stadig. Se rettelsen {} i {}{}"
    history_link = link("#historik", "Brevets historik")
    end = ", og ret beslutningen, hvis den ikke passer." if page.may_decide else "."
    told = format_html(html, danish.weekday_date_short(page.changed_by_list_at), history_link, end)
    return Alert("warning", "Listen er rettet efter beslutningen", [alert_text(told)])


# --- Personnel case --------------------------------------------------------------------------------------------------


def personnel_contact(page: LetterPage) -> SafeString:
    incident = page.letter.incident
    number = phone_link(incident.personnel_phone)
    return format_html('{} på <strong class="nowrap">{}</strong>', incident.personnel_contact, number)


def is_known_personnel_case(page: LetterPage) -> bool:
    """Return whether the reader reads a personnel case that is not confirmed."""
    return page.letter.is_personnel_case and page.letter.reader_may_read and page.status != Status.CONFIRMED


def personnel_part(page: LetterPage) -> Part | None:
    """Return a line above the decision form, elsewhere the panel."""
    if page.letter.withdrawn_at or not is_known_personnel_case(page):
        return None
    if not page.form:
        return personnel_panel(page)
    incident, call = page.letter.incident, ""
    if not page.is_personnel_desk:
        html = " Ring til {}, {}, før du sender noget."
        call = format_html(html, incident.personnel_contact, phone_link(incident.personnel_phone))
    said = format_html("{}<span><strong>Personalesag.</strong>{}</span>", icon("lock"), call)
    return Text(said, "panel wash personnel")


def personnel_panel(page: LetterPage, *, is_told: bool = False) -> Panel:
    """Return who reads a personnel case, and the hand-over. `is_told`: the page says above whom to call."""
    html = "Kun afsenderen, brevets leder og Personalejura kan læse emnet."
    if not page.is_personnel_desk and not is_told:
        html = format_html("Ring til {}, før du sender noget. {}", personnel_contact(page), html)
    parts: list[Part] = [Text(html)]
    if hand_over := page.act_forms.get(HandToHrForm.name):
        told = Text("De beslutter så på afsenderens vegne. Du kan stadig følge brevet og selv beslutte.")
        summary = "Overdrag brevet til Personalejura"
        parts.append(page.folded_form(summary, hand_over, "hand_to_hr", "Overdrag brevet", told))
    return Panel("personalesag", "Det er en personalesag", parts, "wash")


# --- What is missing -------------------------------------------------------------------------------------------------


def original_panel(page: LetterPage) -> Panel | None:
    """Return that the original mail is missing, and what a decider can do about it."""
    gone = page.original_gone
    if gone is None or page.status == Status.CONFIRMED or page.letter.withdrawn_at:
        return None
    parts: list[Part] = [Text(f"{page.moment(gone.at)} · {gone.by}", NOTE)]
    if page.may_say_original:
        new = "Jeg skriver et nyt brev" if page.is_own else "Der skrives et nyt brev"
        who = "Personalejura" if page.letter.is_personnel_case else "DIT"
        steps = [format_html(step, new=new, who=who) for step in WITHOUT_ORIGINAL]
        found = page.button("original_found", "Notér, at originalen er fundet", "linkish", "screen-only")
        parts += [Steps(steps), found]
    return Panel("original", "Originalen findes ikke", parts)


WITHOUT_ORIGINAL = (
    "<strong>Spørg den, der skrev brevet.</strong> En kollega kan have mailen i sin Sendt post.",
    "<strong>Se på sagen.</strong> Passer kopien fra fagsystemet stadig, så notér, at originalen er fundet, og send "
    "kopien.",
    "<strong>Skriv et nyt brev.</strong> Brug udkastet, og vælg <em>{new}</em>.",
    "<strong>Spørg {who},</strong> hvis ingen kender indholdet. Vælg <em>Jeg har brug for hjælp</em>.",
)


def missing_answer_panel(page: LetterPage) -> Panel | None:
    """Return what must be answered before the leader can confirm, with the form of a reader who may answer."""
    followup = page.followup
    if not page.missing_answer or page.form or followup is None:
        return None
    record, deletion, handled = (page.act_forms.get(one.name) for one in (RecordForm, DeletionForm, RemedialActionForm))
    said, forms, save = page.missing_answer, list[Part](), "Gem svaret"
    if followup.is_review_open:
        said = _review_sentence(page, followup, may_answer=handled is not None)
    elif record and not followup.due_date_passed_before_sending:
        forms.append(page.posted_form(record, "put_on_record", save, PRIMARY))
    if deletion and not followup.is_review_open:
        forms.append(page.posted_form(deletion, "record_deletion", save, PRIMARY))
    if handled:
        style = SECONDARY if page.status in (Status.DECIDED, Status.SENT_BACK) else PRIMARY
        forms.append(page.posted_form(handled, "record_remedial_action", save, style))
    style = "answer" if record or deletion or handled else ""
    return Panel("mangler-svar", _missing_heading(followup), [Text(said), *forms], style, "mangler")


def _missing_heading(followup: FollowUp) -> str:
    if followup.is_review_open:
        return "Mangler svar om konsekvenser"
    if followup.due_date_passed_before_sending:
        return "Brevets dato er passeret"
    return "Mangler svar om sletning" if followup.awaits_deletion else "Mangler svar om journalisering"


def _review_sentence(page: LetterPage, followup: FollowUp, *, may_answer: bool) -> str:
    what = "gjort" if followup.consequence_review == Review.FOUND else "fundet ud af"
    if not may_answer:
        return f"{page.sender} eller lederen skal skrive, hvad de har {what}."
    said = f"Skriv, hvad I har {what}. Så kan lederen bekræfte."
    if followup.consequence_review != Review.UNKNOWN or page.decision is None:
        return said
    html = '{} <span class="screen-only">Er der konsekvenser, så {} i stedet.</span>'
    return format_html(html, said, link(page.fetch_url(page.decision.version), "ret beslutningen"))


def arrival_panel(page: LetterPage) -> Panel | None:
    """Return whether a letter that was sent again has arrived, and the way to its proof."""
    arrival, followup = page.letter.arrival, page.followup
    if arrival is None or page.form or followup is None:
        return None
    is_both = followup.remedy == Remedy.RESEND_AND_NEW
    heading = "Er begge breve kommet frem?" if is_both else "Er brevet kommet frem?"
    parts: list[Part] = [Text(format_html("{} {}", chip(arrival.badge), _arrival_sentence(page, arrival)))]
    where = page.url("arrival")
    if arrival.did_not_arrive:
        parts.append(Text(link(where, "Se oplysningerne"), "small screen-only"))
    else:
        label = "Skriv, hvordan du sendte det" if arrival.is_refused else "Skriv, om det er kommet frem"
        if arrival.has_arrived or not page.may_decide:
            label = "Se oplysningerne" if arrival.is_refused else "Se beviset"
        parts.append(Actions([Action(label, where)], "screen-only"))
    return Panel("kommet-frem", heading, parts, "answer" if arrival.needs_answer else "")


def _arrival_sentence(page: LetterPage, arrival: ArrivalStatus) -> str:
    if arrival.did_not_arrive:
        again = "Send det igen, for eksempel med brevpost, og markér det som sendt."
        return again if page.may_decide else "Det skal sendes igen."
    if arrival.has_arrived:
        return "Beviset er gemt."
    if arrival.is_refused:
        again = "Send det med brevpost eller til en anden adresse. Skriv så, hvordan du sendte det."
        told = "En kvittering siger, at brevet ikke er kommet frem."
        return f"{told} {again if page.may_decide else 'Det skal sendes på en anden måde.'}"
    if arrival.is_disputed:
        return "Kvitteringerne modsiger hinanden: En viser, at brevet er kommet frem, en anden ikke. Spørg modtageren."
    if arrival.is_unproven and arrival.on:
        return f"Det blev sendt {danish.weekday_date_short(arrival.on)} og mangler stadig bevis."
    return "Det er sendt. Nu mangler beviset for, at det er kommet frem."
