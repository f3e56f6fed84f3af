"""Whose turn it is on a letter. Visibility lies in ``visible_to``; this is about what somebody may do with it."""

from __future__ import annotations

from datetime import date

from django.db.models import BooleanField, Exists, ExpressionWrapper, F, Func, IntegerField, OuterRef, Q, Subquery
from django.db.models.functions import Coalesce
from django.db.models.lookups import In

from followups.models import Escalation, FollowUp
from followups.rules import completeness
from letters.models import Incident, Letter
from letters.models.letter import LetterQuerySet
from sepo_incident.accounts.models import Membership, Unit, User

MANAGING_ROLES = (Membership.Role.LEADER, Membership.Role.COORDINATOR)
#: who confirms where there is no other leader: of a personnel case, and else
CONFIRMER_WITHOUT_LEADER = {True: "Personalejura og Forhandling", False: "En anden leder eller koordinatoren"}
#: ``has_another_leader`` turned round, as a condition on letters.
NO_LEADER_BESIDES_SENDER = Q(leader=None) | Q(leader=F("sender"), sender__isnull=False)


def leads_letter(user: User, letter: Letter) -> bool:
    """Is the user the letter's leader, or in charge of a unit at or above the letter's, or the leader's substitute?

    In a personnel case that has no leader but its sender, HR over the unit steps in: nobody else in charge may read it.
    """
    return leads_letter_personally(user, letter) or leads_letter_as_substitute(user, letter)


def leads_letter_personally(user: User, letter: Letter) -> bool:
    """As nobody's substitute."""
    if letter.leader_id == user.pk:
        return True
    roles = (*MANAGING_ROLES, Membership.Role.HR) if is_led_by_hr(letter) else MANAGING_ROLES
    return letter.unit is not None and user.holds_role_over(letter.unit.lineage, *roles)


def leads_letter_as_substitute(user: User, letter: Letter) -> bool:
    """As the leader's substitute; not of one that is the sender, nor for who stands in for both: that is two eyes."""
    return letter.leader_id in user.stands_in_for and letter.sender_id not in user.stands_in_for


def is_led_by_hr(letter: Letter) -> bool:
    return letter.is_personnel_case and not has_leader_besides_sender(letter)


def has_leader_besides_sender(letter: Letter) -> bool:
    return letter.leader_id not in (None, letter.sender_id)


def confirmer_label(letter: Letter) -> str:
    """Whose turn it is when the letter is sent, as the beginning of a sentence: «Jens Ågård»."""
    if letter.leader is not None and has_leader_besides_sender(letter):
        return letter.leader.name
    return CONFIRMER_WITHOUT_LEADER[letter.is_personnel_case]


def may_decide(user: User, letter: Letter) -> bool:
    """The sender, or their substitute or who leads, and may read it: then it is on the sender's behalf. So does
    Personalejura about a letter that was handed to it."""
    if letter.sender_id == user.pk:
        return True
    may = letter.sender_id in user.stands_in_for or leads_letter(user, letter) or is_handed_over_to(user, letter)
    return may and letter.may_be_read_by(user)


def is_handed_over_to(user: User, letter: Letter) -> bool:
    """Has the sender or the leader left the letter, as a personnel case, to HR over its unit? One query, for HR alone;
    none where the letter knows (``with_handed_over``)."""
    if letter.unit is None or not user.holds_role_over(letter.unit.lineage, Membership.Role.HR):
        return False
    if hasattr(letter, "is_handed_over"):
        return letter.is_handed_over
    return Escalation.objects.handed_over().filter(followup__letter=letter).exists()


def annotate_handed_over(letters: LetterQuerySet) -> LetterQuerySet:
    """Each letter knows whether it was left to Personalejura: for who asks about many."""
    asked = Escalation.objects.handed_over().filter(followup__letter=OuterRef("pk"))
    return letters.annotate(is_handed_over=Exists(asked))


def may_hand_to_hr(user: User, letter: Letter) -> bool:
    """Sender and leader of a personnel case, or who stands in for them; never Personalejura to itself."""
    return letter.is_personnel_case and Membership.Role.HR not in user.roles and may_decide(user, letter)


def decidable_by(user: User) -> Q:
    """The same as a condition on ``visible_to`` letters, for those that lack a decision and that one decision about
    many may be about."""
    asked = Q(followup__status=FollowUp.Status.OPEN, reader_may_read=True, is_personnel_case=False)
    return asked & (Q(sender__in=user.own_and_represented_ids) | letters_led_by(user))


def bulk_decidable_by(user: User, on: date) -> Q:
    """The part of these that gets it whatever it says: no desk is asked about them, and their own date is not past."""
    asked = Escalation.objects.with_desk().filter(followup__letter=OuterRef("pk"))
    in_time = Q(followup__due_on=None) | Q(followup__due_on__gte=on)
    return decidable_by(user) & in_time & Q(~Exists(asked))


def may_classify(user: User, letter: Letter) -> bool:
    """Who may decide about it, or keeps the lists or the personnel cases of its unit; never without reading it."""
    if not letter.may_be_read_by(user):
        return False
    keepers = (Membership.Role.KIT_ADMIN, Membership.Role.HR)
    keeps = letter.unit is not None and user.holds_role_over(letter.unit.lineage, *keepers)
    return keeps or may_decide(user, letter)


def may_set_personnel_case(user: User, letter: Letter) -> bool:
    """The sender, the letter's own leader, their substitute if that leader named them, and HR: who may read it also
    when it is one."""
    if letter.has_personnel_reader(user):
        return True
    return letter.unit is not None and user.holds_role_over(letter.unit.lineage, Membership.Role.HR)


def may_mark_personnel_case(user: User, letter: Letter) -> bool:
    """Koncern IT too, who then reads it no more: they make none public."""
    is_kept = letter.unit is not None and user.holds_role_over(letter.unit.lineage, Membership.Role.KIT_ADMIN)
    return may_set_personnel_case(user, letter) or (is_kept and letter.may_be_read_by(user))


def may_confirm(user: User, letter: Letter) -> bool:
    """Who leads, but never the sender: four eyes see each letter, and nobody stands by what they may not read. A
    substitute who decided does not confirm it too, the day after neither."""
    if letter.sender_id == user.pk or not leads_letter(user, letter):
        return False
    is_their_own = letter.followup.decided_by_id == user.pk and not leads_letter_personally(user, letter)
    return not is_their_own and letter.may_be_read_by(user)


def confirmable_by(user: User) -> Q:
    """The same as a condition on ``visible_to`` letters, for those that wait for it and lack no answer."""
    waits = completeness.awaiting_confirmation(completeness.LETTER_PREFIX) & Q(reader_may_read=True)
    by_another = ~Q(followup__decided_by=user) | ~Q(leader__in=user.stands_in_for) | letters_led_personally_by(user)
    return waits & ~Q(sender=user) & letters_led_by(user) & by_another


def letters_led_personally_by(user: User) -> Q:
    """Letters that this user leads themselves, by name or by being in charge: who takes over is theirs to say."""
    return Q(leader=user) | Q(unit__in=Unit.objects.at_or_below(user.unit_ids_with_role(*MANAGING_ROLES)))


def letters_led_by(user: User) -> Q:
    """``leads`` as a condition on letters."""
    led = letters_led_personally_by(user)
    if user.stands_in_for:
        led |= Q(leader__in=user.stands_in_for) & ~Q(sender__in=user.stands_in_for)
    if hr_units := user.unit_ids_with_role(Membership.Role.HR):
        led |= Q(is_personnel_case=True, unit__in=Unit.objects.at_or_below(hr_units)) & NO_LEADER_BESIDES_SENDER
    return led


def awaits_confirmation_by(user: User) -> Q:
    """The part of ``confirmable_by`` that waits for this very person: they are the letter's leader or stand in for
    them, or it has none but its sender and nobody in charge is nearer to it. The rest waits for somebody nearer, and
    the user may step in."""
    is_nearest = In(nearest_managed_unit(), user.unit_ids_with_role(*MANAGING_ROLES))
    return confirmable_by(user) & (
        Q(leader__in=user.own_and_represented_ids)
        | NO_LEADER_BESIDES_SENDER & (Q(is_personnel_case=True) | Q(is_nearest))
    )


def annotate_awaits_reader(letters: LetterQuerySet, user: User) -> LetterQuerySet:
    """Each letter knows whether it waits for this very person (``falls_to_reader``)."""
    return letters.annotate(falls_to_reader=ExpressionWrapper(awaits_confirmation_by(user), BooleanField()))


def nearest_managed_unit() -> Subquery:
    """For a letter: the first unit on the way up where somebody but the sender is in charge."""
    sender = Coalesce(OuterRef("sender"), 0)  # nobody is 0, and NULL would leave everybody out
    depth = Func(OuterRef("unit__lineage"), F("unit"), function="array_position", output_field=IntegerField())
    others = Membership.objects.filter(role__in=MANAGING_ROLES).exclude(user=sender).annotate(depth=depth)
    return Subquery(others.exclude(depth__isnull=True).order_by("-depth").values("unit")[:1])


def letters_awaiting_confirmation_by(user: User, incident: Incident) -> LetterQuerySet:
    """Every letter that waits for this very person's confirmation, the one that has waited longest first."""
    letters = Letter.objects.visible_to(user).active().filter(incident=incident)
    return letters.filter(awaits_confirmation_by(user)).order_by("followup__decided_at", "pk")


def may_confirm_in_unit(user: User, unit: Unit, letters: LetterQuerySet) -> bool:
    """Is there anything here for the user to confirm, now or later? ``letters`` are those of the unit."""
    return user.holds_role_over(unit.lineage, *MANAGING_ROLES) or letters.filter(letters_led_by(user)).exists()
