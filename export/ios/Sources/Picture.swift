import Foundation

/// Pixels of red, green, blue and 255, row by row.
struct Picture {
  let width: Int
  let height: Int
  let bytes: [UInt8]

  /// A picture of gray levels, as the server's PNG files: 0 is black and
  /// `levels - 1` white, and a shade is the nearest of 256.
  init(_ x: [Float32], _ tensor: Tensor) throws {
    guard x.allSatisfy(\.isFinite) else {
      throw Unusable("its picture is not finite")
    }
    height = tensor.shape[1]
    width = tensor.shape[2]
    let channels = tensor.shape[3]
    let scale = 255 / Float32(tensor.levels - 1)
    var bytes: [UInt8] = []
    for pixel in 0..<height * width {
      for c in 0..<3 {
        let level = x[pixel * channels + (channels == 3 ? c : 0)]
        let shade = min(max(level * scale, 0), 255)
        bytes.append(UInt8(shade.rounded(.toNearestOrEven)))
      }
      bytes.append(255)
    }
    self.bytes = bytes
  }
}
