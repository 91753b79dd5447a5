"""The way out: from a row in the messages table to a mailer, and back with what became of it."""
