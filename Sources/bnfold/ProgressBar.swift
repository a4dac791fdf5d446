import BNFoldKit
import Files
import Synchronization

/// Tells on standard error how far something is: as a bar that is drawn again and again on a terminal, as a line now and then elsewhere.
///
/// It may be told from any thread.
final class ProgressBar: Sendable {
    private struct State {
        var isDrawn = false
        var lastTold: ContinuousClock.Instant?
        var lastTenth = 0
    }

    private let state: Mutex<State>
    private let isTerminal: Bool
    private let isQuiet: Bool
    private let start = ContinuousClock.now
    private let patience: Duration

    /// - Parameters:
    ///   - isQuiet: tell nothing at all.
    ///   - patience: tell nothing before: what is done in no time needs no bar.
    init(isQuiet: Bool, patience: Duration = .zero) {
        self.isQuiet = isQuiet
        self.patience = patience
        isTerminal = isatty(STDERR_FILENO) == 1 && getenv("TERM").map { String(cString: $0) != "dumb" } ?? false
        // The first line waits: what is done in no time needs none.
        state = Mutex(State(lastTold: isTerminal ? nil : .now))
    }

    /// Tells how far a run over samples is, and how many it takes a second, if it is time to.
    func show(_ progress: RunProgress) {
        show(progress.fraction, Self.details(progress, elapsed: ContinuousClock.now - start))
    }

    /// `54 %, 81 samples/s`
    static func details(_ progress: RunProgress, elapsed: Duration) -> [String] {
        let rate = progress.fraction * Double(progress.samples) / seconds(elapsed)
        let percentage = "\(Int(progress.fraction * 100)) %"
        guard rate > 0, rate.isFinite else { return [percentage] }
        let text = rate < 9.95 ? "\((rate * 10).rounded() / 10)" : "\(Int(min(rate.rounded(), 1e9)))"
        return [percentage, "\(text) samples/s"]
    }

    /// Tells how far it is, if it is time to.
    ///
    /// - Parameters:
    ///   - fraction: what is done, from 0 to 1.
    ///   - details: what else there is to tell, in few words; the percentage when it is empty.
    func show(_ fraction: Double, _ details: @autoclosure () -> [String] = []) {
        guard !isQuiet else { return }
        let fraction = min(max(fraction.isNaN ? 0 : fraction, 0), 1)
        let now = ContinuousClock.now
        guard now - start >= patience else { return }
        state.withLock { state in
            let interval: Duration = isTerminal ? .milliseconds(100) : .seconds(30)
            let tenth = Int(fraction * 10)
            let sinceLast = state.lastTold.map { now - $0 } ?? interval
            // Elsewhere a tenth more is worth a line too, but not when a tenth takes no time.
            let isFarther = !isTerminal && tenth > state.lastTenth && sinceLast >= .seconds(5)
            guard sinceLast >= interval || isFarther else { return }
            state.lastTold = now
            state.lastTenth = tenth
            let text = Self.text(fraction, details(), elapsed: now - start)
            if isTerminal {
                Console.write("\r" + Self.bar(fraction, text, width: Self.terminalWidth) + "\u{1B}[K")
                state.isDrawn = true
            } else {
                Console.note("bnfold: " + text)
            }
        }
    }

    /// Takes the bar away, so that something else can be written. It comes back with the next state.
    func clear() {
        state.withLock { state in
            guard state.isDrawn else { return }
            Console.write("\r\u{1B}[K")
            state.isDrawn = false
            state.lastTold = nil
        }
    }

    /// `120 of 500 done, 2 failed, 81/s, 5 s left`
    static func text(_ fraction: Double, _ details: [String], elapsed: Duration) -> String {
        var parts = details.isEmpty ? ["\(Int(fraction * 100)) %"] : details
        if 0 < fraction, fraction < 1 { parts.append(span(seconds(elapsed) * (1 - fraction) / fraction) + " left") }
        return parts.joined(separator: ", ")
    }

    /// The text behind a bar that takes what is left of the line.
    static func bar(_ fraction: Double, _ text: String, width: Int) -> String {
        let room = min(width - text.count - 4, 40)
        guard room >= 5 else { return String(text.prefix(max(width - 1, 0))) }
        let full = Int(Double(room) * fraction)
        return "[" + String(repeating: "#", count: full) + String(repeating: "-", count: room - full) + "] " + text
    }

    private static func seconds(_ duration: Duration) -> Double {
        Double(duration.components.seconds) + Double(duration.components.attoseconds) / 1e18
    }

    private static func span(_ seconds: Double) -> String {
        let whole = Int(min(seconds.rounded(.up), 1e9))
        if whole < 60 { return "\(whole) s" }
        if whole < 3600 { return "\(whole / 60) min \(whole % 60) s" }
        return "\(whole / 3600) h \(whole / 60 % 60) min"
    }

    private static var terminalWidth: Int {
        var size = winsize()
        guard ioctl(STDERR_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return 80 }
        return Int(size.ws_col)
    }
}
