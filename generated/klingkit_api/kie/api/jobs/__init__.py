# Written by `make generate` from openapi/kie.yaml; never edited by hand.
"""Contains endpoint functions for accessing the API"""
