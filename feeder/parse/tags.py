"""The tags of lines, one letter each: a capital where a unit begins, a small one where it goes on.

A opens an article's body, P a paragraph, B is any other line of a body; H headline, K kicker,
D deck, C crosshead, G caption, Y byline, F furniture.
"""

TAGS = "APBHhKkDdCcGgYyF"
BODY = frozenset("APB")
TITLES = frozenset("HKD")
KINDS = ("Hh", "Kk", "Dd", "Cc", "Gg", "Yy", "F", "APB")
"""The tags of each kind of unit."""
