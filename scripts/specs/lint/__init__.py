"""Rules for the specs, beside those of OpenAPI itself."""
