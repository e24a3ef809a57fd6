"""What a device may be called: the same for the setting and for every command's `--device`."""

import pytest
from pydantic import ValidationError

from charlm.config.device_names import check_device_option, is_device_name
from charlm.config.settings import Settings
from charlm.errors import UsageError

NAMES = ["auto", "cpu", "mps", "cuda", "cuda:0", "cuda:7", "cuda:99"]
NOT_NAMES = [
    "", "CUDA", "Cpu", "cpu ", " cpu", "cpu\n", "xcpu", "gpu", "tpu", "cpu:0", "mps:0", "auto:0", "cuda:", "cuda:-1",
    "cuda:01", "cuda:00", "cuda:100", "cuda:x", "cuda:1:2", "cuda: 1", "cuda:1\n", "cuda:٣", "cuda:\uff11", "cuda\0",
]  # fmt: skip


@pytest.mark.parametrize("name", NAMES, ids=repr)
def test_a_device_may_be_called(name):
    assert is_device_name(name)
    check_device_option(name)
    assert Settings.model_validate({"training": {"device": name}}).training.device == name


@pytest.mark.parametrize("name", NOT_NAMES, ids=repr)
def test_a_device_may_not_be_called(name):
    assert not is_device_name(name)
    with pytest.raises(UsageError, match="--device cannot be"):
        check_device_option(name)
    with pytest.raises(ValidationError, match="a device is auto, cpu"):
        Settings.model_validate({"training": {"device": name}})


@pytest.mark.parametrize(
    "command",
    [
        ("sample",),
        ("eval", "perplexity"),
        ("train", "--steps", "1"),
        ("doctor",),
        ("bench", "train"),
        ("train", "-s", "training.device={}"),
    ],
    ids=" ".join,
)
@pytest.mark.parametrize("name", ["cuda:01", "CUDA", "mps:0"])
def test_every_command_refuses_it_before_anything_is_read(charlm, tmp_path, command, name):
    named = [part.format(name) for part in command]
    named += [] if "-s" in command else ["--device", name]
    result = charlm(*named)
    assert result.returncode == 2, result.stderr
    assert repr(name) in result.stderr
    assert "auto, cpu, mps, cuda or cuda:1" in result.stderr
    assert list(tmp_path.iterdir()) == []
