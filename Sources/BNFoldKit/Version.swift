/// The version of this program and library, as in `docs/CHANGELOG.md`.
public enum Version {
    public static let string = "0.2.0"
}
