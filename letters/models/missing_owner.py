"""What leaves a letter without anybody to answer for it. The one rule of *Mangler ansvarlig* and its numbers."""

from django.db.models import Q

from sepo_incident.accounts.models import Unit, User

Kind = Unit.Kind
#: Too wide to be the unit of a letter: nobody there is near enough to answer for it.
TOO_WIDE_KINDS = (Kind.MUNICIPALITY, Kind.ADMINISTRATION)
#: people who are known, and cannot be asked
UNAVAILABLE = Q(left_on__isnull=False) | Q(unreachable_since__isnull=False)


def missing_owner_conditions() -> dict[str, Q]:
    """What must be found → the letters that lack it. Whoever has left answers for nothing any more, and neither does
    whom no mail reaches."""
    gone = User.objects.filter(UNAVAILABLE)
    wide = Unit.objects.filter(kind__in=TOO_WIDE_KINDS)
    return {
        "afsender": Q(sender=None) | Q(sender__in=gone),
        "leder": Q(leader=None) | Q(leader__in=gone),
        "enhed": Q(unit=None) | Q(unit__in=wide),
    }
