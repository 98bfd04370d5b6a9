"""Tables of papers, and searches: many runs, a process each."""
