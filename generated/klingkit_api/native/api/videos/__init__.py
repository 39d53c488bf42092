# Written by `make generate` from openapi/native.yaml; never edited by hand.
"""Contains endpoint functions for accessing the API"""
