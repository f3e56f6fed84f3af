"""Incoming mail: intake, classification, matching to deliveries, evidence, and the inbox page."""
