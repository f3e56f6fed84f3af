"""Rules about a letter: rights, state, responsibility and due dates."""
