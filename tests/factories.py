"""Factories for minimal rows. The people and letters of the cast are in `tests/cast.py`."""

from datetime import date, datetime

import factory
from django.db.models import F
from factory.django import DjangoModelFactory

from followups.models import FollowUp
from letters import recipient_keys
from letters.categories import category_rules
from letters.importing.files import datetimes
from letters.models import ImportBatch, ImportRow, Incident, Letter
from sepo_incident.accounts.models import Membership, Unit, User
from sepo_incident.core.danish import COPENHAGEN, local_date

#: the first row number of letters whose row no test names
FIRST_ROW = 1000


def at(*parts: int) -> datetime:
    """Return a datetime in Copenhagen time: `at(2020, 1, 15, 23, 59)`."""
    return datetime(*parts, tzinfo=COPENHAGEN)


def import_row_for(letter: Letter) -> ImportRow:
    """Return the import row that the letter came with, unsaved."""
    return ImportRow(
        batch=letter.batch, row=letter.batch_row, source_ref=letter.source_ref, verdict=ImportRow.Verdict.NEW
    )


class UnitFactory(DjangoModelFactory):
    class Meta:
        model = Unit
        django_get_or_create = ("name", "parent")

    name = factory.Sequence("Enhed {}".format)
    kind = Unit.Kind.UNIT
    parent = None

    @classmethod
    def _create(cls, model_class, *args, **kwargs):
        """Reload the unit, since a trigger sets the lineage."""
        unit = super()._create(model_class, *args, **kwargs)
        unit.refresh_from_db()
        return unit


class UserFactory(DjangoModelFactory):
    class Meta:
        model = User
        django_get_or_create = ("email",)

    name = factory.Sequence("Person {}".format)
    password = "!"  # as of a person whom a list named
    email = factory.Sequence("person{}@kk.example".format)
    address_since = at(2019, 12, 1)  # a staff file names everybody
    unit = None


class MembershipFactory(DjangoModelFactory):
    class Meta:
        model = Membership

    user = factory.SubFactory(UserFactory)
    unit = factory.SubFactory(UnitFactory)
    role = Membership.Role.LEADER


class IncidentFactory(DjangoModelFactory):
    class Meta:
        model = Incident
        skip_postgeneration_save = True
        django_get_or_create = ("slug",)

    slug = "sepo-2019"
    title = "Sikker post, der ikke kom frem"
    first_day = date(2019, 12, 9)
    last_day = date(2019, 12, 19)
    deadline = date(2020, 1, 15)
    status = Incident.Status.OPEN

    @factory.post_generation
    def rules(self, create, extracted, **kwargs):
        if create and not self.category_rules.exists():
            category_rules.create_default_rules(self)


class BatchFactory(DjangoModelFactory):
    class Meta:
        model = ImportBatch
        django_get_or_create = ("incident", "sha256")

    incident = factory.SubFactory(IncidentFactory)
    filename = "liste.xlsx"
    sha256 = "0" * 64
    status = ImportBatch.Status.COMMITTED
    committed_at = at(2020, 1, 7, 12, 4)


class LetterFactory(DjangoModelFactory):
    """A committed letter with its import row. `recipient` is an address, of which only the key is stored."""

    class Meta:
        model = Letter
        skip_postgeneration_save = True

    class Params:
        recipient = "borger@borger.example"

    incident = factory.SubFactory(IncidentFactory)
    batch = factory.SubFactory(BatchFactory, incident=factory.SelfAttribute("..incident"))
    source_ref = factory.Sequence("B-{:05d}".format)
    sender = None
    sender_name = factory.LazyAttribute(lambda letter: letter.sender.name if letter.sender else "")
    leader = None
    leader_name = factory.LazyAttribute(lambda letter: letter.leader.name if letter.leader else "")
    listed_sender = factory.SelfAttribute("sender")
    listed_leader = factory.SelfAttribute("leader")
    unit = factory.LazyAttribute(lambda letter: letter.sender.unit if letter.sender else None)
    subject = factory.Sequence("Brev nummer {}".format)
    sent_at = at(2019, 12, 11, 9, 14)
    named_on = factory.LazyAttribute(
        lambda letter: datetimes.find_date_in_subject(letter.subject, local_date(letter.sent_at))
    )
    recipient_kind = Letter.RecipientKind.CITIZEN
    recipient_key = factory.LazyAttribute(lambda letter: recipient_keys.hash_recipient(letter.recipient))

    @factory.post_generation
    def row(self, create, extracted, **kwargs):
        if create:
            self.batch_row = extracted or FIRST_ROW + self.pk
            self.save(update_fields=["batch_row"])
            import_row_for(self).save()
            ImportBatch.objects.filter(pk=self.batch_id).update(total_rows=F("total_rows") + 1)


class FollowUpFactory(DjangoModelFactory):
    """An undecided follow-up. The services make decisions, so that the history is real."""

    class Meta:
        model = FollowUp

    letter = factory.SubFactory(LetterFactory)
    due_on = factory.LazyAttribute(lambda followup: followup.letter.named_on)
