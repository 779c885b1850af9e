"""Estimators: the baselines first among equals, and the mechanistic models."""
