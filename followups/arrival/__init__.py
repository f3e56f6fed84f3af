"""Sent is not arrived: what is said of it, how one knows, and what stands beside the letter's status."""
