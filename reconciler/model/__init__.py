"""Nouns: what a Stack, a State, a Snapshot, a Plan and a Step are. Frozen, validated, and free of I/O."""
