"""How requests come in: classification, host check, serving, TLS."""
