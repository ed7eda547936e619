"""What everything stands on: stages, kinds, workflows, the plan, the run, the store and the ledger.

This room knows no image and no mesh.
"""
