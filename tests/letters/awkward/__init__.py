"""Awkward files: damaged, hostile or unusual. Each is built by a few lines."""
