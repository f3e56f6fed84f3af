"""Reminders: the schedule and the settings, the scheduled run, «Mind om det nu» and forecasts."""
