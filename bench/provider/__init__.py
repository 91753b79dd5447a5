"""A stand-in for a mail provider, as a process of its own: the referee of every fault test.

It speaks SendGrid's v3 `mail/send` and mail log, and SMTP, and keeps its own ledger of what it
accepted. It can be told to be slow, busy, broken, deaf or dead, and to send signed events late,
twice, out of order or forged. `python -m bench.provider --help`; in tests see `running.py`.
"""
