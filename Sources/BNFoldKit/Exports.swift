@_exported import enum Folding.FoldReach
// What a program that imports BNFoldKit needs of the modules below it.
@_exported import struct Frontend.ModelOptions
@_exported import enum HDF5.HDF5Isolation
