"""What shows whether a mail left, where our own rows do not know."""

CERTAIN = ("held", "busy", "refused")
"""Results of an attempt after which nobody can have got the mail."""

MAY_HAVE_LEFT = "Held after a restore: it may have left since the backup was made."
"""Why a mail is held after a restore; of one that was held before, it stands behind that reason."""

WRITTEN_ANEW = f"The clock wrote it anew; one like it may be known to nobody here. {MAY_HAVE_LEFT}"
"""The same of what a job had to write again: no evidence knows the id that it has now."""
