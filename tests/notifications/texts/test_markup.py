"""The markup of notice texts: the output of each kind of line, and refused input."""

import pytest

from notifications.markup.fields import Field, FieldForm, Fields, ListRow
from notifications.markup.mail_template import MailTemplate

FIELDS = Fields(
    [
        Field("navn", "", lambda draft: draft.get("navn", "Åse Ø")),
        Field("antal", "", lambda draft: "tre", in_subject=True),
        Field("og lederen", "", lambda draft: draft.get("leder", "")),
        Field("guide", "", lambda draft: "https://kit.example/guide?a=1&b=2", FieldForm.LINK),
        Field("support", "", lambda draft: "dit@kk.example", FieldForm.EMAIL),
        Field("telefon", "", lambda draft: "7080 8000", FieldForm.PHONE),
        Field(
            "breve",
            "",
            lambda draft: [
                ListRow("Møde <1>", "https://kit.example/1/", "sendt i går"),
                ListRow("To", "https://x.y", "nu"),
            ],
            FieldForm.ROWS,
        ),
    ]
)


def mail(body, subject="Emne", is_one=False, **facts):
    return MailTemplate(subject, body, FIELDS).mail(facts, is_one)


def text(body, **rest):
    return mail(body, **rest).text.rstrip("\n")


def problems(body, subject="Emne"):
    wording = MailTemplate(subject, body, FIELDS)
    return [*wording.subject.problems, *wording.body.problems]


@pytest.mark.parametrize(
    ("source", "plain"),
    [
        ("# Stor titel", "STOR TITEL"),
        ("## Hjælp til {antal}", "HJÆLP TIL TRE"),
        ("- et\n- to", "- et\n- to"),
        ("1) et\n12) tolv", "1) et\n12) tolv"),
        ("! Vigtigt", "Vigtigt"),
        ("**Skynd** dig", "Skynd dig"),
        ("to ** stjerner", "to ** stjerner"),
        ("{Antal} breve", "Tre breve"),
        ("Kære {NAVN}, {og lederen} hej", "Kære Åse Ø, hej"),
        ("Kære {og_lederen}", "Kære"),
        ("Vi har {brevet|brevene}", "Vi har brevene"),
        ("[Guiden]({guide})", "Guiden\nhttps://kit.example/guide?a=1&b=2"),
        ("- [Guiden]({guide})", "- Guiden\n  https://kit.example/guide?a=1&b=2"),
        ("Se [guiden]({guide}) først", "Se guiden (https://kit.example/guide?a=1&b=2) først"),
        ("[[Se brevet]](https://kit.example)", "Se brevet: https://kit.example"),
        ("Se https://kit.example/a.", "Se https://kit.example/a."),
        ("Ring {telefon}, skriv {support}", "Ring 7080 8000, skriv dit@kk.example"),
        ("{breve}", "- Møde <1>, sendt i går\n  https://kit.example/1/\n- To, nu\n  https://x.y"),
        ("a\n\n\n\nb\n", "a\n\nb"),
        ("a\n--\nsmåt", "a\n-- \nsmåt"),
    ],
)
def test_the_text_part(source, plain):
    assert problems(source) == []
    assert text(source) == plain


def test_singular_and_plural_forms():
    assert text("{brevet|brevene}", is_one=True) == "brevet"
    assert text("skrevet {|til dem}.", is_one=True) == "skrevet."
    assert text("skrevet {|til dem}.") == "skrevet til dem."


@pytest.mark.parametrize(
    ("source", "part"),
    [
        ("# Titel", "<h1 "),
        ("## Titel", "<h2 "),
        ("**Skynd** dig", "<strong>Skynd</strong> dig"),
        ("en\nto", "en<br>to</p>"),
        ("[Guiden]({guide})", '<a href="https://kit.example/guide?a=1&amp;b=2" style="color:#004d99;">Guiden</a>'),
        ("Skriv {support}.", '<a href="mailto:dit@kk.example" style="color:#004d99;">dit@kk.example</a>.'),
        ("Ring {telefon}", '<a href="tel:+4570808000" style="color:#004d99;">7080 8000</a>'),
        (
            "https://kit.example/a, b",
            '<a href="https://kit.example/a" style="color:#004d99;">https://kit.example/a</a>, b',
        ),
        ("<b>&</b>", "&lt;b&gt;&amp;&lt;/b&gt;"),
        ("{breve}", "Møde &lt;1&gt;</a>"),
        ("! **Vigtigt** for {navn}", 'overflow:hidden;">Vigtigt for Åse Ø</div>'),
    ],
)
def test_the_html_part(source, part):
    assert problems(source) == []
    assert part in mail(source).html


def test_values_are_escaped_everywhere():
    evil = '"><script>alert(1)</script>{antal}**x**'
    html = mail("# {navn}\n! {navn}\n- {navn}\n1) **{navn}**\n[{navn}]({guide})\n--\n{navn}", navn=evil).html
    assert "<script" not in html
    assert html.count("&lt;script&gt;alert(1)&lt;/script&gt;{antal}**x**") == 7  # the box is also beside the subject


def test_line_breaks_in_values_are_removed():
    filled = mail("Kære {navn}", subject="{Antal} breve", navn="Bo\r\n\r\nBcc: alle@kk.example\u2028")
    assert filled.text == "Kære Bo Bcc: alle@kk.example\n"
    assert filled.subject == "Tre breve"


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("Kære {navm}", "Feltet {navm} findes ikke. Mente du {navn}?"),
        ("Kære {xyz}", "Feltet {xyz} findes ikke. Vælg et felt i listen."),
        ("Se {breve} her", "Skriv {breve} alene på en linje."),
        ("Kære {navn", "En klamme mangler."),
        ("Se {en|to|tre}", "{en|to|tre} skal være to udgaver"),
        ("[her]({guid})", "Mente du {guide}?"),
        ("[her]({navn})", "Et link skal føre til"),
        ("[her](javascript:alert(1))", "Et link skal føre til"),
        ("[[her]](ftp://kit.example)", "Et link skal føre til"),
    ],
)
def test_errors_explain_what_to_write(source, said):
    [problem, *_] = problems(f"Linje 1\n{source}")
    assert problem.text.startswith(said) or said in problem.text
    assert problem.line == 2
    assert mail(source).text, "a preview shows what was written"


def test_subject_takes_no_personal_fields():
    [problem] = problems("x", subject="Til {navn}")
    assert problem.text == "Feltet {navn} må ikke være i emnet, som andre kan læse."
    assert problems("x", subject="{Antal} breve") == []


def test_long_subject_is_truncated():
    assert len(mail("x", subject="{antal} " * 100).subject) == 200
