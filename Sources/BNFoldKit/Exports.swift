// What a program that imports BNFoldKit needs of the modules below it.
@_exported import enum Folding.FoldReach
@_exported import struct Folding.HalfPrecisionOptions
@_exported import enum Folding.LeftoverChoice
@_exported import protocol Folding.PlanningChoosing
@_exported import struct Folding.PlanningOptions
@_exported import enum Folding.QuantizationScheme
@_exported import struct Frontend.InputPreparation
@_exported import struct Frontend.ModelOptions
@_exported import enum HDF5.HDF5Isolation
