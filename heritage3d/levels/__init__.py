"""Levels of detail: the files preview, web, vr and full of one mesh, within the budgets of devices."""
