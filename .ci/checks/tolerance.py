"""How far two runs of the same net may be apart, relative to the largest value of a blob."""

# Caffe computes in float, the stand-in in double on float weights, so each layer of Caffe rounds. On the zoo as trained
# that is up to 6e-7 in most blobs, 2.2e-6 behind a TanH of large values and 3e-6 where tiny variances are amplified
# (digits-badstats, case e). Folding moves where values are rounded, by as much again. The smallest wrong fold that the
# zoo's READMEs tell of is off by 2.4e-2.
BLOB_TOLERANCE = 5e-6
