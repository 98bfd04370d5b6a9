import Foundation

/// Sentences to ids, as in training: `tfgen/nli/text/tokenizer.py`.
struct Tokenizer {
  private let rules: [(NSRegularExpression, String)]
  private let lower: Bool
  private let maxLength: Int
  // By bytes: equal strings may have different letters, é and e with a mark.
  private var known: [[UInt8]: Int32] = [:]

  /// - Parameters:
  ///   - rules: patterns and what takes their place, one after the other.
  ///   - lower: whether A to Z are made lower case.
  ///   - maxLength: words of a sentence, or 0 for any number.
  ///   - lines: of vocabulary.txt; the first two are padding and unknown words.
  init(rules: [[String]], lower: Bool, maxLength: Int, lines: [String]) throws {
    self.rules = try rules.map {
      (try NSRegularExpression(pattern: $0[0]), $0[1])
    }
    self.lower = lower
    self.maxLength = maxLength
    for (id, word) in lines.enumerated().dropFirst(Tokenizer.special) {
      known[Array(word.utf8)] = Int32(id)
    }
  }

  /// The words of a sentence.
  func tokens(_ sentence: String) -> [String] {
    var line = " \(sentence) "
    for (pattern, text) in rules {
      let all = NSRange(location: 0, length: line.utf16.count)
      line = pattern.stringByReplacingMatches(
        in: line, range: all, withTemplate: text)
    }
    var scalars = String.UnicodeScalarView()
    for letter in line.unicodeScalars {
      let isUpper = lower && ("A"..."Z").contains(letter)
      scalars.append(isUpper ? Unicode.Scalar(letter.value + 32)! : letter)
    }
    return scalars.split(separator: " ").map { String($0) }
  }

  /// Their ids; a sentence without words is an unknown word.
  func ids(_ sentence: String) -> [Int32] {
    let words = tokens(sentence)
    let kept = maxLength > 0 ? Array(words.prefix(maxLength)) : words
    let ids = kept.map { known[Array($0.utf8)] ?? Tokenizer.unknown }
    return ids.isEmpty ? [Tokenizer.unknown] : ids
  }

  private static let unknown: Int32 = 1
  private static let special = 2
}
