"""Facts of one field: from its statements, its sentences, a JSON schema, or samples."""
