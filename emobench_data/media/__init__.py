"""Pictures and clips: opened in one way, examined, kept inside their folder."""
