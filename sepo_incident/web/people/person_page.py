"""Read model of the page about a person: the letters, the next step, the mails, the leaders, and the escalations.

Every part has only what the reader may see. Letters are those of the page's incident; other incidents are linked.
"""

from collections.abc import Sequence
from functools import cached_property
from typing import NamedTuple

from django.core.paginator import Page
from django.db.models import Count, Q
from django.http import QueryDict
from django.urls import reverse

from followups.boards.board_letters import units_with_board_for
from followups.desk import queue
from followups.models import Escalation
from followups.models.letter_row import LetterRow
from followups.reporting.letter_figures import Tally, count_together, letter_conditions
from followups.rules.letter_rows import paginate_rows, sort_letters
from letters.incidents import addresses_under
from letters.models import Incident, Letter
from letters.models.letter import LetterQuerySet
from notifications.models import Delivery, Notice
from sepo_incident.accounts import impersonation
from sepo_incident.accounts.models import Absence, Membership, User
from sepo_incident.core import calendar, danish
from sepo_incident.core.components import Pill
from sepo_incident.core.sorting import ColumnSort
from sepo_incident.web.people.visible_people import may_see_history, person_urls

PER_PAGE, MAILS_SHOWN, MAX_MAILS, LEADERS_SHOWN = 10, 5, 200, 3
#: Figure -> (label, tone) of the pills above the letters.
PILL_FIGURES = {
    "ALL": ("Alle", ""),
    "LACKS_DECISION": ("Mangler beslutning", "is-soon"),
    "DECIDED": ("Skal sendes", "is-soon"),
    "TO_ANSWER": ("Mangler svar", "is-soon"),
    "ARRIVING": ("Mangler bevis", "is-info"),
    "DONE": ("Venter på lederen", "is-info"),
    "FOLLOWED_UP": ("Fulgt op", "is-ok"),
}
#: The list of the letters that the person leads, beside the lists of `PILL_FIGURES`.
LED = "LED"
#: Figure -> what the person does about its letters, before and after their number. In the order of a letter's way.
STEPS = {
    "SENT_BACK": ("svarer lederen om ", ""),
    "OPEN": ("beslutter om ", ""),
    "DECIDED": ("sender ", ""),
    "TO_ANSWER": ("svarer om konsekvenser af ", ""),
    "ARRIVING": ("viser, at ", " er kommet frem"),
}
#: A text as (part, address or "").
type LinkedText = list[tuple[str, str]]


class Contact(NamedTuple):
    """A leader, or a leader or coordinator above. `url`: the contact's page, or "" for a closed page."""

    person: User
    url: str
    role: str = "leder"


def list_contacts(held: Sequence[Membership], reader: User) -> list[Contact]:
    """Return the holders of the roles, with the role and its unit."""
    urls = person_urls(reader, [one.user_id for one in held])
    return [Contact(one.user, urls.get(one.user_id, ""), f"{one.get_role_display()} i {one.unit.name}") for one in held]


class PersonPage:
    """The page about `person` for `reader`. Each part is fetched when the template first asks for it."""

    def __init__(self, person: User, incident: Incident | None, reader: User, data: QueryDict) -> None:
        self.person, self.incident, self.reader, self.data = person, incident, reader, data
        self.today, self.name, self.genitive = calendar.today(), person.first_name, danish.genitive(person.first_name)
        self.shows_history = may_see_history(reader, person)
        self.is_own = person.pk == reader.pk

    @property
    def unit_url(self) -> str:
        """Address of the board of the person's unit, or "" if the reader may not open it."""
        pk = self.person.unit_id
        return reverse("board", args=[pk]) if pk and units_with_board_for(self.reader).filter(pk=pk).exists() else ""

    # --- letters --------------------------------------------------------------------------------------------------

    @cached_property
    def all_letters(self) -> LetterQuerySet:
        return Letter.objects.visible_to(self.reader).active().filter(sender=self.person)

    @cached_property
    def letters(self) -> LetterQuerySet:
        """The letters of the page's incident."""
        return self.all_letters.filter(incident=self.incident)

    @cached_property
    def counts(self) -> Tally:
        return count_together(self.letters, self.reader, self.today, {*PILL_FIGURES, *STEPS, "NOT_FOLLOWED_UP"})

    @cached_property
    def number(self) -> int:
        """The number of letters in the page's incident, or in all incidents if the address names none of several."""
        return self.counts["ALL"] if self.incident else self.all_letters.count()

    @property
    def pills(self) -> list[Pill]:
        pills = [
            Pill(label, self.list_url(figure), self.counts[figure], tone, is_current=figure == self.shown)
            for figure, (label, tone) in PILL_FIGURES.items()
            if self.counts[figure] or figure == self.shown
        ]
        if self.led_letters:
            pills.append(Pill("Leder for", self.list_url(LED), self.led_letters, is_current=self.shows_led))
        return pills

    @cached_property
    def shown(self) -> str:
        """The list that is shown: a figure, or `LED`."""
        asked = self.data.get("vis")
        if asked in (*PILL_FIGURES, *STEPS, "NOT_FOLLOWED_UP", LED):
            return asked
        return "ALL" if self.counts["ALL"] else LED

    @property
    def shows_led(self) -> bool:
        return self.shown == LED

    @property
    def letters_heading(self) -> str:
        if self.shows_led:
            return f"{self.name} er leder for {danish.count(self.led_letters, 'brev', 'breve')}"
        letters = danish.count(self.counts["ALL"], "brev", "breve")
        return f"{self.genitive} {letters}" if self.shows_history else f"{letters} fra {self.name}"

    @cached_property
    def page_obj(self) -> Page[LetterRow]:
        if self.shows_led:
            letters = self.led
        else:
            letters = self.letters.filter(letter_conditions(self.reader, self.today, [self.shown])[self.shown])
        return paginate_rows(self.sort.order(letters, "sent_at", "pk"), PER_PAGE, self.data.get("page"), self.reader)

    @cached_property
    def sort(self) -> ColumnSort:
        return sort_letters(self.data, anchor="breve")

    def list_url(self, figure: str) -> str:
        return f"{reverse('person', args=[self.person.pk])}?vis={figure}#breve"

    @property
    def led(self) -> LetterQuerySet:
        """The letters of others that the person leads."""
        letters = Letter.objects.visible_to(self.reader).active().filter(leader=self.person).exclude(sender=self.person)
        return letters.filter(incident=self.incident) if self.incident else letters

    @cached_property
    def led_letters(self) -> int:
        return self.led.count()

    @cached_property
    def other_incidents(self) -> list[tuple[str, str, int]]:
        """The other incidents with letters of the person, as (title, address, number of letters)."""
        letters = self.all_letters.exclude(incident=self.incident) if self.incident else self.all_letters
        numbers = dict(letters.order_by().values_list("incident").annotate(number=Count("pk")))
        links = []
        for one in Incident.objects.filter(pk__in=numbers).order_by("-pk"):
            with addresses_under(one):
                links.append((one.title, reverse("person", args=[self.person.pk]), numbers[one.pk]))
        return links

    # --- the sentence ---------------------------------------------------------------------------------------------

    @property
    def letters_text(self) -> LinkedText:
        """Return how many letters there are, and how many are not followed up."""
        total, missing = self.counts["ALL"], self.counts["NOT_FOLLOWED_UP"]
        if not total:
            return []
        begin = f"{self.name} har " if self.shows_history else "Du ser "
        owner = "" if self.shows_history else f" fra {self.name}"
        text = [(begin, ""), self._linked_count("ALL")]
        if not missing:
            return [*text, (f"{owner}, og {'det' if total == 1 else 'alle'} er fulgt op.", "")]
        if missing == total:
            return [*text, (f"{owner}, og {'det' if total == 1 else 'ingen'} er {'ikke ' * (total == 1)}fulgt op.", "")]
        return [*text, (f"{owner}. ", ""), self._linked_count("NOT_FOLLOWED_UP"), (" er ikke fulgt op.", "")]

    @property
    def without_letters(self) -> LinkedText:
        """Return what the page says instead of `letters_text`."""
        led = danish.count(self.led_letters, "brev", "breve"), self.list_url(LED) if self.incident else ""
        if not self.led_letters:
            none = (
                f"{self.name} har ingen breve på listen."
                if self.shows_history
                else f"Du ser ingen breve fra {self.name}."
            )
            return [(none, "")]
        if self.shows_history:
            return [(f"{self.name} har ingen breve på listen, men er leder for ", ""), led, (".", "")]
        return [("Du ser ", ""), led, (f", som {self.name} er leder for.", "")]

    @property
    def next_step(self) -> LinkedText:
        """Return what the person must do, or else that the leader confirms; [] in a closed incident."""
        if not self.counts["ALL"] or self.incident is None or self.incident.is_closed:
            return []
        steps = [(before, figure, after) for figure, (before, after) in STEPS.items() if self.counts[figure]]
        if not steps and not self.counts["DONE"]:
            return [(f"{self.name} skal ikke gøre mere.", "")]
        if not steps:
            return [("Næste skridt: lederen bekræfter ", ""), self._linked_count("DONE"), (".", "")]
        text: LinkedText = [(f"Næste skridt: {self.name} ", "")]
        for at, (before, figure, after) in enumerate(steps):
            joined = "" if at == 0 else " og " if at == len(steps) - 1 else ", "
            text += [(joined + before, ""), self._linked_count(figure), (after, "")]
        return [*text, (".", "")]

    def _linked_count(self, figure: str) -> tuple[str, str]:
        return danish.count(self.counts[figure], "brev", "breve"), self.list_url(figure)

    # --- mails ----------------------------------------------------------------------------------------------------

    @cached_property
    def mails(self) -> list[Delivery]:
        """The newest mails to the person that the reader may read. The second query asks about these mails only."""
        sent = (
            Delivery.objects.filter(recipient=self.person).of_incident(self.incident).select_related("notice__receiver")
        )
        newest = list(sent.order_by("-notice__created_at", "-pk")[:MAX_MAILS])
        notices = Notice.objects.visible_to(self.reader).filter(pk__in=[one.notice_id for one in newest])
        readable = set(notices.values_list("pk", flat=True))
        return [one for one in newest if one.notice_id in readable]

    @property
    def shown_mails(self) -> list[Delivery]:
        return self.mails if self.data.get("mails") == "alle" else self.mails[:MAILS_SHOWN]

    # --- leaders, substitutes, escalations ------------------------------------------------------------------------

    @cached_property
    def leaders(self) -> list[Contact]:
        """The leaders of the person's letters, most letters first, and those of the person's unit."""
        numbers = self.all_letters.exclude(leader=self.person).exclude(leader=None).order_by()
        counted = dict(numbers.values_list("leader").annotate(number=Count("pk")))
        of_unit = Membership.objects.filter(unit=self.person.unit_id, role=Membership.Role.LEADER).values("user")
        people = User.objects.filter(Q(pk__in=counted) | Q(pk__in=of_unit)).exclude(pk=self.person.pk)
        nearest = sorted(people, key=lambda one: (-counted.get(one.pk, 0), danish.sort_key(one.name)))[:LEADERS_SHOWN]
        urls = person_urls(self.reader, [one.pk for one in nearest])
        return [Contact(one, urls.get(one.pk, "")) for one in nearest]

    @cached_property
    def above(self) -> list[Membership]:
        """The roles of others that open the letters of the person's unit, the nearest first."""
        held = Membership.objects.opening_letters_of(self.person.unit)
        return [one for one in held if one.user_id != self.person.pk]

    @property
    def contacts(self) -> list[Contact]:
        """The leaders, or else whoever leads or coordinates the nearest unit above."""
        return self.leaders or list_contacts(self.above[:1], self.reader)

    @cached_property
    def absences(self) -> list[Absence]:
        """The absences of today and later, for a reader who knows about the person."""
        if not self.shows_history:
            return []
        found = self.person.absences.current_or_upcoming(self.today)
        return list(found.select_related("substitute"))

    @cached_property
    def escalations(self) -> list[Escalation]:
        """The person's escalations to the reader's desk, the newest first."""
        found = Escalation.objects.visible_to(self.reader).filter(raised_by=self.person)
        return list(found.select_related("followup__letter__incident").order_by("-pk"))

    @property
    def escalations_text(self) -> LinkedText:
        """Return for example «Karen har 1 åben henvendelse og 2 besvarede.» with links to the newest of each."""
        is_open = [one for one in self.escalations if one.is_with_desk and one.resolved_at is None]
        answered = [one for one in self.escalations if one not in is_open]
        parts: LinkedText = [(f"{self.name} har ", "")]
        parts += [_escalation_link(is_open, "åben henvendelse", "åbne henvendelser")] if is_open else []
        parts += [(" og ", "")] if is_open and answered else []
        parts += [_escalation_link(answered, "besvaret henvendelse", "besvarede henvendelser")] if answered else []
        return [*parts, (".", "") if is_open else (" og ingen åbne.", "")]

    @property
    def view_as_url(self) -> str:
        """Address of the escalation from which the reader may see the site as the person, or ""."""
        if not impersonation.can_be_impersonated(self.person):
            return ""
        owned = [one for one in self.escalations if one.owner_id == self.reader.pk and one.resolved_at is None]
        letters = Letter.objects.visible_to(self.reader).in_bulk([one.followup.letter_id for one in owned])
        for one in owned:
            one.followup.letter = letters[one.followup.letter_id]  # knows what the reader may read
            if queue.may_view_as_asker(self.reader, one):
                return reverse("escalation", args=[one.pk])
        return ""


def _escalation_link(escalations: list[Escalation], one: str, many: str) -> tuple[str, str]:
    return danish.count(len(escalations), one, many), reverse("escalation", args=[escalations[0].pk])
