"""Faults: their rules, and the middleware that injects them."""
