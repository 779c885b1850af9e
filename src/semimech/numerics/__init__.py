"""Vector fields, steady states, integration and the pieces of training: JAX on plain arrays."""
