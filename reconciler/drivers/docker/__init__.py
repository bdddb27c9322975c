"""Tasks on a Docker engine."""
