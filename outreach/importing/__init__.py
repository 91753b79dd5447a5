"""Imports at work: a run takes a file, brings it in chunk by chunk, and takes it back."""
