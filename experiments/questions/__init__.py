"""Questions: study files, their checks, the way to tasks and the way back from results."""
