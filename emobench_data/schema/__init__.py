"""What EmoBench is made of: records, sub-tasks, questions, and how an answer is read."""
