import Frontend
import KerasModel

@_exported import struct KerasModel.KerasOptions

// Requests in the terms of Keras.

extension ModelReading {
    /// The options as Keras has them.
    public var keras: KerasOptions {
        get { model.keras }
        set { model.keras = newValue }
    }
}
