import BNFoldKit
import Testing

@testable import bnfold

/// What the bar says; when it is drawn depends on a clock.
@Suite("Progress bar")
struct ProgressBarTests {
    @Test(
        "time left follows from the time so far",
        arguments: [
            (0.5, 10.0, "50 %, 10 s left"), (0.25, 60, "25 %, 3 min 0 s left"), (0.001, 60, "0 %, 16 h 39 min left"),
            (0, 5, "0 %"), (1, 5, "100 %"),
        ])
    func timeLeft(fraction: Double, seconds: Double, text: String) {
        #expect(ProgressBar.text(fraction, [], elapsed: .seconds(seconds)) == text)
    }

    @Test("details take the place of the percentage")
    func details() {
        #expect(
            ProgressBar.text(0.5, ["2 of 4 done", "1 failed"], elapsed: .seconds(1))
                == "2 of 4 done, 1 failed, 1 s left")
    }

    @Test("the line fits the terminal", arguments: [0, 1, 5, 20, 30, 80, 500])
    func width(width: Int) {
        for fraction in [0, 0.3, 1] {
            let line = ProgressBar.bar(fraction, "120 of 500 done", width: width)
            #expect(line.count < max(width, 1))
        }
    }

    @Test("the bar is as full as the work is done")
    func bar() {
        #expect(ProgressBar.bar(0.5, "text", width: 18) == "[#####-----] text")
        #expect(ProgressBar.bar(1, "text", width: 18) == "[##########] text")
    }

    @Test("a run over samples tells its rate, those gone through several times counted each time")
    func rate() {
        func details(_ fraction: Double, _ samples: Int) -> [String] {
            ProgressBar.details(RunProgress(fraction: fraction, samples: samples), elapsed: .seconds(4))
        }
        #expect(details(0.5, 648) == ["50 %", "81 samples/s"])
        #expect(details(0.25, 40) == ["25 %", "2.5 samples/s"])
        #expect(details(0, 40) == ["0 %"])
    }
}
