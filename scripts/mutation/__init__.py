"""Mutation testing of the specs: change one fact, and see which checks notice."""
