"""The composed notice. The golden texts are what people read: change them on purpose, and read them aloud.

`UPDATE_GOLDEN=1 pytest tests/notifications/test_notice_composer.py` rewrites the golden texts.
"""

import html
import os
import re
from datetime import date
from pathlib import Path

import pytest
from django.utils import timezone

from followups.models import FollowUp
from letters.models import AdministrationPlan, Incident, Letter
from notifications.models import Kind
from notifications.texts.notice_composer import compose_notice
from notifications.texts.notice_texts import default_source
from sepo_incident.accounts.models import User
from tests.factories import at

KIND = Kind.FIRST_NOTICE
GOLDEN = Path(__file__).parent / "golden"
INCIDENT_URL = "https://opfoelgning.example/haendelser/sepo-2019"

TORBEN = User(pk=2, name="Torben Ager", email="toag@buf.example")
ANNE = User(pk=1, name="Anne Holm", email="annh@buf.example")


pytestmark = pytest.mark.usefixtures("monday")


@pytest.fixture
def incident():
    return Incident(
        slug="sepo-2019",
        title="Sikker post",
        first_day=date(2019, 12, 9),
        last_day=date(2019, 12, 19),
        deadline=date(2020, 1, 15),
    )


@pytest.fixture(autouse=True)
def _address(settings):
    settings.SITE_URL = "https://opfoelgning.example"
    settings.RECIPIENT_HASH_KEY = "prøve"


def letter(
    pk, subject, sent_at, *, leader=TORBEN, kind=Letter.RecipientKind.CITIZEN, key="", personnel=False, due_on=None
):
    one = Letter(
        pk=pk,
        subject=subject,
        sent_at=sent_at,
        sender=ANNE,
        leader=leader,
        recipient_kind=kind,
        recipient_key=key,
        is_personnel_case=personnel,
    )
    FollowUp(letter=one, due_on=due_on)
    return one


def three_letters(leader=TORBEN):
    return [
        letter(3, "Uddannelsesparathedsvurdering, 8. klasse", at(2019, 12, 16, 12, 31), leader=leader),
        letter(1, "Indkaldelse til forældremøde", at(2019, 12, 10, 10, 5), leader=leader),
        letter(2, "", at(2019, 12, 12, 15, 20), leader=leader, key="a1" * 32),
    ]


def dated_letters():
    """A date that has passed, a date ahead, no date, and a personnel case whose date is not told."""
    return [
        letter(1, "Pjece", at(2019, 12, 10, 10, 5)),
        letter(2, "Indkaldelse til møde den 16. januar", at(2019, 12, 11, 9, 0), due_on=date(2020, 1, 16)),
        letter(3, "Høring, svar inden 6. januar", at(2019, 12, 12, 9, 0), due_on=date(2020, 1, 6)),
        letter(4, "Advarsel", at(2019, 12, 9, 9, 0), personnel=True, due_on=date(2020, 1, 6)),
    ]


def notice(incident, letters, sender=ANNE):
    return compose_notice(KIND, incident, sender, letters, default_source(KIND).parse(KIND))


def check_golden(name, composed):
    path, text = GOLDEN / f"{name}.txt", f"Emne: {composed.subject}\n\n{composed.text}"
    if os.environ.get("UPDATE_GOLDEN"):
        path.write_text(text)
    assert text == path.read_text()


@pytest.mark.parametrize(
    ("name", "letters"),
    [
        ("three_letters", three_letters()),
        ("no_leader", three_letters(leader=None)[:2]),
        (
            "personnel_case",
            [
                letter(
                    4,
                    "Indkaldelse til sygefraværssamtale",
                    at(2019, 12, 13, 9, 0),
                    kind=Letter.RecipientKind.EMPLOYEE,
                    key="b2" * 32,
                    personnel=True,
                ),
                *three_letters()[:1],
            ],
        ),
    ],
)
def test_golden_text(incident, name, letters):
    check_golden(name, notice(incident, letters))


@pytest.mark.usefixtures("monday")
def test_letters_are_listed_by_date_and_passed_dates_are_marked(incident):
    rows = re.findall(r"^- (.*?)\n  https", notice(incident, dated_letters()).text, re.MULTILINE | re.DOTALL)
    assert [row.partition(", ")[0] for row in rows] == [
        "Høring",
        "Indkaldelse til møde den 16. januar",
        "Personalesag (emne skjult)",
        "Pjece",
    ]
    assert [" ".join(row.split()).partition(" – ")[2] for row in rows] == [
        "frist eller møde den 6. januar er passeret – sendt torsdag den 12. december 2019 kl. 09.00",
        "frist eller møde den 16. januar",
        "",
        "",
    ]


def test_leader_who_has_left_gets_no_copy(incident):
    gone = User(pk=3, name="Pia Ravn", email="piar@buf.example", left_on=date(2020, 1, 1))
    draft = compose_notice(KIND, incident, ANNE, three_letters(gone), default_source(KIND).parse(KIND))
    assert (draft.copies, "Pia Ravn" in draft.text) == ([], False)


def test_golden_text_of_a_single_letter(incident):
    incident.last_day = incident.first_day
    check_golden("one_letter_one_day_own_leader", notice(incident, three_letters(leader=ANNE)[:1]))


#: the elements of Bilag I, in this order
ELEMENTS = [
    "Kære Anne Holm",
    "Svar på hvert brevs side: tryk på et brev i listen herunder. Brevene skal være fulgt op senest onsdag den 15.",
    "Din leder, Torben Ager, får mailen i kopi. I følger op sammen, og din leder bekræfter til sidst",
    "Koncern IT har fundet en fejl i SEPO",
    "Fejlen ramte breve sendt fra mandag den 9. til torsdag den 19. december 2019",
    "aldrig frem til modtagernes e-Boks",
    "Det er ikke afklaret, om fejlen er rettet",
    "Vi beklager fejlen og de gener",
    "Gå i gang i dag, så fejlen får færrest mulige konsekvenser",
    "Vi har registreret, at du har afsendt følgende breve, som fejlen ramte:",
    "Indkaldelse til forældremøde",
    "sendt torsdag den 12. december 2019 kl. 15.20 til en borger (kode",
    "Vejledningen viser, hvordan du finder brevene i Outlook",
    "Skal brevet sendes igen? Så sender du det selv",
    "Skal modtageren have et nyt brev? Så skriver og sender du det selv",
    "Har fejlen fået konsekvenser for modtageren eller kommunen? Så følger I op på dem",
    "Giv modtageren en ny dato, hvis en frist eller et møde er passeret",
    "Personalejura og Forhandling i Koncernservice har et beredskab",
    "Ring på 7080 8000",
    "DIT@buf.kk.dk",
    "Journalisér ændrede sagsforhold, så det manglende brev ikke får negative konsekvenser for modtageren",
    "udkast til modtageren",
    "Følg op på alle tre breve så hurtigt som muligt",
    "Koncern IT",
]


@pytest.mark.parametrize("part", ["text", "html"])
def test_mail_has_the_elements_of_bilag_i_in_order(incident, part):
    raw = getattr(notice(incident, three_letters()), part)
    plain = " ".join(
        html.unescape(re.sub(r"<title>.*?</title>|<div style=\"display:none.*?</div>|<[^>]+>", "", raw)).split()
    )
    position = 0
    for element in ELEMENTS:
        position = plain.find(element, position)
        assert position >= 0, element


@pytest.mark.parametrize("part", ["text", "html"])
def test_each_letter_has_its_link(incident, part):
    mail = getattr(notice(incident, three_letters()), part)
    links = [f"{INCIDENT_URL}/brev/{pk}/" for pk in (1, 2, 3)]
    assert [mail.count(link) for link in links] == [1, 1, 1]
    assert sorted(links, key=mail.index) == links, "in the order of the letters"


@pytest.mark.parametrize("part", ["text", "html"])
def test_links_lead_to_own_pages_or_to_those_of_the_incident(incident, part):
    mail = getattr(notice(incident, three_letters()), part)
    for path in ("/mine-breve/", "/vejledning/", "/udkast/"):
        assert f"{INCIDENT_URL}{path}" in mail
    incident.guide_url, incident.draft_url = "https://kit.example/guide", "https://kit.example/udkast"
    mail = getattr(notice(incident, three_letters()), part)
    assert "https://kit.example/guide" in mail
    assert "https://kit.example/udkast" in mail
    assert f"{INCIDENT_URL}/vejledning" not in mail


@pytest.mark.parametrize("part", ["text", "html"])
def test_link_about_outlook_opens_its_section(incident, client, db, part):
    section = re.search(r"/vejledning/#([\w-]+)", getattr(notice(incident, three_letters()), part))[1]
    assert f'<h2 id="{section}">Mailen i Outlook</h2>' in client.get("/vejledning/").text


@pytest.mark.parametrize("part", ["subject", "text", "html"])
def test_no_cpr_number_and_no_personnel_subject_in_a_mail(incident, part):
    composed = notice(
        incident,
        [
            letter(1, "Vedr. 010203-1234 og 0102031234", at(2019, 12, 10, 10, 5)),
            letter(2, "Tjenstlig samtale", at(2019, 12, 11, 10, 5), personnel=True),
        ],
        sender=User(pk=9, name="Bo 010203-1234", email="bo@kk.example"),
    )
    mail = getattr(composed, part)
    assert "1234" not in mail
    assert "Tjenstlig" not in mail


def test_html_in_a_subject_or_name_stays_text(incident):
    composed = notice(
        incident,
        [letter(1, '<script>alert("x")</script>', at(2019, 12, 10, 10, 5))],
        sender=User(pk=9, name="<img src=x> & søn", email="x@kk.example"),
    )
    assert "<script" not in composed.html
    assert "<img" not in composed.html
    assert "&lt;script&gt;" in composed.html
    assert '<script>alert("x")</script>' in composed.text, "the text part is not escaped"


def test_line_breaks_in_a_subject_do_not_make_lines(incident):
    composed = notice(incident, [letter(1, "Møde\r\n\r\nVenlig hilsen\u2028Chefen", at(2019, 12, 10, 10, 5))])
    assert "- Møde Venlig hilsen Chefen, sendt" in " ".join(composed.text.split())


def test_first_notice_after_the_deadline_asks_for_no_past_day(incident, monday):
    monday.move_to(at(2020, 1, 16))
    mail = notice(incident, three_letters())
    for part in (mail.subject, mail.text):
        assert "straks, for fristen var onsdag" in " ".join(part.split())
        assert "senest onsdag" not in part


def test_administration_has_its_own_support_and_paragraph_in_the_mail(cast):
    received = {"received_at": timezone.now(), "received_by": cast.birgitte, "contact_name": "L"}
    own = {"support_email": "dit@buf.example", "mail_text": "Ring til Lisbeth, før du sender."}
    AdministrationPlan.objects.create(incident=cast.incident, unit=cast.buf, **own, **received)
    Incident.objects.update(genuine_check="Se nyheden på intranettet.")
    incident = Incident.objects.get()
    bufs, sofs = (
        compose_notice(KIND, incident, letter.sender, [letter], default_source(KIND).parse(KIND)).text
        for letter in (cast.plain, cast.ullas)
    )
    assert "Skriv til dit@buf.example. Ring til Lisbeth, før du sender." in bufs
    assert f"Skriv til {incident.support_email}.\n" in sofs
    for text in (bufs, sofs):
        assert "Se nyheden på intranettet. Skriv aldrig CPR-numre" in " ".join(text.split())
