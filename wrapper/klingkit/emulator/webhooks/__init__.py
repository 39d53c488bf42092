"""Callbacks: signing, queueing, sending, and the log of deliveries."""
