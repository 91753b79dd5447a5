"""Outreach: whom a conference wants in its room, who was asked, who answered what.

The floors of the house, top to bottom; a module imports downwards only (tests/test_house.py).

8  clockwork engine start   processes; wsgi.py beside this package is the web process
7  app                      create_app(config): the parts put together
6  web  api  cli            doors
5  jobs  demo               time's wishes; the demonstration conference
4  actions | delivery       verbs | the way out; they meet in the `messages` table
3  queries                  questions, SELECT only
2  db  tally                the session and the only commit; summary rows
1  models                   nouns and their rules, over
   advice | intake          pure reasoning | bytes to checked values
0  clock errors links tokens sheets   ground
"""
