"""*Hændelsen*: the incident's own page, with the checklist of steps, the story, closing and reopening.

Part of `notifications`, because the checklist counts notices and the timeline shows dispatches and alarms.
"""
