import Foundation

/// A file that this app cannot use; the message says why.
struct Unusable: Error {
  let message: String

  init(_ message: String) { self.message = message }
}

/// The files at the end of a TFLite file, a zip archive without compression.
struct Archive {
  private let bytes: Data
  private var places: [String: Range<Int>] = [:]

  init(_ model: Data) throws {
    bytes = model
    // The archive has no comment, so its last record ends the file.
    let end = model.count - Archive.endSize
    guard end >= 0, number(end) == Archive.end else {
      throw Unusable("it holds no files: not written by apps.export")
    }
    var entry = number(end + 16)
    for _ in 0..<short(end + 10) {
      let name = short(entry + 28)
      if short(entry + 10) == Archive.stored {
        let local = number(entry + 42)
        let start = local + 30 + short(local + 26) + short(local + 28)
        let key = text(entry + 46..<entry + 46 + name)
        places[key] = start..<start + number(entry + 24)
      }
      entry += 46 + name + short(entry + 30) + short(entry + 32)
    }
  }

  /// A file in it.
  func file(_ name: String) throws -> Data {
    guard let place = places[name] else {
      throw Unusable("`\(name)` is not in it: export it again")
    }
    return bytes.subdata(in: place)
  }

  /// The text of a file in it.
  func text(_ name: String) throws -> String {
    String(decoding: try file(name), as: UTF8.self)
  }

  private func text(_ place: Range<Int>) -> String {
    String(decoding: bytes.subdata(in: place), as: UTF8.self)
  }

  private func short(_ at: Int) -> Int {
    Int(bytes[at]) | Int(bytes[at + 1]) << 8
  }

  private func number(_ at: Int) -> Int { short(at) | short(at + 2) << 16 }

  private static let end = 0x0605_4b50
  private static let endSize = 22
  private static let stored = 0
}
