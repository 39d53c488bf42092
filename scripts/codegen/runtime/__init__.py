"""The modules that all generated clients share; `make generate` copies them beside the clients."""
