"""Figures from tables. Each function takes tables and gives a matplotlib Figure; nothing global is touched."""
