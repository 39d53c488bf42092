"""Records of requests and responses, and the events for pages."""
