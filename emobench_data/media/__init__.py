"""Pictures, clips and other kinds of media: opened in one way, examined, kept inside their folder."""
