"""The pages of a bulk decision, driven by a test client."""

import re
from html import unescape

from tests.followups.decision_answers import followup_of
from tests.followups.decision_posts import BULK_RESEND_POST

BULK_URL = "/mine-breve/sammen/"


def selected_keys(*letters):
    return [f"{letter.pk}:{followup_of(letter).version}" for letter in letters]


def press_button(client, page, trin, **answers):
    """Press a button of the page's form and send the hidden fields."""
    form = re.search(
        r'<form class="(?:decision block|actions(?: save)?)" method="post" action="([^"]+)".*?</form>', page.text, re.S
    )
    hidden = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', form[0])
    fields = {name: unescape(value) for name, value in hidden if name != "csrfmiddlewaretoken"}
    return client.post(unescape(form[1]), fields | answers | {"trin": trin}, follow=True)


def decide_in_bulk(client, page, answers=BULK_RESEND_POST):
    """Post the form, then save the preview."""
    return press_button(client, press_button(client, page, "vis", **answers), "gem")


def skipped_letters(page):
    return {group.reason: group.listed_letters for group in page.context["skipped"]}
