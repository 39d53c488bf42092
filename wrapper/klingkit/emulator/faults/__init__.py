"""Faults that users configure: their rules, and the middleware that injects them."""
