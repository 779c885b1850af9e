"""Screens with a known truth."""
