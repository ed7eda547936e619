"""The description of an object: sheet, page order, units, rights, languages."""
