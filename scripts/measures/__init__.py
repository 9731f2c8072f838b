"""What scripts/measure measures, by subject: each function takes a folder and the servers, and enters its rows in the book."""
