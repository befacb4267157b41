"""Sources of models, and ``model inspect``: names, programs, Python code, state dicts."""

from __future__ import annotations

import json
from typing import Any

import pytest
import timm
import torch

from summit_graph.cli import main
from summit_graph.errors import ModelError, UsageError, WeightsError
from summit_graph.model.sources import InputOptions, open_model
from tests.program_models import CifarResNet, run_program
from tests.small_model import write_small_weights

CODE = """
import torch
from torch import nn
from beside import WIDTH

def build():
    head = [nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(WIDTH, 5)]
    return nn.Sequential(nn.Conv2d(3, WIDTH, 3), nn.ReLU(), *head)

def broken():
    raise RuntimeError("no weights here\\nat all")

def number():
    return 3

def attentive():
    class Attentive(nn.Module):
        def __init__(self):
            super().__init__()
            self.a, self.b, self.fc = nn.Conv2d(3, 4, 3), nn.Conv2d(4, 4, 1), nn.Linear(4, 2)

        def forward(self, x):
            x = self.a(x)
            return self.fc(self.b(x @ x.transpose(2, 3)).mean((2, 3)))

    return Attentive()
"""


def convnext_of_timm(crop_mode: str) -> torch.nn.Module:
    """A small model whose images are prepared in this mode."""
    module = timm.create_model("test_convnext")
    configuration: Any = module.pretrained_cfg
    configuration["crop_mode"] = crop_mode
    return module


@timm.models.register_model
def squashed_convnext(**_) -> torch.nn.Module:
    """As timm's dm_nfnet_f0."""
    return convnext_of_timm("squash")


@timm.models.register_model
def bordered_convnext(**_) -> torch.nn.Module:
    """In a mode that is not supported."""
    return convnext_of_timm("border")


@pytest.fixture
def code(tmp_path):
    """A Python file with callables that return models, and a module in the same folder that it imports."""
    (tmp_path / "beside.py").write_text("WIDTH = 6\n")
    file = tmp_path / "networks.py"
    file.write_text(CODE)
    return file


def inspect(capsys, *arguments: str) -> tuple[int, str, str]:
    """Exit code, stdout and stderr of ``model inspect``."""
    with pytest.raises(SystemExit) as ended:
        main(["model", "inspect", *arguments])
    captured = capsys.readouterr()
    return int(ended.value.code or 0), captured.out, captured.err


class TestSources:
    """What ``--model`` may name."""

    def test_a_callable_of_a_python_file_is_run(self, code):
        """Modules in the same folder can be imported; the default input is ImageNet's."""
        model = open_model(f"{code}:build")
        assert model.captured.outputs == 5
        assert model.captured.size == (224, 224)
        assert model.input.mean == (0.485, 0.456, 0.406)

    def test_a_callable_of_a_module_in_the_working_folder_is_run(self, code, monkeypatch):
        """``networks:build`` is found as with ``python -m``."""
        monkeypatch.chdir(code.parent)
        monkeypatch.delitem(__import__("sys").modules, "networks", raising=False)
        assert open_model("networks:build").captured.outputs == 5

    def test_options_change_the_input_rule(self, code):
        """Only the given values change."""
        model = open_model(f"{code}:build", options=InputOptions(resize=40, crop=32, interpolation="bicubic"))
        assert (model.input.resize, model.input.crop, model.input.interpolation) == (40, 32, "bicubic")
        assert model.captured.size == (32, 32)
        assert model.input.std == (0.229, 0.224, 0.225)

    def test_a_torchvision_name_sets_input_and_categories(self):
        """They are those of the default weights; nothing is downloaded."""
        model = open_model("squeezenet1_1")
        assert model.categories[0] == "tench"
        assert (model.input.resize, model.input.crop) == (256, 224)
        assert str(open_model("googlenet").input).endswith("transform_input")
        options = InputOptions(transform_input=False)
        assert str(open_model("googlenet", options=options).input).endswith("no transform_input")

    def test_a_timm_name_sets_input_and_categories(self):
        """They are those of timm's configuration; nothing is downloaded."""
        model = open_model("timm:test_convnext")
        assert (model.input.resize, model.input.crop, model.input.interpolation) == (168, 160, "bicubic")
        assert (model.input.mean, model.input.squash) == ((0.5, 0.5, 0.5), False)
        assert model.categories
        assert (model.categories[0], len(model.categories)) == ("n01440764 tench, Tinca tinca", 1000)

    def test_timm_images_are_prepared_in_the_models_crop_mode(self):
        """Kind: a part of a source's input rule that is dropped in silence."""
        assert open_model(f"timm:{squashed_convnext.__name__}").input.squash

    def test_another_crop_mode_of_timm_is_refused(self):
        """It would be counted on other images than the model was trained for."""
        with pytest.raises(ModelError, match="is refused: timm prepares its images in crop mode 'border'"):
            open_model(f"timm:{bordered_convnext.__name__}")

    @pytest.mark.parametrize("change", [float("nan"), float("inf")])
    def test_weights_from_code_or_a_program_are_finite(self, code, tmp_path, change):
        """Kind: a check that only one source had. The tensor is named."""
        damaged = f"model = build()\n    model[0].bias.data[2] = float('{change}')\n    return model"
        code.write_text(f"{code.read_text()}\ndef damaged():\n    {damaged}\n")
        with pytest.raises(WeightsError, match=r"damaged has a value in 0\.bias that is not finite"):
            open_model(f"{code}:damaged")
        convolution = torch.nn.Conv2d(3, 2, 3)
        torch.nn.init.constant_(convolution.weight, change)
        module = torch.nn.Sequential(convolution, torch.nn.AdaptiveAvgPool2d(1), torch.nn.Flatten())
        images = ({0: torch.export.Dim("images")},)
        program = torch.export.export(module.eval(), (torch.zeros(2, 3, 8, 8),), dynamic_shapes=images)
        torch.export.save(program, tmp_path / "model.pt2")
        with pytest.raises(WeightsError, match=r"model\.pt2 has a value in 0\.weight that is not finite"):
            open_model(str(tmp_path / "model.pt2"))

    @pytest.mark.parametrize(
        ("name", "message"),
        [
            ("squeezenet", "unknown model 'squeezenet': use .* did you mean squeezenet1_"),
            ("{}:missing", "has no missing"),
            ("{}:broken", "fails: RuntimeError: no weights here$"),
            ("{}:number", "returns int, not an nn.Module"),
            ("nowhere/at_all.py:build", "does not exist"),
            ("no_such_module_here:build", "fails: ModuleNotFoundError"),
            ("none.pt2", "does not exist"),
        ],
    )
    def test_a_name_that_is_not_a_model_is_a_one_line_error(self, code, name, message):
        """The error names the cause."""
        with pytest.raises(ModelError, match=message):
            open_model(name.format(code))

    def test_inceptionv1_is_read_with_its_own_names(self, tmp_path):
        """The nine mixed layers, for any weights."""
        model = open_model(weights=str(write_small_weights(tmp_path / "small.safetensors")))
        assert model.layers == ("mixed*",)
        assert model.input.colors == "BGR"

    def test_inceptionv1_is_captured_at_the_given_crop(self, tmp_path):
        """Kind: an assumption that no file records. The printed crop is the captured one."""
        weights = str(write_small_weights(tmp_path / "small.safetensors"))
        model = open_model(weights=weights, options=InputOptions(crop=64))
        assert model.input.crop == 64
        assert model.captured.size == (64, 64)

    @pytest.mark.parametrize(
        "options",
        [
            InputOptions(interpolation="foo"),
            InputOptions(std=(0.0, 1.0, 1.0)),
            InputOptions(mean=(float("nan"), 0.0, 0.0)),
            InputOptions(crop=300),
            InputOptions(transform_input=True),
        ],
    )
    def test_invalid_input_options_are_usage_errors(self, options):
        """Unknown interpolation, deviation 0, a crop above the resized side, an option of other models."""
        with pytest.raises(UsageError):
            open_model("tests.program_models:CifarResNet", options=options)


class TestStateDicts:
    """Weights of a file."""

    @pytest.fixture
    def network(self, tmp_path):
        """A file with a callable for a residual network."""
        file = tmp_path / "cifar.py"
        file.write_text(
            "from tests.program_models import CifarResNet\n\ndef build():\n    return CifarResNet(1)\n"
        )
        return f"{file}:build"

    def opened(self, network, content, tmp_path):
        torch.save(content, tmp_path / "weights.pth")
        return open_model(network, weights=str(tmp_path / "weights.pth"), options=InputOptions(crop=32))

    def test_a_nested_state_dict_is_loaded(self, network, tmp_path):
        """As written by data-parallel training; the program uses it."""
        module = CifarResNet(1).eval()
        state = {f"module.{name}": tensor for name, tensor in module.state_dict().items()}
        model = self.opened(network, {"state_dict": state, "best_prec1": 91.8}, tmp_path)
        pixels = torch.randn(2, 3, 32, 32)
        with torch.no_grad():
            torch.testing.assert_close(
                run_program(model.captured, pixels)[model.captured.output], module(pixels)
            )

    def test_batch_counters_may_be_missing(self, network, tmp_path):
        """``num_batches_tracked`` is not a weight."""
        state = {name: one for name, one in CifarResNet(1).state_dict().items() if one.is_floating_point()}
        assert self.opened(network, state, tmp_path).captured.outputs == 10

    @pytest.mark.parametrize(
        ("change", "message"),
        [
            (lambda state: state.pop("layer2.0.bn1.running_var"), r"layer2\.0\.bn1\.running_var is missing"),
            (lambda state: state.update({"head.weight": torch.ones(3)}), r"has not: head\.weight"),
            (
                lambda state: state.update({"linear.bias": torch.ones(4)}),
                r"linear\.bias is \(4,\), not \(10,\)",
            ),
            (lambda state: state["conv1.weight"].fill_(float("nan")), "conv1.weight"),
        ],
    )
    def test_a_tensor_that_does_not_fit_is_named(self, network, tmp_path, change, message):
        """Missing, extra, of another shape, not finite."""
        state = CifarResNet(1).state_dict()
        change(state)
        with pytest.raises(WeightsError, match=message):
            self.opened(network, state, tmp_path)

    def test_a_torchvision_model_may_be_fine_tuned_on_other_classes(self, tmp_path):
        """The number of outputs is the file's; the categories are then not ImageNet's."""
        from torchvision.models import squeezenet1_1

        torch.save(squeezenet1_1(num_classes=7).state_dict(), tmp_path / "mine.pth")
        model = open_model("squeezenet1_1", weights=str(tmp_path / "mine.pth"))
        assert model.captured.outputs == 7
        assert model.categories is None

    def test_a_file_of_1000_outputs_does_not_have_the_default_categories(self, tmp_path):
        """Kind: an assumption that no file records. The file may be of 1000 other classes."""
        from torchvision.models import squeezenet1_1

        torch.save(squeezenet1_1().state_dict(), tmp_path / "mine.pth")
        model = open_model("squeezenet1_1", weights=str(tmp_path / "mine.pth"))
        assert (model.captured.outputs, model.categories) == (1000, None)

    def test_the_default_weights_have_a_name(self):
        """``--weights DEFAULT``, as torchvision calls them."""
        assert open_model("squeezenet1_1", weights="DEFAULT").categories[0] == "tench"

    @pytest.mark.parametrize(
        ("name", "transform_input"),
        [
            ("googlenet", None),
            ("googlenet", True),
            ("googlenet", False),
            pytest.param("inception_v3", False, marks=pytest.mark.slow),
        ],
    )
    def test_a_file_was_trained_with_transform_input_or_not(self, name, transform_input, tmp_path):
        """Kind: an assumption that no file records. Without the option it is assumed, with a warning."""
        from torchvision.models import get_model

        options = {"num_classes": 5, "aux_logits": False, "init_weights": False}
        module = get_model(name, weights=None, transform_input=transform_input is not False, **options).eval()
        torch.save(module.state_dict(), tmp_path / "mine.pth")
        model = open_model(
            name,
            weights=str(tmp_path / "mine.pth"),
            options=InputOptions(crop=96, transform_input=transform_input),
        )
        assert (model.assumed is None) == (transform_input is not None)
        images = torch.randn(2, 3, 96, 96, generator=torch.Generator().manual_seed(0))
        with torch.no_grad():
            torch.testing.assert_close(
                run_program(model.captured, images)[model.captured.output],
                module(images),
                rtol=1e-3,
                atol=1e-4,
            )

    def test_trained_weights_of_torchvision_need_transform_input(self):
        """As for inceptionv1; nothing is downloaded before."""
        options = InputOptions(transform_input=False)
        with pytest.raises(UsageError, match="leave --no-transform-input out"):
            open_model("googlenet", options=options, trained=True)

    def test_unknown_weights_are_an_error_with_the_known_names(self):
        """A name that is not a file."""
        with pytest.raises(
            WeightsError, match="unknown weights 'IMAGENET' of squeezenet1_1: use IMAGENET1K_V1 or"
        ):
            open_model("squeezenet1_1", weights="IMAGENET")

    def test_a_program_has_its_own_weights(self):
        """Others cannot be loaded into it."""
        with pytest.raises(UsageError, match="leave --weights out"):
            open_model("model.pt2", weights="w.pth")


class TestInspect:
    """``model inspect``."""

    def test_it_names_the_extra_that_it_needs(self, capsys, monkeypatch):
        """Kind: a missing package. One line, as for counting."""
        monkeypatch.setattr("summit_graph.workflows.counting.find_spec", lambda name: None)
        code, _, err = inspect(capsys)
        assert code == 1
        assert "pip install 'summit-graph[compute]'" in err

    def test_it_prints_layers_stops_and_skips(self, capsys):
        """A table with one row per layer; the input on stderr."""
        code, out, err = inspect(capsys, "--model", "tests.program_models:CifarResNet", "--crop", "32")
        assert code == 0
        rows = [line.split("\t") for line in out.splitlines()]
        assert rows[0] == ["layer", "channels", "size", "inner stops", "skips"]
        assert rows[1] == ["conv1", "16", "32x32", "", ""]
        assert rows[2] == ["layer1.0", "16", "32x32", "conv1", "conv1"]
        assert "crop 32" in err
        assert "10 layers, 10 outputs." in err

    def test_it_prints_json(self, capsys):
        """All information; layers can be selected."""
        _, out, _ = inspect(
            capsys, "-m", "tests.program_models:CifarResNet", "--crop", "32", "--layers", "layer3.*", "--json"
        )
        found = json.loads(out)
        assert [layer["name"] for layer in found["layers"]] == ["layer3.0", "layer3.1", "layer3.2"]
        assert found["layers"][1] == {
            "name": "layer3.1",
            "channels": 64,
            "size": [8, 8],
            "stops": [{"name": "layer3.1.conv1", "channels": 64}],
            "skips": [{"from": "layer3.0", "to": "layer3.1"}],
        }
        assert (found["outputs"], found["feeds_logits"], found["refused"]) == (10, True, [])
        assert found["input"]["crop"] == 32

    def test_it_shows_refused_operators_and_their_modules(self, capsys, code):
        """Exit code 1; the operator and the path of its module are on stderr and in the JSON."""
        ended, out, err = inspect(capsys, "--model", f"{code}:attentive", "--json")
        assert ended == 1
        assert json.loads(out)["refused"] == [{"operator": "matmul", "module": ""}]
        assert "is refused: between its layers are operators" in err
        assert "matmul in the model itself" in err

    def test_an_invalid_color_is_a_usage_error(self, capsys):
        """Exit code 2."""
        ended, _, err = inspect(capsys, "--mean", "0.5")
        assert ended == 2
        assert "--mean takes three numbers" in err
