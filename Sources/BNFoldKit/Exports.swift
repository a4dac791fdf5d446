// What a program that imports BNFoldKit needs of the modules below it.
@_exported import enum CaffeModel.BatchNormDialect
@_exported import struct CaffeModel.CaffeOptions
@_exported import struct CaffeModel.NetState
@_exported import enum Folding.FoldReach
@_exported import enum HDF5.HDF5Isolation
