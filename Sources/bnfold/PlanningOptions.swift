import ArgumentParser
import BNFoldKit

/// How far affines may go: the same for every command that plans.
struct PlanningOptions: ParsableArguments {
    @Flag(help: "Fold only back, into layers before, through all that lies between.")
    var noForward = false

    @Flag(help: "Fold only into the layer directly before, as other tools do.")
    var onlyAdjacent = false

    @Flag(
        help:
            "Leave a shift that nothing takes as a Scale with factors of 1, for runtimes without a Bias layer (OpenCV)."
    )
    var biasAsScale = false

    var reach: FoldReach { onlyAdjacent ? .adjacent : noForward ? .backward : .wholeGraph }
}
