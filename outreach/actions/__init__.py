"""Verbs: one function is one transaction. Ids in, time by keyword; actions never call actions."""
