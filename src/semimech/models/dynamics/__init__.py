"""Models of time courses: laws, their loss, how they are fitted, and the evidence for each edge."""
