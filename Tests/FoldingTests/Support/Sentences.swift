import Folding
import Frontend

extension RefusalReason {
    /// Said in words of no framework.
    var sentence: String { Vocabulary.plain.sentence(self) }
}

extension StatisticsFinding {
    /// Said in words of no framework.
    var message: String { Vocabulary.plain.sentence(self) }
}
