"""The single rule for letters without an owner, behind *Mangler ansvarlig* and the counts."""

from django.db.models import Q

from sepo_incident.accounts.models import Unit, User

Kind = Unit.Kind
#: Too wide for the unit of a letter: nobody there is close enough to answer for the letter.
TOO_WIDE_KINDS = (Kind.MUNICIPALITY, Kind.ADMINISTRATION)
#: People who are known but cannot be asked.
UNAVAILABLE = Q(left_on__isnull=False) | Q(unreachable_since__isnull=False)


def missing_owner_conditions() -> dict[str, Q]:
    """Return {missing owner in Danish: condition on letters}.

    A person who has left, or who cannot be reached by mail, is no owner.
    """
    gone = User.objects.filter(UNAVAILABLE)
    wide = Unit.objects.filter(kind__in=TOO_WIDE_KINDS)
    return {
        "afsender": Q(sender=None) | Q(sender__in=gone),
        "leder": Q(leader=None) | Q(leader__in=gone),
        "enhed": Q(unit=None) | Q(unit__in=wide),
    }
