"""Pure reasoning: plain values in and out; no database, no clock."""
