"""Kling video generation: typed requests in, finished videos out."""
