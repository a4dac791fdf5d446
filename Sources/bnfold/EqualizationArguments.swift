import ArgumentParser

/// What is drawn of equalization, where one network is planned.
struct EqualizationArguments: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Write a plot of the ranges of channels before and after --equalize as SVG.", valueName: "file")
    )
    var equalizationPlot: String?

    func validate(with planning: PlanningArguments) throws {
        if equalizationPlot != nil, !planning.equalize {
            throw ValidationError("--equalization-plot shows what --equalize does, which is not given")
        }
    }
}
