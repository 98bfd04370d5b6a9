"""The apps in export/android and export/ios, against what is exported."""

import json
import pathlib
import random
import re
import shutil
import subprocess
import typing
import xml.etree.ElementTree as ElementTree
import zipfile

import numpy as np
import pytest
import tensorflow as tf
import yaml

import export
from export.write.model_card import call_on_device
from export.write.png_signatures import encode_png
from tfgen.capabilities import CAPABILITIES
from tfgen.model import Latent
from tfgen.nli.text.tokenizer import TextEncoder, portable_rules, tokenize
from tfgen.tensors import named

EXPORT = pathlib.Path(export.__file__).parent
ANDROID, IOS = EXPORT / "android", EXPORT / "ios"
KOTLIN = ANDROID / "src" / "main" / "kotlin"
SWIFT = IOS / "Sources"
BOTH = pytest.mark.parametrize(
    "folder, suffix", [(KOTLIN, "kt"), (SWIFT, "swift")]
)


def quoted(path):
    """Strings of a source that may be names of the exporter's."""
    return re.findall(r'(?<!\w)"([a-z_]+(?:\.[a-z]+)?)"', path.read_text())


@BOTH
def test_examples_are_made_by_what_makes_them(folder, suffix):
    """Of latents and uniforms, without a seed."""
    text = (folder / f"DeviceModel.{suffix}").read_text()
    (names,) = re.findall(r'[\[(]("decode".*)[\])]', text)
    assert json.loads(f"[{names}]") == [
        name
        for name in ("decode", "decode_with_uniforms", "draw")
        if name in CAPABILITIES
    ]
    assert set(json.loads(f"[{names}]")) == {
        name
        for name, capability in CAPABILITIES.items()
        if capability.output == "x"
        and capability.on_device
        and set(capability.inputs) <= {"latents", "uniforms"}
    }
    assert "uniforms" in quoted(folder / f"Latent.{suffix}")
    assert named("uniforms").meaning.startswith("random numbers in [0, 1)")


@BOTH
def test_all_priors_are_drawn(folder, suffix):
    priors = typing.get_args(typing.get_type_hints(Latent)["prior"])
    assert set(priors) < set(quoted(folder / f"Latent.{suffix}"))


@BOTH
@pytest.mark.slow
def test_names_are_in_the_files(pairs, folder, suffix):
    with zipfile.ZipFile(pairs.tflite("float32")) as archive:
        told = json.loads(archive.read("description.json"))
        settings = json.loads(archive.read("tokenizer.json"))
        known = {*archive.namelist(), *told, *settings, *CAPABILITIES}
    for name, ends in told["signatures"].items():
        known |= {name, *ends, *ends["inputs"], *ends["outputs"]}
    known |= {*ends["outputs"]["vector"], "float32", "x", "range"}
    model = quoted(folder / f"DeviceModel.{suffix}")
    assert {"classify_ids", "premise_ids", "hypothesis_ids"} < {*model}
    assert {*model} <= known
    # Those of `describe` for a model with latents.
    known |= {"latents", "prior"}
    assert {*quoted(folder / f"Description.{suffix}")} <= known


@BOTH
def test_card_and_app_agree(folder, suffix):
    """On the library, its version and how it is called."""
    shapes = {
        "inputs": {"z": {"shape": [-1, 3], "type": "float32"}},
        "outputs": {"x": {"shape": [-1, 8, 8, 1], "type": "float32"}},
    }
    card = call_on_device({"signatures": {"decode": shapes}}, "float32.tflite")
    app = (folder / f"DeviceModel.{suffix}").read_text()
    if suffix == "kt":
        settings = re.findall(r"^\w+ \{.*?([^{}]+?) \}", card, re.M)
        build = (ANDROID / "build.gradle.kts").read_text()
        assert len(settings) == 2 and all(each in build for each in settings)
        app += (folder / "MainActivity.kt").read_text()
        calls = ["import org.tensorflow.lite.Interpreter\n", "openFd("]
        calls += [".createInputStream()", "MapMode.READ_ONLY"]
        calls += [".startOffset", ".declaredLength", ".runSignature(inputs, "]
    else:
        (pod,) = re.findall(r"`(pod .*)`", card)
        assert pod in (IOS / "Podfile").read_text()
        calls = ["import TensorFlowLite\n", "try Interpreter(modelPath: path)"]
        calls += ["interpreter.signatureRunner(with: ", ".resizeInput(named: "]
        calls += ["toShape: [1, ", ".invoke(with: ", ".output(named: "]
        calls += [".data.withUnsafeBytes", "$0.bindMemory(to: Float32.self)"]
    assert [call for call in calls if call not in card] == []
    assert [call for call in calls if call not in app] == []


def test_projects_name_what_is_there():
    manifest = ElementTree.parse(ANDROID / "src/main/AndroidManifest.xml")
    name = "{http://schemas.android.com/apk/res/android}name"
    activity = next(manifest.iter("activity")).get(name)
    package, _, screen = activity.rpartition(".")
    text = (KOTLIN / f"{screen}.kt").read_text()
    assert f"package {package}\n" in text and f"class {screen} :" in text
    gradle = (ANDROID / "build.gradle.kts").read_text()
    assert f'namespace = "{package}"' in gradle
    project = yaml.safe_load((IOS / "project.yml").read_text())
    (target,) = project["targets"]
    assert project["targets"][target]["sources"][0] == SWIFT.name
    assert f"target '{target}' do" in (IOS / "Podfile").read_text()
    for read, sources in (("README.md", KOTLIN), ("README.md", SWIFT)):
        page = EXPORT / sources.relative_to(EXPORT).parts[0] / read
        told = set(re.findall(r"`(\w+\.(?:kt|swift))`", page.read_text()))
        assert told == {path.name for path in sources.iterdir()}


def texts():
    """Sentences that tokenizers may differ on."""
    random.seed(0)
    parts = "A|a|man|Mr.|U.S.|1,000|'s|n't|'|“|”|’|\"|--|…|...|.|,|:|[|]|\\"
    parts += (
        "|$1|^|&&|{|é|e\u0301|👍🏽|🐕|\u200d| |\xa0|\u2028|\ue000|\ufffd|cannot"
    )
    parts = parts.split("|")
    rows = ["", " ", "THE DOG isn't été.", "a man " * 40, "été e\u0301te\u0301"]
    for _ in range(300):
        rows.append("".join(random.choices(parts, k=random.randint(1, 9))))
    return rows


def test_rules_in_the_file_are_the_tokenizer():
    """One after the other, then a split at spaces."""
    for text in texts():
        line = f" {text} "
        for pattern, replacement in portable_rules():
            line = re.sub(pattern, replacement.replace("$", "\\"), line)
        assert [t for t in line.split(" ") if t] == tokenize(text, lower=False)


# Programs that print the ids of lines of text, and the shades of 64 levels.
KOTLIN_MAIN = r"""
import java.io.File
import java.nio.channels.FileChannel
import tfgen.phone.*

fun lines(path: String) = File(path).readText().split("\n").dropLast(1)

fun main(args: Array<String>) {
    val archive = Archive(FileChannel.open(File(args[0]).toPath()).use {
        it.map(FileChannel.MapMode.READ_ONLY, 0, it.size())
    })
    val rules = lines(args[1]).map { it.split("\t").let { (a, b) -> a to b } }
    val words = archive["vocabulary.txt"].removeSuffix("\n").split("\n")
    val tokenizer = Tokenizer(rules, true, 20, words)
    for (text in lines(args[2])) println(tokenizer.ids(text).joinToString(" "))
    val x = FloatArray(64) { it * 0.3f - 1 }
    val made = picture(x, Tensor(listOf(-1, 8, 8, 1), "float32", 17))
    println(made.pixels.joinToString(" ") { "${it and 0xff}" })
}
"""
SWIFT_MAIN = r"""
import Foundation

let paths = CommandLine.arguments.dropFirst().map { URL(fileURLWithPath: $0) }
let tokenizer = try Tokenizer(Archive(Data(contentsOf: paths[0])))
let text = String(decoding: try Data(contentsOf: paths[2]), as: UTF8.self)
for line in text.unicodeScalars.split(
  separator: "\n", omittingEmptySubsequences: false
).dropLast() {
  print(tokenizer.ids(String(line)).map(String.init).joined(separator: " "))
}
let x = (0..<64).map { Float32($0) * 0.3 - 1 }
let tensor = Tensor(shape: [-1, 8, 8, 1], type: "float32", range: [0, 17])
let bytes = try Picture(x, tensor).bytes
let reds = stride(from: 0, to: 256, by: 4).map { "\(bytes[$0])" }
print(reds.joined(separator: " "))
"""


def compiled(suffix, folder):
    """Returns the command of a program of the app's files, or skips."""
    if suffix == "kt":
        compiler, main, done = "kotlinc", KOTLIN_MAIN, folder / "main.jar"
        names = ("Archive", "Picture", "Tensor", "Tokenizer")
        sources = [KOTLIN / f"{name}.kt" for name in names]
        options = ["-Werror", "-include-runtime", "-d", done]
        command = ["java", "-jar", done]
    else:
        compiler, main, done = "swiftc", SWIFT_MAIN, folder / "main"
        rest = ("DeviceModel", "PhoneApp")  # Apple's and TFLite's
        sources = [p for p in SWIFT.iterdir() if p.stem not in rest]
        options = ["-warnings-as-errors", "-o", done]
        command = [done]
    if not shutil.which(compiler):
        pytest.skip(f"{compiler} is not in the PATH")
    path = folder / f"main.{suffix}"
    path.write_text(main)
    subprocess.run([compiler, *options, path, *sources], check=True)
    return command


@pytest.mark.slow
@pytest.mark.parametrize("suffix", ["kt", "swift"])
def test_ids_and_shades_are_pythons(pairs, tmp_path, suffix):
    command = compiled(suffix, tmp_path)
    model = pairs.tflite("float32")
    with zipfile.ZipFile(model) as archive:
        rules = json.loads(archive.read("tokenizer.json"))["rules"]
    lines = {"rules": map("\t".join, rules), "texts": texts()}
    for name, rows in lines.items():
        text = "".join(f"{row}\n" for row in rows)
        (tmp_path / name).write_text(text, newline="")
    files = [tmp_path / name for name in lines]
    result = subprocess.run(
        [*command, model, *files], check=True, capture_output=True, text=True
    )
    *ids, shades = result.stdout.splitlines()
    encode = TextEncoder(model)
    assert len(ids) == len(texts())
    for text, row in zip(texts(), ids):
        assert [int(number) for number in row.split()] == encode(text), text
    x = np.float32(np.arange(64) * 0.3 - 1).reshape(1, 8, 8, 1)
    png = tf.io.decode_png(encode_png(x, 17)[0]).numpy()
    assert [int(shade) for shade in shades.split()] == png.ravel().tolist()
