"""Autoscaling: from samples to values of periods, and from these to one count."""
