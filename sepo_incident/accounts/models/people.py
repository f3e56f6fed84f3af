"""Units, users, memberships and corrected e-mail addresses.

The tree of units decides the letters that a user sees; the role decides the actions that a user may take.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from functools import cached_property, reduce
from typing import Any, ClassVar

import pgtrigger
from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser, BaseUserManager
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import F, Func, IntegerField, OuterRef, Q
from django.db.models.functions import Lower
from django.utils import timezone

from sepo_incident.accounts.models.absence import Absence
from sepo_incident.audit.triggers import CHANGE_LOG_TRIGGERS, erasable_ledger_triggers, salt_field
from sepo_incident.core import danish
from sepo_incident.core.constraints import KnownValues
from sepo_incident.core.sql_files import read_sql
from sepo_incident.core.word_search import column_words

#: What a person or a unit is found by, in the indexes `user_words` and `unit_words`.
USER_WORDS, UNIT_WORDS = column_words("name", "email", "phone"), column_words("name", "code")


class UnitQuerySet(models.QuerySet["Unit"]):
    def at_or_below(self, unit_ids: Iterable[int]) -> UnitQuerySet:
        """Return the units whose lineage contains any of `unit_ids`."""
        return self.filter(lineage__overlap=list(unit_ids))

    def visible_to(self, user: User) -> UnitQuerySet:
        """Return the units whose board the user may open: at or below a unit of the user's memberships.

        `LetterQuerySet.visible_to` decides the letters on the board. During an impersonation, return only the units
        that both the viewer and the user may open.
        """
        return reduce(UnitQuerySet.at_or_below, (one.membership_unit_ids for one in user.effective_viewers), self)

    def listed_for(self, user: User) -> UnitQuerySet:
        """Return the units of `visible_to` whose letters the user may list: by a role that does not only count."""
        others = (one.unit_ids_with_other_role(*Membership.COUNTING_ROLES) for one in user.effective_viewers)
        return reduce(UnitQuerySet.at_or_below, others, self)

    def in_order(self) -> UnitQuerySet:
        return self.order_by("sort_key", "pk")

    def as_indented_choices(self) -> list[tuple[int, str]]:
        """Return (id, indented name) of the units in the order of the tree. The units above each must be among them."""
        units = self.only("name", "lineage", "sort_key")
        keys = {unit.pk: (unit.sort_key, unit.pk) for unit in units}
        in_order = sorted(([keys[pk] for pk in unit.lineage], unit.pk, unit.name) for unit in units)
        return [(pk, f"{'– ' * (len(path) - 1)}{name}") for path, pk, name in in_order]


class Unit(models.Model):
    """A node of the organisation.

    `lineage` has the ids from the root down to the unit; triggers maintain `lineage`.
    """

    class Kind(models.TextChoices):
        MUNICIPALITY = "MUNICIPALITY", "kommune"
        ADMINISTRATION = "ADMINISTRATION", "forvaltning"
        AREA = "AREA", "område"
        UNIT = "UNIT", "enhed"
        SUBUNIT = "SUBUNIT", "underenhed"

    name = models.CharField("navn", max_length=200)
    code = models.CharField("kode", max_length=40, blank=True)
    kind = models.CharField("slags", max_length=20, choices=Kind)
    parent = models.ForeignKey("self", models.PROTECT, related_name="children", null=True, blank=True)
    lineage = ArrayField(models.BigIntegerField(), default=list, editable=False)
    sort_key = models.CharField(max_length=250, editable=False)

    objects = UnitQuerySet.as_manager()

    class Meta:
        verbose_name, verbose_name_plural = "enhed", "enheder"
        indexes = [GinIndex(fields=["lineage"], name="unit_lineage"), GinIndex(UNIT_WORDS, name="unit_words")]
        constraints = [
            models.UniqueConstraint(
                "parent",
                Lower("name"),
                name="unit_name_once_under_parent",
                nulls_distinct=False,
                violation_error_message="Der er allerede en enhed med det navn samme sted.",
            ),
            models.UniqueConstraint(
                "code",
                condition=~models.Q(code=""),
                name="unit_code_once",
                violation_error_message="En anden enhed har allerede koden.",
            ),
            KnownValues("kind", "unit_kind_known", "Den slags enhed findes ikke."),
        ]
        triggers = [
            pgtrigger.Trigger(
                name="lineage_from_parent",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert | pgtrigger.UpdateOf("parent_id", "lineage"),
                func=read_sql("sepo_incident/accounts/sql/lineage_from_parent.sql"),
            ),
            pgtrigger.Trigger(
                name="lineage_follows_a_move",
                when=pgtrigger.After,
                operation=pgtrigger.UpdateOf("parent_id", "lineage"),
                condition=pgtrigger.AnyChange("lineage"),
                func="UPDATE accounts_unit SET lineage = '{}' WHERE parent_id = NEW.id; RETURN NULL;",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.sort_key = danish.sort_key(self.name)
        super().save(*args, **kwargs)

    @property
    def is_root(self) -> bool:
        """Whether the unit is the whole municipality."""
        return self.parent_id is None

    @property
    def short_name(self) -> str:
        """«BUF»; the whole municipality is «kommunen»."""
        return "kommunen" if self.is_root else self.code or self.name

    @classmethod
    def root(cls) -> Unit:
        """Return the root unit, the whole municipality. Create the unit if missing."""
        unit, _ = cls.objects.get_or_create(
            parent=None, kind=cls.Kind.MUNICIPALITY, defaults={"name": "Københavns Kommune"}
        )
        return unit


class UnitAlias(models.Model):
    """An alternative name for `unit` in lists, confirmed by a person.

    The name is valid among the units under `parent`.
    """

    parent = models.ForeignKey(Unit, models.CASCADE, related_name="+", verbose_name="ligger under")
    name = models.CharField("navn på listen", max_length=200)
    unit = models.ForeignKey(Unit, models.CASCADE, related_name="aliases", verbose_name="enhed")
    by = models.ForeignKey("User", models.PROTECT, related_name="+", null=True)
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name, verbose_name_plural = "andet navn på enhed", "andre navne på enheder"
        constraints = [
            models.UniqueConstraint(
                "parent",
                Lower("name"),
                name="unit_alias_once_under_parent",
                violation_error_message="Navnet hører allerede til en enhed dér.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} er {self.unit}"


class UserManager(BaseUserManager["User"]):
    def get_by_natural_key(self, username: str | None) -> User:
        return self.get(email__iexact=username)

    def create_user(self, email: str, name: str, password: str | None = None, **fields: Any) -> User:
        """Save a user who can sign in. Without a password the account waits to be claimed."""
        user = self.model(email=email.strip().lower(), name=name, **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user


class User(AbstractBaseUser):
    """A person. Every person has a single row, created by an import and claimed at the first sign-in."""

    email = models.EmailField("e-mail", max_length=254)
    #: Since when a list, a staff file or the municipality's sign-in names the address as the person's. None: one person
    #: typed the address, and personnel cases stay closed to it (letters/models/visibility.py).
    address_since = models.DateTimeField("adressen kendt siden", null=True, blank=True)
    name = models.CharField("navn", max_length=200)
    unit = models.ForeignKey(Unit, models.PROTECT, related_name="people", null=True, blank=True, verbose_name="enhed")
    #: From a staff file, in the form of `core.danish`, for whoever has to call.
    phone = models.CharField("telefon", max_length=danish.PHONE_MAX_LENGTH, blank=True, db_default="")
    is_active = models.BooleanField("kan logge ind", default=True)
    #: The day from which the person no longer works here, according to a staff file; somebody else must answer for the
    #: letters. Never a future day: a person with a day has left.
    left_on = models.DateField("fratrådt", null=True, blank=True)
    #: Since when mail to the address fails (notifications/delivery_problems/failed_mail.py). The letters wait for a
    #: different person or a corrected address.
    unreachable_since = models.DateTimeField("kan ikke nås siden", null=True, blank=True)
    unreachable_why = models.CharField("hvorfor", max_length=200, blank=True, db_default="")
    claimed_at = models.DateTimeField("første gang logget ind", null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    #: The user who views the site as this person, and until when (accounts/impersonation.py). None except during an
    #: impersonation.
    viewer: User | None = None
    viewed_until: datetime | None = None

    objects: ClassVar[UserManager] = UserManager()

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS = ["name"]

    class Meta:
        verbose_name, verbose_name_plural = "person", "personer"
        indexes = [GinIndex(USER_WORDS, name="user_words")]
        constraints = [
            models.UniqueConstraint(
                Lower("email"),
                name="user_email_once",
                violation_error_message="Der er allerede en person med den e-mail.",
            ),
            models.CheckConstraint(
                condition=models.Q(unreachable_since=None, unreachable_why="")
                | (models.Q(unreachable_since__isnull=False) & ~models.Q(unreachable_why="")),
                name="user_unreachable_has_a_reason",
                violation_error_message="Skriv, hvorfor mail ikke når personen.",
            ),
            models.CheckConstraint(
                condition=models.Q(phone="") | models.Q(phone__regex=danish.PHONE_FORM),
                name="user_phone_is_whole",
                violation_error_message="Skriv telefonnummeret med otte cifre: 7080 1234.",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def effective_viewers(self) -> list[User]:
        """Return the users who must all have access: the user and, during an impersonation, the viewer."""
        return [self, self.viewer] if self.viewer else [self]

    @cached_property
    def roles_and_substitutions(self) -> tuple[list[tuple[str, int]], dict[int, int | None]]:
        """Return the roles and substitutions of the user today (`AbsenceQuerySet.roles_and_substitutions_of`).

        The value is read once per request. `roles.prefetch_roles` fills the value for many users at once.
        """
        return Absence.objects.roles_and_substitutions_of(self.pk, danish.local_date(timezone.now()))

    @property
    def roles_with_unit_ids(self) -> list[tuple[str, int]]:
        return self.roles_and_substitutions[0]

    @property
    def roles(self) -> frozenset[str]:
        """Return the roles that the user holds at any unit."""
        return frozenset(role for role, _ in self.roles_with_unit_ids)

    @property
    def membership_unit_ids(self) -> list[int]:
        return [unit_id for _, unit_id in self.roles_with_unit_ids]

    def unit_ids_with_role(self, *roles: str) -> list[int]:
        """Return the ids of the units where the user holds any of `roles`."""
        return [unit_id for role, unit_id in self.roles_with_unit_ids if role in roles]

    def unit_ids_with_other_role(self, *roles: str) -> list[int]:
        """Return the ids of the units where the user holds a role that is none of `roles`."""
        return [unit_id for role, unit_id in self.roles_with_unit_ids if role not in roles]

    def holds_role_over(self, lineage: Iterable[int], *roles: str) -> bool:
        """Tell whether the user holds any of `roles` at a unit on `lineage`."""
        return not self.roles_over(lineage).isdisjoint(roles)

    def roles_over(self, lineage: Iterable[int]) -> frozenset[str]:
        """Return the roles that the user holds at a unit on `lineage`."""
        return frozenset(role for role, unit_id in self.roles_with_unit_ids if unit_id in set(lineage))

    def only_counts(self, lineage: Iterable[int]) -> bool:
        """Tell whether every role of the user at a unit on `lineage` counts its letters and opens none."""
        held = self.roles_over(lineage)
        return bool(held) and held <= Membership.COUNTING_ROLES

    def sees_only_personnel_cases(self, lineage: Iterable[int], *, is_list: bool = False) -> bool:
        """Tell whether HR is the user's only role at a unit on `lineage`.

        `is_list`: the question is about a list of letters, to which the counting roles give no access.
        """
        return self.roles_over(lineage) - (Membership.COUNTING_ROLES if is_list else set()) == {Membership.Role.HR}

    @property
    def stands_in_for(self) -> dict[int, int | None]:
        """Return {id of an absent person: registered_by} for the persons for whom the user stands in today (`Absence`).

        A substitution gives access to letters that the absent person sent or is the leader of, never to that person's
        roles.
        """
        return self.roles_and_substitutions[1]

    @property
    def own_and_represented_ids(self) -> list[int]:
        """Return the user's id and the ids of the persons for whom the user stands in."""
        return [self.pk, *self.stands_in_for]

    @property
    def first_name(self) -> str:
        return self.name.split(" ")[0]


class MembershipQuerySet(models.QuerySet["Membership"]):
    def nearest_first(self, lineage: str, *then: str) -> MembershipQuerySet:
        """Return the memberships at or above the unit of the outer query: the nearest first, then by the fields `then`.

        `lineage`: lookup path to the unit's lineage, for example «unit__lineage».
        """
        depth = Func(OuterRef(lineage), F("unit"), function="array_position", output_field=IntegerField())
        return self.annotate(depth=depth).filter(depth__isnull=False).order_by("-depth", *then)

    def opening_letters_of(self, unit: Unit | None) -> list[Membership]:
        """Return the roles LEADER and COORDINATOR at or above the unit, of people who can sign in, nearest first."""
        lineage, roles = unit.lineage if unit else [], (Membership.Role.LEADER, Membership.Role.COORDINATOR)
        held = self.filter(unit__in=lineage, role__in=roles, user__is_active=True, user__left_on=None)
        rows = held.select_related("user", "unit")
        return sorted(rows, key=lambda one: (-len(one.unit.lineage), one.role != Membership.Role.LEADER, one.pk))


class Membership(models.Model):
    """A role at a unit, valid for the unit and everything below.

    The role HR opens only the letters of `visible_to_hr`, and `COUNTING_ROLES` count letters and open none
    (letters/models/visibility.py). An ADVISER also reads the breach questions (GDPR art. 39) and gives opinions.
    """

    class Role(models.TextChoices):
        LEADER = "LEADER", "leder"
        COORDINATOR = "COORDINATOR", "koordinator"
        KIT_ADMIN = "KIT_ADMIN", "Koncern IT"
        DIT_SUPPORT = "DIT_SUPPORT", "DIT"
        HR = "HR", "Personalejura og Forhandling"
        READER = "READER", "læser"
        ADVISER = "ADVISER", "databeskyttelsesrådgiver"

    #: The roles that count letters and open none.
    COUNTING_ROLES = frozenset({Role.READER, Role.ADVISER})

    user = models.ForeignKey(User, models.CASCADE, related_name="memberships")
    unit = models.ForeignKey(Unit, models.CASCADE, related_name="memberships")
    role = models.CharField("rolle", max_length=20, choices=Role)
    #: The role follows from letters, and comes and goes with letters (`sync_leader_roles`).
    made_by_import = models.BooleanField("givet af en liste over breve", default=False, db_default=False)
    #: Staff files give and remove the role (accounts/staff_import/staff_changes.py).
    made_by_staff_file = models.BooleanField("givet af en personalefil", default=False, db_default=False)
    #: The role follows from a group at the municipality's sign-in (accounts/sign_in/provider_roles.py).
    made_by_provider = models.BooleanField("givet af en gruppe i kommunens login", default=False, db_default=False)
    #: A person gave the role, on the page *Adgang* or by a command. Only a person removes the mark.
    made_by_hand = models.BooleanField("givet af en person", default=True, db_default=False)

    #: The sources of a role. The role exists as long as at least one of them gives the role.
    SOURCES = ("made_by_import", "made_by_staff_file", "made_by_provider", "made_by_hand")

    objects = MembershipQuerySet.as_manager()

    class Meta:
        verbose_name, verbose_name_plural = "medlemskab", "medlemskaber"
        constraints = [
            models.UniqueConstraint(
                fields=["user", "unit", "role"],
                name="membership_once",
                violation_error_message="Personen har allerede den rolle i enheden.",
            ),
            KnownValues("role", "membership_role_known", "Den rolle findes ikke."),
            models.CheckConstraint(
                condition=Q(made_by_import=True)
                | Q(made_by_staff_file=True)
                | Q(made_by_provider=True)
                | Q(made_by_hand=True),
                name="membership_has_a_source",
                violation_error_message="En rolle skal være givet af en liste, en personalefil, en gruppe "
                "i kommunens login eller en person.",
            ),
        ]
        triggers = CHANGE_LOG_TRIGGERS

    def __str__(self) -> str:
        return f"{self.user}: {self.get_role_display()} i {self.unit}"

    @property
    def sources(self) -> list[str]:
        """Return what gives the role: «givet af en person»."""
        marks = (field for field in self._meta.concrete_fields if field.name in self.SOURCES)
        return [str(mark.verbose_name) for mark in marks if getattr(self, mark.name)]


class EmailChange(models.Model):
    """A corrected e-mail address. Append-only.

    A list or a staff file that still has the `old` address means the same person.
    """

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="email_changes")
    old = models.EmailField("gammel adresse", max_length=254)
    new = models.EmailField("ny adresse", max_length=254)
    #: `User.address_since` of the old address
    old_since = models.DateTimeField("gammel adresse kendt siden", null=True, blank=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField(auto_now_add=True)
    salt = salt_field()

    class Meta:
        verbose_name, verbose_name_plural = "rettelse af adresse", "rettelser af adresser"
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(
                condition=~Q(old=F("new")) | Q(salt=None),
                name="email_change_changes_it",
                violation_error_message="Adressen er den samme som før.",
            ),
        ]
        indexes = [models.Index(Lower("old"), name="email_change_old")]
        triggers = erasable_ledger_triggers("old", "new")

    def __str__(self) -> str:
        return f"adressen på person {self.user_id} er rettet"

    @property
    def what(self) -> str:
        """Return the line of the history, beside that of `AccessChange`."""
        return f"Adressen var {self.old}"
