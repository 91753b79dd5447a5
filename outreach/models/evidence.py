"""What shows whether a mail left, where our own rows do not know."""

CERTAIN = ("held", "busy", "refused")
"""Results of an attempt after which nobody can have got the mail."""

MAY_HAVE_LEFT = "Held after a restore: it may have left since the backup was made."
"""Why a mail is held after a restore; of one that was held before, it stands behind that reason."""
