"""What is safe to do now: pure functions of Stack, State, Snapshot and the time."""
