"""Declarations to the nouns of the model: modules, repetition, references, decoding against the table, checks."""
