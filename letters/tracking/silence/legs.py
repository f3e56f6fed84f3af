"""The two legs of a letter, and the statements about the letters of a leg."""

from datetime import UTC, date, datetime, timedelta

from letters.models import Leg, LegSlice
from sepo_incident.core.calendar import weekdays_off
from sepo_incident.core.sql_files import read_sql

BUCKET = timedelta(minutes=5)
BUCKETS_A_DAY = 288
#: Ages that are looked at, in buckets: a week.
OLDEST = 7 * BUCKETS_A_DAY
#: Windows of ages, in buckets: from 5 minutes to 3 hours, 2 to 10 hours, 8 to 32 hours, 1 to 7 days.
WINDOWS = ((1, 36), (24, 120), (96, 384), (288, OLDEST))
#: Letters that wait, and how long, before a leg can stand still.
FEWEST_WAITING, LEAST_WAIT = 12, timedelta(minutes=45)
#: Receipts may be held for so long, also where five weeks have not shown it.
LEAST_SILENCE = timedelta(hours=3, minutes=30)
#: A leg with a longer grace works on working days only.
SLOW_LEG = timedelta(hours=8)
#: An age in each window by which slices are compared.
TYPICAL_AGES = (12, 48, 192, 576)
#: The slice of all letters.
WHOLE = (LegSlice.Kind.CHANNEL, "")
#: {kind of leg: its letters; the five minutes in which each began the leg, when we knew, and when it was finished}
LETTERS = {
    Leg.Kind.HANDOVER: """(
        SELECT id, channel_id, approved_bucket AS bucket, approved_known_at AS known_at, sent_known_at AS finished_at
        FROM letters_letterdispatch WHERE approved_at IS NOT NULL
    )""",
    Leg.Kind.RECEIPT: """(
        SELECT dispatch_id AS id, channel_id, sent_bucket AS bucket, sent_known_at AS known_at, final_at AS finished_at
        FROM letters_dispatchoutcome WHERE sent_bucket IS NOT NULL
    )""",
}
#: {kind of slice: whether a letter is in it}
IN_SLICE = {
    "channel": "true",
    "unit": "dispatch.unit = %(slice_value)s",
    "sender": "dispatch.sender = %(slice_value)s",
    "subject": "dispatch.family = %(slice_value)s",
    "domain": "dispatch.recipient_domain = %(slice_value)s",
    "size": "dispatch.size >= split_part(%(slice_value)s, ' ', 1)::integer * 1000000",
}


def _in_windows(count: str) -> str:
    """Return an array with an aggregate for each window, of rows with an `age`."""
    return f"ARRAY[{', '.join(f'{count} FILTER (WHERE age >= {low} AND age < {high})' for low, high in WINDOWS)}]"


def _slowest() -> str:
    """Return an array with the slowest pace in each window's time until `step.at`, in times of the usual delay."""
    ratio = "extract(epoch FROM pace.delay)::float / greatest(1, extract(epoch FROM leg.median_delay)::float)"
    slowest = (
        f"max({ratio}) FILTER (WHERE pace.letters >= 30 AND pace.at > step.at - interval '{high * BUCKET}')"
        for _, high in WINDOWS
    )
    return f"ARRAY[{', '.join(slowest)}]"


#: Why a receipt says that a letter did not arrive, without numbers; and whether it says so, or what nobody knows.
CODE = r"left(regexp_replace(coalesce(nullif(receipt.error, ''), receipt.status), '\d+', '#', 'g'), 200)"
IS_REFUSED = "NOT receipt.is_delivered AND (receipt.is_final OR NOT receipt.is_known)"
#: Whether a letter may raise an alarm. Not again, when a person has closed the alarm that lists the letter.
IS_COUNTED = """(
    dispatch.alarm_id IS NULL OR dispatch.alarm_id IN (SELECT id FROM letters_silencealarm WHERE closed_by_id IS NULL)
)"""


def leg_sql(name: str, kind: Leg.Kind, slice_kind: str = "channel") -> str:
    """Return the statement in `name` for the legs of a kind, about the letters of a leg and their dispatches."""
    letters = LETTERS[kind]
    return read_sql(
        __file__,
        name,
        letters_of_leg=letters,
        is_in_slice=IN_SLICE[slice_kind],
        slices_of_letter=read_sql(__file__, "slices_of_letter.sql"),
        overtaken_until=read_sql(__file__, "overtaken_until.sql", letters_of_leg=letters),
        answered=read_sql(__file__, "answered.sql", letters_of_leg=letters),
        wait_now=read_sql(__file__, "working_wait.sql", end="step.at"),
        wait_then=read_sql(__file__, "working_wait.sql", end="frontier.next_at"),
        is_by_night=read_sql(__file__, "is_by_night.sql"),
        code=CODE,
        is_refused=IS_REFUSED,
        is_counted=IS_COUNTED,
        missing=_in_windows("count(*)"),
        expected=_in_windows("sum(expected)"),
        letters=_in_windows("sum(letters)"),
        slowest=_slowest(),
        late_at=f"ARRAY[{', '.join(f'count(*) FILTER (WHERE age IS NULL OR age >= {age})' for age in TYPICAL_AGES)}]",
    )


def bucket_of(moment: datetime) -> int:
    """Return the number of the five minutes since 1970."""
    return int(moment.timestamp() // BUCKET.total_seconds())


def time_of(bucket: int) -> datetime:
    """Return the start of a bucket."""
    return datetime.fromtimestamp(bucket * BUCKET.total_seconds(), UTC)


def days_off_around(moment: datetime) -> list[date]:
    """Return the days from Monday to Friday of this year and the last on which the municipality is closed."""
    return sorted(weekdays_off(moment.year) | weekdays_off(moment.year - 1))
