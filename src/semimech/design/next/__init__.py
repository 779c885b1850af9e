"""What to measure next: untested conditions ranked by what they would tell, and whether such an order pays."""
