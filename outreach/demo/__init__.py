"""The demonstration conference: a cast of invented people, and the story that is played with it."""
