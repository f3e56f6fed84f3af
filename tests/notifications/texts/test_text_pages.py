"""*Tekster*: the list, the editor with preview, versions, and test mails."""

import re

import pytest
from django.urls import reverse

from letters.models import Incident, Letter
from notifications import mail_worker
from notifications.alarms import reconciliation
from notifications.kinds.notice_kinds import kind_slug
from notifications.models import Delivery, Kind, Notice, NoticeText
from notifications.texts.notice_texts import default_source

KIND = Kind.FIRST_NOTICE
DEFAULT = default_source(KIND)


@pytest.fixture
def kit(as_user, cast):
    return as_user(cast.mette)


def form(body=DEFAULT.body, subject=DEFAULT.subject, version=0, **more):
    return {"subject": subject, "body": body, "version": version, **more}


def post(kit, name="text", htmx=False, **fields):
    headers = {"HX-Request": "true"} if htmx else {}
    return kit.post(reverse(name, args=["foerste-besked"]), form(**fields), headers=headers)


def page(response, status=200):
    assert response.status_code == status
    return " ".join(response.content.decode().split())


def get_page(kit, name="text", **query):
    return page(kit.get(reverse(name, args=["foerste-besked"] if name != "texts" else []), query))


def frame_content(kit, shown):
    """Return the content of the preview frame."""
    return kit.get(re.search(r'mail-frame" src="([^"]*)"', shown)[1].replace("&amp;", "&"))


def body_without(words):
    assert words in DEFAULT.body
    return DEFAULT.body.replace(words, "")


def test_list_shows_changes_and_authors(kit):
    shown = get_page(kit, "texts")
    assert "Standardteksten" in shown
    assert "Aldrig" in shown
    assert "Ikke sendt endnu" in shown
    post(kit, subject="{Tal} breve")
    shown = get_page(kit, "texts")
    assert "Version 1" in shown
    assert "af Mette Dahl" in shown


@pytest.mark.parametrize("kind", [Kind.LEADER_DIGEST, Kind.DESK_DIGEST])
def test_every_kind_has_an_editable_page(kit, kind, monday):
    words, address = default_source(kind), reverse("text", args=[kind_slug(kind)])
    shown = page(kit.get(address))
    assert "Kære " in shown
    assert "Teksten kan sendes." in shown
    posted = {"subject": words.subject, "body": words.body.replace("Kære", "Hej"), "version": 0}
    assert "gemt som version 1" in page(kit.post(address, posted, follow=True))
    without_list = re.sub(r"^{[^}]*}$", "", words.body, flags=re.MULTILINE)
    assert "Der mangler listen med" in page(kit.post(address, posted | {"body": without_list, "version": 1}), 422)


def test_preview_uses_sample_letters_without_letters(kit):
    Letter.objects.all().update(withdrawn_at="2020-01-07T12:00Z")
    shown = get_page(kit, tekst=1)
    assert "Brevene er opdigtede." in shown
    assert "Kære Anne Eksempel" in shown


def test_preview_fills_the_fields_for_a_receiver(kit, cast):
    assert "Kære Anne Østergaard" in get_page(kit, til=cast.anne.pk, tekst=1)
    shown = get_page(kit, til=cast.anne.pk)
    assert "Mailen til Anne Østergaard om 1 brev." in shown
    assert "<code>{navn}</code>" in shown
    assert 'data-insert="{navn}" data-at="id_body"' in shown
    assert "<span>Anne Østergaard</span>" in shown, "the value is the example"
    assert "<span>link til vejledningen</span>" in shown, "an address says less than its meaning"
    assert "onsdag den 15. januar 2020" in shown
    assert "Torben Kjær &lt;torben@kk.example&gt;" in shown
    mail = frame_content(kit, shown)
    assert "Et af dine breve kom aldrig frem" in mail.content.decode()
    assert "style-src 'unsafe-inline'" in mail["Content-Security-Policy"]


def test_preview_of_typed_text_saves_nothing(kit, cast):
    typed = {"body": "Kære {navm}\n{breve}\n\nHej {navn}", "til": cast.karen.pk, "vis": 1}
    as_text = page(post(kit, htmx=True, tekst=1, **typed))
    assert "Kære {navm}" in as_text
    assert "Hej Karen Bülow Møller" in as_text
    assert "sygefravær" not in as_text, "no subject of a personnel case"
    shown = page(post(kit, htmx=True, **typed))
    assert "<html" not in shown
    assert "Linje 1: Feltet {navm} findes ikke. Mente du {navn}?" in shown
    assert "Der mangler fristen: {senest}." in shown
    mail = frame_content(kit, shown).content.decode()
    assert "Hej Karen Bülow Møller" in mail
    assert not NoticeText.objects.exists()
    whole = page(post(kit, vis=1, body="Kære {navm}"))
    assert "Mente du {navn}?" in whole
    assert "<html" in whole


def test_saving_makes_a_version(kit, cast):
    assert post(kit, subject="{Tal} breve").url == reverse("text", args=["foerste-besked"])
    [text] = NoticeText.objects.all()
    assert (text.version, text.subject, text.written_by) == (1, "{Tal} breve", cast.mette)
    assert "Version 1, skrevet" in get_page(kit)
    post(kit, subject="{Tal} breve", version=1)
    assert NoticeText.objects.count() == 1, "nothing was changed"


def test_text_without_letters_or_deadline_is_refused(kit):
    for words, said in (
        ("{breve}\n", "Der mangler listen med brevene: {breve}."),
        ("**{senest}**", "Der mangler fristen: {senest}."),
    ):
        assert said in page(post(kit, body=body_without(words)), 422)
    assert not NoticeText.objects.exists()


def test_missing_elements_of_bilag_i_are_warned_about(kit):
    body = DEFAULT.body
    for words in (
        *("({find mailen})", "({udkast})", "{support}", "Journalisér", "3) ", "Vi beklager"),
        *("{Underskrift}", "{underskrift}", "[Vejledningen", "[Brug", ".]"),
    ):
        assert words in body
        body = body.replace(words, "")
    shown = page(kit.post(reverse("text", args=["foerste-besked"]), form(body=body), follow=True))
    assert "gemt som version 1" in shown
    assert (
        "Teksten er gemt, men den mangler at I beklager, linket til vejledningen: {find mailen}, de tre ting, man skal "
        "tage stilling til: 1), 2) og 3), hvor man får hjælp: {support}, at ændringer skal journaliseres, linket til "
        "et udkast til modtageren: {udkast} og hvem mailen er fra: {underskrift}."
    ) in shown
    assert "Mangler noget" in get_page(kit, "texts")


def test_unsendable_text_is_refused(kit):
    for fields, said in (
        ({"subject": "Til {navn}"}, "må ikke være i emnet"),
        ({"subject": "{|x}"}, "Emnet er tomt"),
        ({"subject": "{perioden} " * 5}, "Emnet må højst fylde 200 tegn"),
        ({"body": DEFAULT.body + "\n[her](javascript:x)"}, "Et link skal føre til"),
    ):
        assert said in page(post(kit, **fields), 422)
    assert not NoticeText.objects.exists()


def test_second_tab_conflicts_and_may_choose(kit):
    post(kit, subject="Den ene")
    shown = page(post(kit, subject="Den anden"), 409)
    assert "Du har selv rettet teksten et andet sted" in shown
    assert 'value="Den anden"' in shown
    assert "<del>Emne: Den ene</del>" in shown
    assert '<input type="hidden" name="version" value="1">' in shown
    assert post(kit, subject="Den anden", version=1).status_code == 302
    assert NoticeText.objects.versions_of(KIND, Incident.objects.get()).first().subject == "Den anden"


def test_version_history_and_reset(kit, cast):
    assert "Teksten er ikke rettet" in get_page(kit, "text_versions")
    post(kit, subject="{Tal} breve")
    shown = get_page(kit, "text_versions")
    assert "Rettet i version 1" in shown
    assert "Mette Dahl rettede teksten" in shown
    assert kit.post(reverse("reset_text", args=["foerste-besked"]), {"version": "0"}).url.endswith("historik/"), (
        "not seen"
    )
    kit.post(reverse("reset_text", args=["foerste-besked"]), {"version": "1"})
    shown = get_page(kit, "text_versions", efter="2")
    assert "Mette Dahl gik tilbage til standardteksten" in shown
    assert "<del>Emne: {Tal} breve</del>" in shown
    for nonsense in ("99999999999", "9" * 5000, "²"):
        assert "Rettet i version 2" in get_page(kit, "text_versions", efter=nonsense)


def of_the_incident(sums):
    return [str(one) for one in sums if "sepo-2019" in one.what]


def test_test_mail_is_sent_and_not_counted(kit, cast, sink):
    before = of_the_incident(reconciliation.check_sums())
    response = post(kit, proeve=1, subject="{Tal} prøver", til=cast.anne.pk)
    assert not NoticeText.objects.exists(), "it need not be saved"
    notice = Notice.objects.get(kind=Kind.TEST)
    assert notice.subject == "Prøve: Et prøver"
    assert "Kære Anne Østergaard" in notice.text
    assert Delivery.objects.get().recipient == cast.mette
    after = reconciliation.check_sums()
    assert of_the_incident(after) == before
    assert all(one.agrees for one in after)
    shown = page(kit.get(response.url))
    assert "Prøvemailen er på vej til mette@kk.example." in shown
    assert 'value="{Tal} prøver"' in shown, "what was typed is still there"
    mail_worker.drain_outbox()
    [mail] = sink.mails_to(cast.mette.email)
    assert mail.message["Subject"] == "Prøve: Et prøver"
    assert mail.rcpt_tos == [cast.mette.email]


def test_unsendable_test_mail_is_refused(kit):
    page(post(kit, proeve=1, subject="{navn}"), 422)
    assert not Notice.objects.exists()


def test_page_takes_few_queries(kit, django_assert_max_num_queries):
    with django_assert_max_num_queries(15):
        get_page(kit)
