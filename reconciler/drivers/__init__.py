"""Effects on containers, behind one protocol: a simulated engine and Docker."""
