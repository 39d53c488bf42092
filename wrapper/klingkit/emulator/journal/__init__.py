"""Records of requests and responses, and the events that tell pages about changes."""
