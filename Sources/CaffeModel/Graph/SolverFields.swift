/// What the prototxt of a solver says about networks.
public enum SolverFields {
    /// The fields that name files with networks.
    public static let networks = ["net", "train_net", "test_net"]
}
