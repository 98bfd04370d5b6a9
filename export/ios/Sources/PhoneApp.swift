import CoreGraphics
import SwiftUI

/// Two screens: samples of picture.tflite, sentence pairs of pairs.tflite.
@main
struct PhoneApp: App {
  var body: some Scene {
    WindowGroup {
      TabView {
        SamplesView().tabItem { Label("Samples", systemImage: "photo") }
        PairsView().tabItem {
          Label("Sentence pairs", systemImage: "text.bubble")
        }
      }
    }
  }
}

struct SamplesView: View {
  @StateObject private var worker = Worker("picture")
  @State private var picture: CGImage?
  @State private var seed: UInt64 = 0

  var body: some View {
    VStack(spacing: 16) {
      if let picture {
        Image(picture, scale: 1, label: Text("a sample"))
          .interpolation(.none)  // pixels stay squares
          .resizable()
          .scaledToFit()
      }
      Button("Another") { draw() }
      Text(worker.message)
    }
    .padding()
    .onAppear { if picture == nil { draw() } }
  }

  private func draw() {
    let number = seed
    seed += 1
    worker.ask { try $0.sample(number) } show: {
      picture = image($0)
      worker.message = "seed \(number)"
    }
  }
}

struct PairsView: View {
  @StateObject private var worker = Worker("pairs")
  @State private var premise = ""
  @State private var hypothesis = ""

  var body: some View {
    VStack(spacing: 16) {
      TextField("Premise", text: $premise)
      TextField("Hypothesis", text: $hypothesis)
      Button("Classify") { classify() }
      Text(worker.message)
      Spacer()
    }
    .textFieldStyle(.roundedBorder)
    .padding()
  }

  private func classify() {
    let (first, second) = (premise, hypothesis)
    worker.ask { try $0.classify(first, second) } show: { found in
      worker.message = found.map {
        "\($0.label) \(String(format: "%.3f", $0.probability))"
      }.joined(separator: "\n")
    }
  }
}

/// A model of the folder Models, which is opened by its first call.
final class Worker: ObservableObject {
  @Published var message = ""
  private let name: String
  private let queue = DispatchQueue(label: "model")
  private var model: DeviceModel?  // the queue's

  init(_ name: String) { self.name = name }

  /// Works aside, then shows what was found, or what is wrong.
  func ask<Found>(
    _ work: @escaping @Sendable (DeviceModel) throws -> Found,
    show: @escaping (Found) -> Void
  ) {
    queue.async {
      let result = Result { try work(self.open()) }
      DispatchQueue.main.async {
        switch result {
        case .success(let found): show(found)
        case .failure(let error as Unusable):
          self.message = "This file does not fit: \(error.message)."
        case .failure(let error): self.message = "LiteRT: \(error)"
        }
      }
    }
  }

  private func open() throws -> DeviceModel {
    if let model { return model }
    guard let path = Bundle.main.path(forResource: name, ofType: "tflite")
    else { throw Unusable("\(name).tflite is not in Models") }
    let opened = try DeviceModel(path: path)
    model = opened
    return opened
  }
}

private func image(_ picture: Picture) -> CGImage? {
  guard let data = CGDataProvider(data: Data(picture.bytes) as CFData) else {
    return nil
  }
  let last = CGImageAlphaInfo.noneSkipLast.rawValue
  return CGImage(
    width: picture.width, height: picture.height,
    bitsPerComponent: 8, bitsPerPixel: 32, bytesPerRow: 4 * picture.width,
    space: CGColorSpaceCreateDeviceRGB(),
    bitmapInfo: CGBitmapInfo(rawValue: last),
    provider: data, decode: nil, shouldInterpolate: false,
    intent: .defaultIntent)
}
