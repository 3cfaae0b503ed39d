"""What EmoBench is made of: records, tasks and their types, questions, and how an answer is read."""
