import NetGraph
import Testing

@Suite("Sets of values")
struct ValueSetTests {
    @Test("What was put in is there, and nothing else")
    func members() {
        var set = ValueSet(capacity: 3)
        set.insert([ValueID(0), ValueID(2)])
        #expect((0..<3).map { set.contains(ValueID($0)) } == [true, false, true])
    }

    @Test("What was taken out is gone")
    func removal() {
        var set = ValueSet(capacity: 1)
        set.insert(ValueID(0))
        set.remove(ValueID(0))
        #expect(!set.contains(ValueID(0)))
    }

    @Test("A value that the network got later has room, and one beyond all is not there")
    func growth() {
        var set = ValueSet(capacity: 1)
        #expect(!set.contains(ValueID(4)))
        set.remove(ValueID(4))
        set.insert(ValueID(4))
        #expect(set.contains(ValueID(4)))
        #expect(!set.contains(ValueID(3)))
        #expect(!set.contains(ValueID(5)))
    }
}
