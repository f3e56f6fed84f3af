"""Alarms: what nobody would notice by looking at one mail. Watches find, ``raising`` makes rows and mails of it."""
