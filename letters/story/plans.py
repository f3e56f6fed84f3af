"""The administrations' plans: who may edit a plan, saving a plan, and which administrations have sent none."""

from typing import NamedTuple

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.utils import timezone

from letters.models import AdministrationPlan, Incident, Letter
from letters.story.rows import save_row
from letters.story.story_rows import StoryRows
from sepo_incident.accounts.models import Membership, Unit, User
from sepo_incident.core import danish

ROLES = (Membership.Role.KIT_ADMIN, Membership.Role.COORDINATOR)


def editable_units(user: User) -> QuerySet[Unit]:
    """Return the administrations whose plan the user may edit: the coordinator's own; all for Koncern IT."""
    own = Unit.objects.at_or_below(user.unit_ids_with_role(*ROLES))
    return own.filter(kind=Unit.Kind.ADMINISTRATION).in_order()


def may_edit_plan(user: User, unit: Unit) -> bool:
    """Tell whether the unit is an administration whose plan the user may edit. No query."""
    return unit.kind == Unit.Kind.ADMINISTRATION and user.holds_role_over(unit.lineage, *ROLES)


def may_extend_deadline(user: User, unit: Unit | None) -> bool:
    """Tell whether the user may extend the deadline for the unit, or for a letter of it. No query."""
    return unit is not None and user.holds_role_over(unit.lineage, *ROLES)


class PlanRow(NamedTuple):
    """An administration of the incident, and what it has sent; None if it has sent nothing."""

    unit: Unit
    plan: AdministrationPlan | None

    @property
    def has_plan(self) -> bool:
        """Tell whether the administration has sent the text of a plan. A contact alone is no plan."""
        return self.plan is not None and self.plan.is_written


def administrations_of(incident: Incident) -> QuerySet[Unit]:
    """Return the administrations with letters of the incident, in their order."""
    letters = Letter.objects.filter(incident=incident, unit__lineage__contains=[OuterRef("pk")]).active()
    return Unit.objects.filter(Exists(letters), kind=Unit.Kind.ADMINISTRATION).in_order()


def list_plans(story: StoryRows) -> list[PlanRow]:
    """Return a row for each administration with letters, those without a plan first. One query."""
    by_unit = {plan.unit_id: plan for plan in story.plans}
    rows = [PlanRow(unit, by_unit.get(unit.pk)) for unit in administrations_of(story.incident)]
    return sorted(rows, key=lambda row: row.has_plan)


def find_or_begin_plan(incident: Incident, unit: Unit, by: User) -> AdministrationPlan:
    """Return the unit's plan, or an unsaved plan with the user as contact."""
    plan = AdministrationPlan.objects.filter(incident=incident, unit=unit).select_related("received_by").first()
    return plan or AdministrationPlan(
        incident=incident, unit=unit, contact_name=by.name, phone=by.phone, email=by.email, received_by=by
    )


@transaction.atomic
def save_plan(plan: AdministrationPlan, by: User, version: int | None) -> AdministrationPlan:
    """Save the plan. Until the text of the plan was saved once, the plan counts as received now and from `by`.

    Raise Conflict as `save_row` does, IncidentClosed, or ValidationError if the incident's deadline has been moved
    before the plan's.
    """
    incident = Incident.objects.lock_open(plan.incident_id)
    refuse_late_deadline(plan, incident)
    before = AdministrationPlan.objects.filter(pk=plan.pk).first()
    if before is None or not before.is_written:
        plan.received_at, plan.received_by = timezone.now(), by
    return save_row(plan, by, version)


def refuse_late_deadline(plan: AdministrationPlan, incident: Incident) -> None:
    """Raise ValidationError if the plan's deadline is later than the incident's."""
    if plan.deadline and plan.deadline > incident.deadline:
        last = danish.weekday_date(incident.deadline)
        raise ValidationError({"deadline": f"Jeres frist kan ikke ligge efter kommunens frist, {last}."})
