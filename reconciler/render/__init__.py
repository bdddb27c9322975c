"""Plans, diagnostics and tables as text and JSON. Pure: no clock, no terminal."""
