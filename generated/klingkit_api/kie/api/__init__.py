# Written by `make generate` from openapi/kie.yaml; never edited by hand.
"""Contains methods for accessing the API"""
