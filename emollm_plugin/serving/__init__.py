"""One picture or clip at a time, for people: an answer, what it rests on, a page."""
