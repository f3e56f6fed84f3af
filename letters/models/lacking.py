"""What leaves a letter without anybody to answer for it. The one rule of *Mangler ansvarlig* and its numbers."""

from django.db.models import Q

from sepo_incident.accounts.models import Unit, User

Kind = Unit.Kind
#: Too wide to be the unit of a letter: nobody there is near enough to answer for it.
WIDE = (Kind.MUNICIPALITY, Kind.ADMINISTRATION)


def lacking() -> dict[str, Q]:
    """What must be found → the letters that lack it. Whoever has left answers for nothing any more."""
    left = User.objects.exclude(left_on=None)
    wide = Unit.objects.filter(kind__in=WIDE)
    return {
        "afsender": Q(sender=None) | Q(sender__in=left),
        "leder": Q(leader=None) | Q(leader__in=left),
        "enhed": Q(unit=None) | Q(unit__in=wide),
    }
