"""Experiment design: where the variance of a screen comes from, and what a layout of batches can therefore show."""
