"""The inspector page and the control paths behind it."""
