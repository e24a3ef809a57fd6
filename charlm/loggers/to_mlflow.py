"""A run for MLflow, in a folder, a database or at a server, as its tracking address says. Imports mlflow."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from typing import Any

from mlflow import MlflowClient
from mlflow.entities import Metric, Param
from mlflow.exceptions import MlflowException

from charlm.errors import CheckpointError
from charlm.loggers.destination import About
from charlm.loggers.measured import Measured

MOST_METRICS, MOST_PARAMS, LONGEST_PARAM = 1000, 100, 500  # that MLflow takes in one call, and characters


class ToMlflow:
    """Writes into a run of the experiment `project`, whose id is the identity. `address` None is MLflow's default."""

    def __init__(self, address: str | None, project: str) -> None:
        logging.getLogger("mlflow").setLevel(logging.WARNING)
        self._client = MlflowClient(tracking_uri=address)
        self._address: str = self._client.tracking_uri
        self._project = project
        self._run = ""
        self.key = f"mlflow {self._address} {project}"
        self.advice = f"mlflow ui --backend-store-uri {self._address}"

    def has(self, identity: str) -> bool:
        try:
            return bool(self._client.get_run(identity).info.lifecycle_stage == "active")
        except MlflowException:
            return False

    def begin(self, about: About, identity: str) -> str:
        try:
            self._run = identity or self._new_run(about)
            if identity:
                self._client.update_run(identity, status="RUNNING")
        except MlflowException as error:
            raise self._unwritable(error) from error
        return self._run

    def _new_run(self, about: About) -> str:
        experiment = self._client.get_experiment_by_name(self._project)
        number = experiment.experiment_id if experiment else self._client.create_experiment(self._project)
        began = int(about.began * 1000)
        run: str = self._client.create_run(number, start_time=began, run_name=about.name).info.run_id
        params = [Param(name, value[:LONGEST_PARAM]) for name, value in about.settings.items()]
        for some in _portions(params, MOST_PARAMS):
            self._client.log_batch(run, params=some)
        return run

    def write(self, measured: Sequence[Measured], times: Sequence[float]) -> None:
        timed = list(zip(measured, (int(time * 1000) for time in times), strict=True))
        metrics = [Metric(name, value, time, each.step) for each, time in timed for name, value in each.numbers.items()]
        try:
            for some in _portions(metrics, MOST_METRICS):
                self._client.log_batch(self._run, metrics=some)
            for each, _ in timed:
                if each.sample is not None:
                    self._client.log_text(self._run, each.sample, f"samples/step-{each.step}.txt")
        except MlflowException as error:
            raise self._unwritable(error) from error

    def end(self, finished: bool) -> None:
        if finished:
            self._client.set_terminated(self._run)

    def _unwritable(self, error: MlflowException) -> CheckpointError:
        first = str(error).splitlines()[0][:200]
        return CheckpointError(f"MLflow cannot be written: {first}", self._address, "Name another address with --at.")


def _portions(items: Sequence[Any], most: int) -> Iterator[list[Any]]:
    for start in range(0, len(items), most):
        yield list(items[start : start + most])
