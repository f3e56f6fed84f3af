"""Reminders: the schedule and the settings, the scheduled run, «Send påmindelse nu» and forecasts."""
