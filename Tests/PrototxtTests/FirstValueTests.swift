import Prototxt
import Testing

/// The first value of a name, which says whether it is the only one without a list of all.
@Suite("First value")
struct FirstValueTests {
    private func first(_ text: String) throws -> (number: Int?, isOnly: Bool) {
        let found = try parse(text).root.firstValue(named: "x")
        return (found.value?.scalar?.integerValue, found.isOnly)
    }

    @Test("a single value is the only one, as a field or as an element, beside other names and empty lists")
    func only() throws {
        for text in ["x: 1", "y: 2 x: 1", "x: [1]", "x: [] x: 1 x: []"] {
            let found = try first(text)
            #expect(found.number == 1, "\(text)")
            #expect(found.isOnly, "\(text)")
        }
    }

    @Test("a second value is told, wherever it stands")
    func several() throws {
        for text in ["x: 1 x: 2", "x: [1, 2]", "x: 1 y: 3 x: [2]", "x: [1] x: 2", "x: [] x: [1] x: [] x: 2"] {
            let found = try first(text)
            #expect(found.number == 1, "\(text)")
            #expect(!found.isOnly, "\(text)")
        }
    }

    @Test("a name without values has no first one")
    func none() throws {
        for text in ["y: 1", "x: []", ""] {
            let found = try first(text)
            #expect(found.number == nil, "\(text)")
            #expect(found.isOnly, "\(text)")
        }
    }
}
