"""A letter that became a personnel case after its mail was sent takes the mail with it."""

from letters.models import Letter
from notifications.models import Notice


def test_the_mail_is_only_for_who_got_it_or_may_read(cast, dispatch):
    sent = Notice.objects.get(receiver=cast.anne)
    assert sent in Notice.objects.visible_to(cast.birgitte)
    Letter.objects.filter(pk=cast.annes.pk).update(is_personnel_case=True)
    assert sent not in Notice.objects.visible_to(cast.birgitte)
    assert sent in Notice.objects.visible_to(cast.anne)
    assert sent in Notice.objects.visible_to(cast.hanne)
