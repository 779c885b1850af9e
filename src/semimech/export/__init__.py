"""Networks in the formats that other programs open."""
