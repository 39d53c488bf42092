"""HTTP below the APIs: classification of requests, host check, serving and TLS."""
