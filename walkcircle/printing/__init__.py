"""Printing: what the command line says of standards, check-ups, scenarios, plans and changes."""
