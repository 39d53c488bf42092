"""The emulated APIs, and what they share: keys, errors, and the creation of tasks."""
