"""KIT's pages of an incident and its mails; and for those whom they are about, the mails as sent and the next one."""
