# Written by `make generate` from openapi/native.yaml; never edited by hand.
"""Contains methods for accessing the API"""
