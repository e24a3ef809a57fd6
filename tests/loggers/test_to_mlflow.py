"""What was written for MLflow, read by MLflow's own client. Importing MLflow takes seconds, so most of it is slow."""

from __future__ import annotations

import pytest

from charlm.loggers.destination import About
from charlm.loggers.measured import Measured

ABOUT = About("mine", {"model.cell": "lstm", "text.sources": "x" * 900}, 1000.0)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # of what MLflow does with SQLAlchemy
def test_numbers_samples_and_settings_are_read_back(tmp_path):
    """Proves that MLflow's own client finds each number once, after two pushes, with the settings and the samples."""
    from mlflow import MlflowClient

    from charlm.loggers.to_mlflow import ToMlflow

    address = f"sqlite:///{tmp_path / 'mlflow.db'}"
    logger = ToMlflow(address, "owls")
    assert not logger.has("none")
    run = logger.begin(ABOUT, "")
    logger.write([Measured(1, 0.5, {"train/bits": 2.5, "valid/bits": 3.0}, None)], [1000.5])
    logger.write([Measured(2, None, {}, "the owl")], [1000.5])
    logger.end(finished=False)
    again = ToMlflow(address, "owls")
    assert again.has(run)
    assert again.begin(ABOUT, run) == run
    again.write([Measured(3, 1.0, {"train/bits": 2.0}, None)], [1001.0])
    again.end(finished=True)
    client = MlflowClient(tracking_uri=address)
    (found,) = client.search_runs([client.get_experiment_by_name("owls").experiment_id])
    assert (found.info.run_id, found.info.run_name, found.info.status) == (run, "mine", "FINISHED")
    assert found.data.params == {"model.cell": "lstm", "text.sources": "x" * 500}
    history = client.get_metric_history(run, "train/bits")
    assert [(each.step, each.value, each.timestamp) for each in history] == [(1, 2.5, 1_000_500), (3, 2.0, 1_001_000)]
    assert [each.path for each in client.list_artifacts(run, "samples")] == ["samples/step-2.txt"]
