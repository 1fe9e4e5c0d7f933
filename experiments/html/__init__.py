"""What every page shares: the base template, one number formatter, words in both languages, the figure base."""
