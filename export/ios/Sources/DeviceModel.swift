import Foundation
import TensorFlowLite

/// A TFLite file of apps.export.
final class DeviceModel {
  private let description: Description
  private let interpreter: Interpreter
  private let tokenizer: Tokenizer?

  init(path: String) throws {
    let file = URL(fileURLWithPath: path)
    let archive = try Archive(Data(contentsOf: file, options: .alwaysMapped))
    description = try JSONDecoder().decode(
      Description.self, from: archive.file("description.json"))
    tokenizer =
      description.signatures[DeviceModel.pairs] == nil
      ? nil : try Tokenizer(archive)
    interpreter = try Interpreter(modelPath: path)
  }

  /// A sample; a seed gives the same one again.
  func sample(_ seed: UInt64) throws -> Picture {
    let makers = DeviceModel.makers
    guard let name = makers.first(where: { description.signatures[$0] != nil }),
      let signature = description.signatures[name],
      let x = signature.outputs["x"]
    else { throw Unusable("it makes no examples: no \(makers)") }
    guard x.type == "float32", x.levels > 1, x.shape.count == 4,
      [1, 3].contains(x.shape[3])
    else { throw Unusable("its `x` is no picture of float32: \(x)") }
    var random = Seeded(seed)
    let runner = try interpreter.signatureRunner(with: name)
    var inputs: [String: Data] = [:]
    for (input, tensor) in signature.inputs.sorted(by: { $0.key < $1.key }) {
      let row = try description.draw(input, tensor, &random)
      try runner.resizeInput(named: input, toShape: [1, row.count])
      inputs[input] = row.withUnsafeBytes { Data($0) }
    }
    try runner.invoke(with: inputs)
    return try Picture(floats(runner, "x"), x)
  }

  /// Labels with their probabilities, in the model's order.
  func classify(
    _ premise: String, _ hypothesis: String
  ) throws -> [(label: String, probability: Float32)] {
    guard let tokenizer, let labels = description.labels else {
      throw Unusable("it classifies no sentence pairs: no \(DeviceModel.pairs)")
    }
    let runner = try interpreter.signatureRunner(with: DeviceModel.pairs)
    var inputs: [String: Data] = [:]
    for (input, sentence) in [
      "premise_ids": premise, "hypothesis_ids": hypothesis,
    ] {
      let ids = tokenizer.ids(sentence)
      try runner.resizeInput(named: input, toShape: [1, ids.count])
      inputs[input] = ids.withUnsafeBytes { Data($0) }
    }
    try runner.invoke(with: inputs)
    let probabilities = try floats(runner, "probabilities")
    return zip(labels, probabilities).map { ($0, $1) }
  }

  private func floats(
    _ runner: SignatureRunner, _ output: String
  ) throws -> [Float32] {
    try runner.output(named: output).data.withUnsafeBytes {
      Array($0.bindMemory(to: Float32.self))
    }
  }

  private static let makers = ["decode", "decode_with_uniforms", "draw"]
  private static let pairs = "classify_ids"
}
