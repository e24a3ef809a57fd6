"""Engines: where the trainings of a study run as processes of their own. Knows no study.

An engine starts a job and gives a handle of it; `jobs.py` says what both are. Each engine is a file: processes of this
machine, jobs of Slurm, tasks of a Dask cluster. Their packages are imported only when they are asked for.
"""
