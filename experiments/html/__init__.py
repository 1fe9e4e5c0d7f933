"""Parts that every page shares: base template, number formatter, words in both languages, figure base."""
