"""What dysta profile writes beside zeros, and what it refuses: provenance, sets of inputs,
operators whose work cannot be counted, outputs that cannot be written, interrupts."""

import hashlib
import os
import signal
import subprocess
import unittest
from typing import Any

import networks
import support
import torch
from networks import ProfileTest, described, inputs_with_zeros, sparsity, thinned
from torch import Tensor, nn


def small_network() -> nn.Module:
    return thinned(nn.Sequential(nn.Conv2d(2, 3, 3, padding=1), nn.ReLU(), nn.Conv2d(3, 2, 1)))


def image_description(**changes: Any) -> dict[str, Any]:
    return {
        "schema": 1,
        "model": "small",
        "pattern": "random50",
        "input": {
            "kind": "image",
            "prepare": "resize=8x8",
            "mean": [0.5, 0.5, 0.5],
            "std": [0.25, 0.25, 0.25],
            "channels": "BGR",
        },
        **changes,
    }


class FilesTest(ProfileTest):
    def setUp(self) -> None:
        super().setUp()
        self.inputs = inputs_with_zeros(6, 2, 5, 5)
        self.save_array(self.inputs)

    def save_small(self, **description: Any) -> None:
        self.save(small_network(), **(described(description) if description else {}))

    def refused(self, message: str, *options: str) -> None:
        self.fails(1, message, *"profile net.pt --inputs inputs.npy --summary".split(), *options)


class ProvenanceTest(FilesTest):
    def test_all_that_decides_the_trace(self) -> None:
        description = image_description(input={"kind": "array"})
        self.save_small(**description)
        self.profile("--accelerator", "counting.yaml", "--out", "out", "--seed", "5")
        found = self.provenance(variant="small_random50")
        self.assertEqual(
            list(found),
            "schema trace origin interrupted network inputs accelerator versions seed layers"
            .split(),
        )
        self.assertEqual(found["schema"], 1)
        self.assertEqual(found["trace"], "small_random50.csv")
        self.assertIs(found["interrupted"], False)
        self.assertEqual(found["seed"], 5)
        network = (self.folder / "net.pt").read_bytes()
        self.assertEqual(found["network"]["sha256"], hashlib.sha256(network).hexdigest())
        self.assertEqual(found["network"]["description"], description)
        self.assertEqual(
            found["accelerator"],
            {
                "name": "counting",
                "sha256": hashlib.sha256(networks.COUNTING.encode()).hexdigest(),
                "parameters": networks.COUNTING,
            },
        )
        self.assertEqual(set(found["versions"]), {"dysta", "libtorch"})
        self.assertIn(found["versions"]["dysta"], self.succeeds("--version"))
        (inputs,) = found["inputs"]
        self.assertEqual((inputs["name"], inputs["inputs"], inputs["skipped"]), ("inputs", 6, 0))
        each = [hashlib.sha256(x.numpy().tobytes()).hexdigest() for x in self.inputs]
        self.assertEqual(inputs["sha256"], hashlib.sha256("".join(each).encode()).hexdigest())

    def test_statistics_are_those_of_the_trace(self) -> None:
        self.save_small()
        self.profile("--accelerator", "counting.yaml", "--out", "out")
        found = self.provenance()
        (inputs,) = found["inputs"]
        dense = [layer["dense_macs"] for layer in found["layers"]]
        self.assertEqual(dense, [2 * 3 * 9 * 25, 3 * 2 * 25])
        zeros = [
            sum(m * row["overall-sparsity"] for m, row in zip(dense, layers, strict=True))
            / sum(dense)
            for layers in self.rows()
        ]
        macs = [sum(row["sim_lat"] for row in layers) for layers in self.rows()]
        for key, values, places in (
            ("network_sparsity", zeros, 6),
            ("effectual_macs", macs, 6),
            ("latency_s", macs, 6),
        ):
            mean = sum(values) / len(values)
            deviation = (sum((v - mean) ** 2 for v in values) / (len(values) - 1)) ** 0.5
            expected = (
                ("mean", mean), ("sd", deviation), ("least", min(values)), ("largest", max(values)),
            )  # fmt: skip
            self.assertEqual(list(inputs[key]), [name for name, _ in expected])
            for name, value in expected:
                self.assertAlmostEqual(inputs[key][name], value, places=places, msg=key)

    def test_digest_of_weights(self) -> None:
        """It is that of the values, however the file holds them."""
        network: Any = small_network()
        self.save(network)
        self.save(torch.jit.trace(network, self.inputs[:1]), "traced.pt")
        with torch.no_grad():
            network[0].bias[0] += 1
        self.save(network, "changed.pt")
        digests = []
        for name in ("net", "traced", "changed"):
            self.run_profile(
                f"{name}.pt", *"--inputs inputs.npy --accelerator counting.yaml --out out".split()
            )
            digests.append(self.provenance(variant=name)["network"]["weights_sha256"])
        self.assertEqual(digests[0], digests[1])
        self.assertNotEqual(digests[0], digests[2])

    def test_a_network_that_says_nothing_of_itself(self) -> None:
        self.save_small()
        self.profile("--accelerator", "counting.yaml", "--out", "out")
        self.assertIsNone(self.provenance()["network"]["description"])
        self.assertNotIn("preparation", self.provenance())
        self.profile("--accelerator", "counting.yaml", "--out", "out", "--name", "other")
        self.assertEqual(self.read("out/counting/other.csv"), self.read("out/counting/net.csv"))

    def test_descriptions_that_are_not_known(self) -> None:
        for text in ("{", "[]", '{"model": 3}', '{"model": "a", "pattern": "b"}'):
            self.save(small_network(), **{"dysta.json": text})
            self.refused(
                "net.pt: describes itself in a way that is not known; allowed is what "
                "profiler/zoo/description.py writes"
            )

    def test_a_description_does_not_lead_out_of_the_folder(self) -> None:
        self.save_small(**image_description(model="../../escaped"))
        self.refused(
            "net.pt: names the variant '../../escaped_random50'; allowed is one word that does not "
            "begin with '.' and holds no '/', ',', '=', ':' or quotes, also by --name"
        )

    def test_summary(self) -> None:
        self.save_small()
        text = self.succeeds(
            *"profile net.pt --inputs inputs.npy --summary --accelerator counting.yaml,dense".split()
        )
        self.assertEqual(self.files().keys(), {"counting.yaml", "inputs.npy", "net.pt"})
        for word in ("counting", "dense", "2x5x5 > 3, 3x3", "3x5x5 > 2, 1x1", "6 inputs"):
            self.assertIn(word, text)
        self.assertIn(f"{1 - sparsity(small_network()[0].weight):.3f}", text)  # type: ignore

    def test_names_of_any_bytes(self) -> None:
        """JSON holds what can be said of them."""
        self.save_small()
        os.rename(self.folder / "inputs.npy", os.fsencode(self.folder) + b"/odd\xff.npy")
        self.run_profile(
            *"net.pt --accelerator counting.yaml --out out --inputs".split(),
            os.fsdecode(b"odd\xff.npy"),
        )
        self.assertEqual(self.provenance()["inputs"][0]["name"], "odd\ufffd")

    def test_reads_as_traces(self) -> None:
        """Of both kinds."""
        self.save_small()
        self.profile("--accelerator", "counting.yaml", "--out", "out")
        self.assertIn("ok, cnn, 6 inputs, 2 layers", self.succeeds("traces", "check", "out/counting/net.csv"))


class SetsTest(FilesTest):
    def test_several_sets_and_counts(self) -> None:
        self.save_small()
        self.save_array(inputs_with_zeros(4, 2, 5, 5, seed=9), "more.npy")
        options = "--accelerator counting.yaml --out out".split()
        run = ("net.pt", "--inputs", "a=inputs.npy", "b=more.npy")
        self.run_profile(*run, *options)
        whole = self.rows()
        self.assertEqual(len(whole), 10)
        found = self.provenance()["inputs"]
        self.assertEqual([(s["name"], s["inputs"]) for s in found], [("a", 6), ("b", 4)])

        def without_index(inputs: list[list[dict[str, float]]]) -> list[Any]:
            return [[(r["sim_lat"], r["overall-sparsity"]) for r in layers] for layers in inputs]

        # Of 6 inputs 0, 2 and 4; of 4 the first, and 0, 1, 2.
        for count, places in (("3", (0, 2, 4, 6, 7, 8)), ("3,1", (0, 2, 4, 6)), ("100", range(10))):
            self.run_profile(*run, *options, "--count", count)
            self.assertEqual(
                without_index(self.rows()), without_index([whole[i] for i in places]), msg=count
            )

    def test_inputs_that_run_other_layers(self) -> None:
        class Net(nn.Module):
            def __init__(self) -> None:
                super().__init__()
                self.conv = nn.Conv2d(2, 2, 1)

            def forward(self, x: Tensor) -> Tensor:
                x = self.conv(x)
                if bool(x.sum() > -1e9) and x.size(2) > 5:
                    x = self.conv(x)
                return x

        self.save(thinned(Net()))
        self.save_array(inputs_with_zeros(1, 2, 6, 5), "larger.npy")
        self.fails(
            1,
            "net.pt: ran 2 layers for larger.npy, input 0 and 1 for the first input; allowed is the "
            "same number for all",
            *"profile net.pt --inputs inputs.npy larger.npy --summary".split(),
        )

    def test_no_layers_for_the_accelerator(self) -> None:
        class Net(nn.Module):
            def forward(self, x: Tensor) -> Tensor:
                return x.relu()

        self.save(Net())
        self.refused(
            "net.pt: has no layers that accelerator 'eyeriss_v2' runs; allowed is one that does"
        )
        self.save_small()
        self.refused(
            "net.pt: has no layers that accelerator 'sanger' runs; allowed is one that does",
            *"--accelerator sanger".split(),
        )


class Recurrent(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.lstm = nn.LSTM(5, 4)

    def forward(self, x: Tensor) -> Tensor:
        return self.lstm(x[0])[0]


class OperatorsTest(FilesTest):
    def refused_operator(self, module: Any, name: str) -> None:
        with self.subTest(operator=name):
            self.save(module)
            result = self.run_dysta(*"profile net.pt --inputs inputs.npy --summary".split())
            self.assertEqual((result.status, result.out), (1, ""), msg=result.err)
            self.assertRegex(
                result.err,
                rf"\Adysta: net\.pt: holds the operator {name}, whose work cannot be counted; "
                r"allowed are [^\n]* \(at inputs\.npy, input 0\)\n\Z",
            )

    def test_named(self) -> None:
        self.refused_operator(Recurrent(), "aten::lstm")
        self.refused_operator(nn.ConvTranspose2d(2, 2, 3), "aten::(conv_transpose2d|_convolution).*")

        class Volumes(nn.Module):
            def __init__(self) -> None:
                super().__init__()
                self.conv = nn.Conv3d(2, 2, 1)

            def forward(self, x: Tensor) -> Tensor:
                return self.conv(x[:, :, None])

        self.refused_operator(Volumes(), "aten::conv3d")

        class Vectors(nn.Module):
            def __init__(self) -> None:
                super().__init__()
                self.weights = nn.Parameter(torch.ones(50))

            def forward(self, x: Tensor) -> Tensor:
                return x.reshape(-1) @ self.weights

        self.refused_operator(Vectors(), "aten::dot")

    def test_transformer_shortcut(self) -> None:
        class Net(nn.Module):
            def __init__(self) -> None:
                super().__init__()
                self.layer = nn.TransformerEncoderLayer(4, 2, 8, batch_first=True)

            def forward(self, x: Tensor) -> Tensor:
                return self.layer(x.reshape(1, -1)[:, :40].reshape(1, 10, 4))

        with torch.no_grad():
            self.refused_operator(
                torch.jit.trace(Net().eval(), self.inputs[:1]),
                "aten::_(transformer_encoder_layer_fwd|native_multi_head_attention)",
            )

    def test_quantised(self) -> None:
        network = nn.Sequential(nn.Conv2d(2, 3, 3)).eval()
        engine = torch.backends.quantized.engine
        if engine == "none":
            self.skipTest("this PyTorch has no quantised operators")
        wrapped = torch.quantization.QuantWrapper(network)
        wrapped.qconfig = torch.quantization.get_default_qconfig(engine)
        prepared = torch.quantization.prepare(wrapped)
        prepared(self.inputs)
        try:
            scripted = torch.jit.script(torch.quantization.convert(prepared))
        except RuntimeError as error:
            self.skipTest(f"this PyTorch does not quantise: {error}")
        self.refused_operator(scripted, "quantized::[a-z0-9_]+")

    def test_wrong_input_shape(self) -> None:
        self.save_small()
        self.save_array(torch.ones(2, 3, 5, 5))
        result = self.run_dysta(*"profile net.pt --inputs inputs.npy --out out".split())
        self.assertEqual((result.status, result.out), (1, ""))
        self.assertRegex(
            result.err,
            r"\Adysta: net\.pt: refuses an input of 1 x 3 x 5 x 5: [^\n]+ \(at inputs\.npy, input "
            r"0\)\n\Z",
        )
        self.assertEqual([name for name in self.files() if "." in name and "out/" in name], [])

    def test_tokens_for_a_network_of_pictures(self) -> None:
        self.save_small()
        self.write("tokens.txt", "1 2\n")
        result = self.run_dysta(*"profile net.pt --inputs tokens.txt --summary".split())
        self.assertEqual((result.status, result.out), (1, ""))
        self.assertRegex(result.err, r"\Adysta: net\.pt: refuses an input of 1 x 2: [^\n]+\n\Z")


class OutputsTest(FilesTest):
    def setUp(self) -> None:
        super().setUp()
        self.save_small()

    def run_into(self, out: str, **options: Any) -> support.Result:
        return self.run_dysta(
            *"profile net.pt --inputs inputs.npy --accelerator counting.yaml --out".split(),
            out,
            **options,
        )

    def test_folders_that_cannot_be_made(self) -> None:
        self.write("file", "")
        for out in ("file", "file/deeper", "/dev/full", "/proc/none"):
            result = self.run_into(out)
            self.assertEqual((result.status, result.out), (1, ""), msg=out)
            self.assertRegex(result.err, r"\Adysta: [^\n]*cannot be made: [^\n]+\n\Z", msg=out)

    def test_a_folder_that_cannot_be_written(self) -> None:
        if os.geteuid() == 0:
            self.skipTest("root writes every folder")
        folder = self.folder / "out" / "counting"
        folder.mkdir(parents=True)
        folder.chmod(0o500)
        self.addCleanup(folder.chmod, 0o700)
        result = self.run_into("out")
        self.assertEqual((result.status, result.out), (1, ""))
        self.assertRegex(result.err, r"\Adysta: out/counting/net\.csv: cannot be written: [^\n]+\n\Z")

    def test_a_full_disk(self) -> None:
        """Neither the trace nor its provenance is there without the other."""
        (self.folder / "out" / "counting").mkdir(parents=True)
        for name, other in (("net.csv", "net.json"), ("net.json", "net.csv")):
            link = self.folder / "out" / "counting" / name
            link.symlink_to("/dev/full")
            result = self.run_into("out")
            self.assertEqual((result.status, result.out), (1, ""))
            self.assertRegex(
                result.err, rf"\Adysta: out/counting/{name}: cannot be written: No space left[^\n]*\n\Z"
            )
            self.assertEqual(os.listdir(link.parent), [name])
            link.unlink()
            self.assertFalse((link.parent / other).exists())

    def test_a_full_standard_output(self) -> None:
        with open("/dev/full", "wb") as full:
            result = self.run_dysta(
                *"profile net.pt --inputs inputs.npy --summary".split(), stdout=full
            )
        self.assertEqual(result.status, 1)
        self.assertRegex(result.err, r"\Adysta: standard output: cannot be written: [^\n]+\n\Z")

    def test_earlier_files_are_replaced_as_a_whole(self) -> None:
        self.write("out/counting/net.csv", "old")
        self.write("out/counting/net.json", "old")
        self.assertEqual(self.run_into("out").status, 0)
        self.assertNotEqual(self.read("out/counting/net.csv"), "old")
        self.assertEqual(sorted(os.listdir(self.folder / "out/counting")), ["net.csv", "net.json"])
        self.save(Recurrent(), "net.pt")
        before = self.files()
        self.assertEqual(self.run_into("out").status, 1)
        self.assertEqual(self.files(), before)


class Slow(nn.Module):
    """About a tenth of a second an input."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(2, 2, 1)

    def forward(self, x: Tensor) -> Tensor:
        x = self.conv(x)
        for _ in range(20000):
            x = x.relu()
        return x


class InterruptsTest(FilesTest):
    def setUp(self) -> None:
        super().setUp()
        self.save(thinned(Slow()))
        self.save_array(inputs_with_zeros(5000, 2, 5, 5))

    def start(self, *options: str) -> subprocess.Popen[bytes]:
        process: subprocess.Popen[bytes] = subprocess.Popen(
            [
                str(support.program),
                *"profile net.pt --inputs inputs.npy --accelerator counting.yaml --out out".split(),
                *"--threads 2".split(),
                *options,
            ],
            cwd=self.folder,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        self.addCleanup(process.communicate)
        self.addCleanup(process.kill)
        folder = self.folder / "out" / "counting"
        support.wait_until(
            lambda: folder.is_dir() and len(os.listdir(folder)) == 2, process=process
        )
        return process

    def test_nothing_stays(self) -> None:
        for number in (signal.SIGINT, signal.SIGTERM):
            process = self.start()
            process.send_signal(number)
            out, err = process.communicate(timeout=30)
            self.assertEqual((process.returncode, out, err), (-number, b"", b""))
            self.assertEqual(os.listdir(self.folder / "out" / "counting"), [])

    def test_what_is_done_is_kept_on_demand(self) -> None:
        process = self.start("--keep-partial")
        assert process.stderr is not None
        progress = process.stderr.readline().decode()  # told once some inputs are done
        self.assertRegex(progress, r"\Anet: \d+ of 5000, \d+ (s|min) left\n\Z")
        process.send_signal(signal.SIGINT)
        out, rest = process.communicate(timeout=60)
        self.assertEqual((process.returncode, out), (130, b""))
        rows = self.rows()
        self.assertGreaterEqual(len(rows), int(progress.split()[1]))
        self.assertLess(len(rows), 5000)
        self.assertTrue(
            rest.decode().endswith(
                f"dysta: interrupted; kept are the {len(rows)} inputs that were done\n"
            ),
            msg=rest,
        )
        found = self.provenance()
        self.assertIs(found["interrupted"], True)
        self.assertEqual(found["inputs"][0]["inputs"], len(rows))
        self.assertEqual(sorted(os.listdir(self.folder / "out/counting")), ["net.csv", "net.json"])


if __name__ == "__main__":
    unittest.main()
