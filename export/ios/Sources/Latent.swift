import Foundation

/// Random numbers of a seed: SplitMix64 (Steele et al. 2014).
struct Seeded: RandomNumberGenerator {
  private var state: UInt64

  init(_ seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var z = state
    z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
    z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
    return z ^ (z >> 31)
  }

  /// A uniform number in (0, 1).
  mutating func uniform() -> Double {
    (Double(next() >> 12) + 0.5) / Double(1 << 52)
  }

  /// A standard normal number, by Box and Muller.
  mutating func normal() -> Double {
    let radius = (-2 * log(uniform())).squareRoot()
    return radius * cos(2 * Double.pi * uniform())
  }
}

/// What samples are made of: `Latent` of `tfgen/model.py`.
struct Latent: Decodable {
  let shape: [Int]
  let prior: String

  /// Random numbers of its prior, one row.
  func draw(_ random: inout Seeded) throws -> [Float32] {
    var row = [Float32](repeating: 0, count: shape.reduce(1, *))
    switch prior {
    case "normal":
      for i in row.indices { row[i] = Float32(random.normal()) }
    case "uniform":
      for i in row.indices { row[i] = Float32(2 * random.uniform() - 1) }
    case "logistic":
      for i in row.indices {
        let u = random.uniform()
        row[i] = Float32(log(u / (1 - u)))
      }
    case "bernoulli":
      for i in row.indices { row[i] = random.uniform() < 0.5 ? 0 : 1 }
    case "categorical":
      let classes = shape.last!
      for start in stride(from: 0, to: row.count, by: classes) {
        row[start + Int.random(in: 0..<classes, using: &random)] = 1
      }
    default:
      throw Unusable("this app cannot draw from prior `\(prior)`")
    }
    return row
  }
}

extension Description {
  /// The numbers of an input of a signature that makes examples, one row.
  func draw(
    _ name: String, _ input: Tensor, _ random: inout Seeded
  ) throws -> [Float32] {
    guard input.type == "float32", input.shape.count == 2 else {
      throw Unusable(
        "input `\(name)` is \(input.type) \(input.shape): this app gives rows"
          + " of float32")
    }
    if name == "uniforms" {
      return (0..<input.size).map { _ in
        min(Float32(random.uniform()), Float32(1).nextDown)
      }
    }
    guard let latent = latents?[name] else {
      throw Unusable(
        "input `\(name)`: this app gives latents and uniforms alone")
    }
    return try latent.draw(&random)
  }
}
