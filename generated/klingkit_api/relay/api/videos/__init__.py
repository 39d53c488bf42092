# Written by `make generate` from openapi/relay.yaml; never edited by hand.
"""Contains endpoint functions for accessing the API"""
