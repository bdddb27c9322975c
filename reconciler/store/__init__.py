"""Effects on disk: where the State is kept, and who may change it."""
