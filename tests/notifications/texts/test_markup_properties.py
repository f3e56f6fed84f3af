"""Any text with any field values becomes a mail, escaped and narrow enough to read."""

import re
from html.parser import HTMLParser

from hypothesis import given
from hypothesis import strategies as st

from notifications.markup.fields import LINE_WIDTH, Field, FieldForm, Fields, ListRow
from notifications.markup.mail_template import MailTemplate

#: a tag that occurs in no template
EVIL = "<x-evil a='\"&"
FIELDS = Fields(
    [
        Field("navn", "", lambda value: value, in_subject=True),
        Field("guide", "", lambda value: f"https://kit.example/{value}", FieldForm.LINK),
        Field("support", "", lambda value: value, FieldForm.EMAIL),
        Field("telefon", "", lambda value: value, FieldForm.PHONE),
        Field("breve", "", lambda value: [ListRow(value, value, value)], FieldForm.ROWS),
    ]
)
PIECES = [
    *(
        "# ",
        "## ",
        "- ",
        "1) ",
        "! ",
        "--",
        "**",
        "[",
        "](",
        ")",
        "[[",
        "]](",
        "{",
        "}",
        "|",
        "\n",
        "\r\n",
        "\n\n",
        " ",
    ),
    *("{navn}", "{Navn}", "{guide}", "{support}", "{telefon}", "\n{breve}\n", "{en|to}", "{|og}"),
    *("[her]({guide})", "\n[[Se]]({guide})\n", "https://kit.example/a", EVIL, "\ue0001\ue001", "\u2028", "kl. 14.05"),
]
sources = st.lists(st.one_of(st.sampled_from(PIECES), st.text(max_size=12)), max_size=30).map("".join)
values = st.one_of(st.just(EVIL), st.text(max_size=40))
markup = re.compile(r"[<>\"'&]")


class Tags(HTMLParser):
    def __init__(self, html):
        super().__init__()
        self.seen, self.attributes = set(), set()
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.seen.add(tag)
        self.attributes |= {name for name, _ in attrs}


EVERYTHING = "# a\n## a\n- a\n1) a\n! a\n**a** [a]({guide})\n[[a]]({guide})\n\nb\nb\n{breve}"
OURS = Tags(MailTemplate("", EVERYTHING, FIELDS).mail("", True).html)


@given(sources, sources, values)
def test_any_text_and_values_make_a_safe_mail(subject, body, value):
    mail = MailTemplate(subject, body, FIELDS).mail(value, is_one=False)
    assert "\n" not in mail.subject
    assert "\r" not in mail.subject
    assert len(mail.subject) <= 200
    html = Tags(mail.html)
    assert html.seen <= OURS.seen, "a tag that the template does not have"
    assert html.attributes <= OURS.attributes
    assert "\ue000" not in mail.html


@given(st.lists(st.sampled_from([piece for piece in PIECES if piece != EVIL]), max_size=30).map("".join))
def test_lines_stay_within_the_width(body):
    text = MailTemplate("", body, FIELDS).mail("Åse Ø", is_one=True).text
    for line in text.splitlines():
        assert len(line) <= LINE_WIDTH or len(max(line.split(), key=len)) > LINE_WIDTH - 4 or "https://" in line, line
