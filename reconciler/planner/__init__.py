"""Stack, State and Snapshot in, Plan out: what an apply would change, and why. Pure."""
