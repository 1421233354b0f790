"""The QA agent: checks a revision's files, scores them, and decides whether they go on."""
