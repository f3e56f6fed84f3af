"""Alarms about the system itself: monitors, the life of an alarm, the runbook, and the sums that must agree."""
