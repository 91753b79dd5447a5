"""Advice: pure functions, plain values in and out."""
