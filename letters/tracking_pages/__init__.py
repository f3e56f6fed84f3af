"""KIT's pages of tracking: channels, alarms of silence, and the way of a letter."""
