"""The screen, what was done to it, and how it is read, checked and split. No JAX here."""
