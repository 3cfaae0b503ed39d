"""The plug-in in the host: attached to its modules, started in its place, on every decoder."""
