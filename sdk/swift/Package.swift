// swift-tools-version:5.9
// The layout of the Swift package. Not built here: there is no Swift on the machines of this
// project; scripts/test writes the sources and compares their interface with interface.txt.
//
// Sources/Thidua/Thidua.swift      written by thidua-bindgen
// ThiduaFFI.xcframework            from ThiduaFFI.h, ThiduaFFI.modulemap and libthidua_sdk.a of
//                                  aarch64-apple-ios and aarch64-apple-ios-sim

import PackageDescription

let package = Package(
    name: "Thidua",
    platforms: [.iOS(.v15)],
    products: [.library(name: "Thidua", targets: ["Thidua"])],
    targets: [
        .binaryTarget(name: "ThiduaFFI", path: "ThiduaFFI.xcframework"),
        .target(name: "Thidua", dependencies: ["ThiduaFFI"]),
    ]
)
