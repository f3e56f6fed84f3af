"""A letter that becomes a personnel case after its mail was sent hides the mail too."""

from letters.models import Letter
from notifications.models import Notice


def test_sent_mail_is_hidden_once_its_letter_is_a_personnel_case(cast, dispatch):
    sent = Notice.objects.get(receiver=cast.anne)
    assert sent in Notice.objects.visible_to(cast.birgitte)
    Letter.objects.filter(pk=cast.annes.pk).update(is_personnel_case=True)
    assert sent not in Notice.objects.visible_to(cast.birgitte)
    assert sent in Notice.objects.visible_to(cast.anne)
    assert sent in Notice.objects.visible_to(cast.hanne)
