import Foundation

/// An input or output; -1 in its shape is free.
struct Tensor: Decodable {
  let shape: [Int]
  let type: String
  let range: [Int]?

  /// How many numbers an example has.
  var size: Int { shape.dropFirst().reduce(1, *) }
  /// How many gray levels there are, if it is of them.
  var levels: Int { range?[1] ?? 0 }
}

struct Signature: Decodable {
  let inputs: [String: Tensor]
  let outputs: [String: Tensor]
}

/// What apps.export says of a model: `export/write/description.py`.
struct Description: Decodable {
  let signatures: [String: Signature]
  let latents: [String: Latent]?
  let labels: [String]?
}

extension Tokenizer {
  private struct Told: Decodable {
    let lower: Bool
    let max_length: Int
    let rules: [[String]]?
  }

  /// The tokenizer that is packed into a classifier of sentence pairs.
  init(_ archive: Archive) throws {
    let told = try JSONDecoder().decode(
      Told.self, from: archive.file("tokenizer.json"))
    guard let rules = told.rules else {
      throw Unusable("its tokenizer has no rules: export it again")
    }
    // Of scalars: a word may start with a mark that would join the line feed.
    let lines = try archive.text("vocabulary.txt").unicodeScalars
      .split(separator: "\n", omittingEmptySubsequences: false)
      .dropLast().map { String($0) }
    try self.init(
      rules: rules, lower: told.lower, maxLength: told.max_length, lines: lines)
  }
}
