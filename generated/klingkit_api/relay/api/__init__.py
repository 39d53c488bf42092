# Written by `make generate` from openapi/relay.yaml; never edited by hand.
"""Contains methods for accessing the API"""
