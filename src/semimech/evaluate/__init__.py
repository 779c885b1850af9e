"""The judge: references, score cards, ceilings, and the verdict in words."""
