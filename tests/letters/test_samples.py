"""The generator of sample lists against the figures of the case."""

from collections import Counter
from datetime import date, datetime, timedelta

import pytest
from django.core.management import CommandError, call_command

from letters.importing.plan import letter_comparison
from letters.samples import COLUMNS, MAIL_OUT_DAY, make_revision, make_rows
from letters.samples.sample_letters import SENDER_OF_FOURTEEN
from sepo_incident.core import calendar, cpr, spreadsheets
from tests.letters.parsed_rows import default_matcher


@pytest.fixture(scope="module")
def rows():
    return make_rows()


@pytest.fixture(scope="module")
def buf(rows):
    return [row for row in rows if row.administration == "Børne- og Ungdomsforvaltningen"]


def test_sample_sizes_match_the_case(rows, buf):
    assert len(rows) == 3400
    assert len({row.source_ref for row in rows}) == 3400
    assert len(buf) == 1600
    assert len({(row.area, row.unit, row.subunit) for row in buf}) == 157
    assert 1500 < len({row.sender_email for row in rows}) < 1700
    assert len({row.administration for row in rows}) == 7


def test_sample_subjects_match_the_case(buf):
    judge = default_matcher()
    subjects = Counter(judge.match_subject(row.subject).verdict.category for row in buf)
    assert subjects["Uddannelsesparathed"] == 200
    assert subjects["Dagpleje og privat pasning"] == 120
    assert subjects["Tandpleje"] == 100
    assert subjects["Pjecer"] == 80
    assert subjects["Uden emne"] == 200
    assert sum(row.recipient_kind == "Medarbejder" for row in buf) == 100
    assert subjects["Sygefraværssamtaler"] > 50


def test_sample_letters_are_sent_in_the_window(rows):
    assert {row.sent.date() for row in rows} <= {date(2019, 12, day) for day in range(9, 20)}
    assert sum(7 <= row.sent.hour < 17 for row in rows) > 3000
    assert sum(row.sent.weekday() >= 5 for row in rows) < 100


def test_sample_has_the_hard_rows(rows):
    assert 34 <= sum(not row.leader_email for row in rows) <= 40
    assert sum(not row.sender_email for row in rows) == 6
    assert any(row.sender_email == row.leader_email for row in rows if row.sender_email)
    assert sum(cpr.contains_cpr(row.subject) for row in rows) == 3
    units_of = Counter(sender for sender, _ in {(row.sender_email, row.unit) for row in rows if row.sender_email})
    assert max(units_of.values()) == 2
    leaders_of = Counter(unit for unit, _ in {((row.area, row.unit), row.leader_email) for row in rows})
    assert max(leaders_of.values()) >= 2
    twice = Counter((row.sender_email, row.sent, row.recipient, row.subject) for row in rows)
    assert max(twice.values()) == 2


@pytest.mark.parametrize("letters", [200, 900])
def test_sample_has_a_sender_of_fourteen_letters(letters):
    hers = [row for row in make_rows(letters) if row.sender == SENDER_OF_FOURTEEN.name]
    assert len(hers) == 14
    assert {row.leader for row in hers} == {"Jens Ågård"}
    for days in (" 3. januar", " 6. januar"), (" 13. januar", " 14. januar"):
        assert sum(row.subject.endswith(days) for row in hers) == 2


@pytest.mark.parametrize("letters", [1, 60])
def test_sample_of_any_size_works(letters):
    assert len(make_rows(letters)) == letters


def test_shift_moves_every_date():
    before, after = make_rows(300), make_rows(300, shift=timedelta(weeks=5))
    assert [row.sent + timedelta(weeks=5) for row in before] == [row.sent for row in after]
    assert any("svarfrist 10. februar" in row.subject for row in after)


@pytest.mark.parametrize("days", [0, 3])
def test_sample_has_no_school_letter_on_a_day_off(days):
    rows = make_rows(shift=timedelta(days=days))
    first, last = date(2019, 12, 9) + timedelta(days), date(2019, 12, 19) + timedelta(days)
    assert first <= min(rows, key=lambda row: row.sent).sent.date()
    assert max(rows, key=lambda row: row.sent).sent.date() <= last
    on_days_off = [row for row in rows if not calendar.is_working_day(row.sent.date())]
    assert on_days_off
    assert {row.administration for row in on_days_off} <= {
        "Socialforvaltningen", "Sundheds- og Omsorgsforvaltningen", "Kultur- og Fritidsforvaltningen",
    }  # fmt: skip


def test_sample_subjects_differ(rows):
    by_subject = Counter(row.subject for row in rows if row.subject)
    assert max(by_subject.values()) <= 50
    assert len(by_subject) > 700
    hers = Counter(row.subject for row in rows if row.sender == SENDER_OF_FOURTEEN.name and row.subject)
    assert max(hers.values()) == 1


def test_same_seed_gives_the_same_bytes(tmp_path):
    name = "liste.csv"
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        call_command("make_list", str(tmp_path / folder / name), letters=60, seed=7, verbosity=0)
    first = (tmp_path / "a" / name).read_bytes()
    assert first == (tmp_path / "b" / name).read_bytes()
    call_command("make_list", str(tmp_path / name), letters=60, seed=8, verbosity=0)
    assert first != (tmp_path / name).read_bytes()


def test_make_list_shifts_to_a_day_and_refuses_other_formats(tmp_path):
    call_command(
        "make_list", str(tmp_path / "liste.csv"), letters=40, shift_to=MAIL_OUT_DAY + timedelta(days=1), verbosity=0
    )
    first = (tmp_path / "liste.csv").read_text(encoding="utf-8-sig").splitlines()[1].split(";")[1]
    assert datetime.strptime(first, "%d-%m-%Y %H:%M").date() >= date(2019, 12, 10)
    with pytest.raises(CommandError, match=r"\.xlsx eller \.csv"):
        call_command("make_list", str(tmp_path / "liste.ods"))


@pytest.mark.parametrize(
    ("file", "letters", "sentence"),
    [
        ("findes-ikke/liste.csv", 1, "kan ikke skrives. Kontrollér navnet og mappen"),
        ("liste.csv", 0, r"fra 1 til 1\.000\.000 breve på listen, ikke 0"),
        ("liste.csv", 10**9, r"ikke 1\.000\.000\.000"),
    ],
)
def test_make_list_reports_what_it_cannot_do(tmp_path, file, letters, sentence):
    with pytest.raises(CommandError, match=sentence):
        call_command("make_list", str(tmp_path / file), letters=letters)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(("letters", "seed"), [(3400, 7), (300, 2019), (1201, 20200101)])
def test_sample_ids_are_distinct_and_no_cpr_numbers(rows, letters, seed):
    ids = {row.source_ref for row in make_rows(letters, seed)}
    assert ids.isdisjoint(row.source_ref for row in rows)
    assert not any(map(cpr.contains_cpr, ids))
    assert [row.source_ref for row in rows[:2]] == ["SEPO-004005", "SEPO-004014"], "that list keeps its ids"


@pytest.mark.django_db
def test_make_list_moves_the_list_into_the_window(cast, tmp_path):
    cast.incident.first_day, cast.incident.last_day = date(2020, 11, 2), date(2020, 11, 12)
    cast.incident.deadline = date(2020, 12, 9)
    cast.incident.save()
    call_command("make_list", str(tmp_path / "liste.csv"), letters=40, incident=cast.incident.slug, verbosity=0)
    lines = (tmp_path / "liste.csv").read_text(encoding="utf-8-sig").splitlines()[1:]
    days = {datetime.strptime(line.split(";")[1], "%d-%m-%Y %H:%M").date() for line in lines}
    assert date(2020, 11, 2) <= min(days)
    assert max(days) <= date(2020, 11, 12)


@pytest.mark.django_db
def test_revised_sample_has_every_verdict(import_file):
    import_file(spreadsheets.build_csv(COLUMNS, make_rows(400)), name="1.csv")
    second = import_file(spreadsheets.build_csv(COLUMNS, make_revision(400)), name="2.csv", commit=False)
    counts = letter_comparison.count_rows(second)
    assert (counts.new, counts.known, counts.changed, counts.rejected) == (38, 24, 5, 3)
    messages = " ".join(
        problem["message"] for row in second.rows.filter(verdict="REJECTED") for problem in row.problems
    )
    for words in ("findes ikke", "e-mail", "magen til række"):
        assert words.lower() in messages.lower()


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1"])
def test_csv_has_no_formulas(text):
    assert f"'{text}" in spreadsheets.build_csv(["Emne"], [[text]]).decode("utf-8-sig")
