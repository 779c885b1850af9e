"""From variance components, limits and costs to the layout of the next screen."""
