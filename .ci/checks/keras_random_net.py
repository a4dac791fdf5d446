"""Random models of Keras, each from its seed: layers that fold, branches, nested and shared models, wrappers, operators.

Runs inside an environment with Keras; `keras` is that of the caller.
"""

import numpy as np


class RandomNet:
    """`model` is built from a seed. `must_go` names normalisations that no fold may leave: each reads a linear layer, alone."""

    def __init__(self, keras, seed):
        self.keras, self.layers = keras, keras.layers
        self.is_new = int(keras.__version__.split(".")[0]) >= 3
        self.chance = np.random.RandomState(seed)
        self.count, self.shared, self.must_go = 0, [], []
        self.model = self.build()
        self.weigh()

    # MARK: choices

    def pick(self, *choices):
        return choices[self.chance.randint(len(choices))]

    def pick_call(self, *choices):
        return self.pick(*choices)()

    def often(self, share):
        return self.chance.rand() < share

    def name(self, stem):
        self.count += 1
        # Some names look like what ends others.
        return f"{stem}.{self.count}-x" if self.chance.randint(12) == 0 else f"{stem}_{self.count}"

    # MARK: layers

    def normalization(self):
        options = {}
        for option in ("center", "scale"):
            if self.often(0.15):
                options[option] = False
        if self.often(0.3):
            options["epsilon"] = float(self.pick(1e-5, 1e-2, 1e-3, 0.5))
        layer = self.layers.BatchNormalization(name=self.name("bn"), **options)
        layer.trainable = not self.often(0.1)
        return layer

    def activation(self, x):
        layers, spatial = self.layers, list(range(1, len(x.shape) - 1))
        return self.pick_call(
            lambda: layers.LeakyReLU(name=self.name("leaky")),
            lambda: layers.PReLU(name=self.name("prelu"), shared_axes=self.pick(None, spatial or None)),
            lambda: layers.ReLU(name=self.name("relu"), max_value=self.pick(None, 6.0)),
            lambda: layers.Activation(self.pick("relu", "tanh", "sigmoid", "elu", "linear", "swish"), name=self.name("act")),
            lambda: layers.Activation("relu", name=self.name("act")),
        )(x)

    def linear(self, x):
        """A layer that takes a normalisation, often with a function inside."""
        layers, rank, channels = self.layers, len(x.shape) - 2, int(self.pick(2, 3, 4, 6))
        options = {"use_bias": self.often(0.6), "activation": self.pick(None, None, None, "relu", "tanh", "linear")}
        padding = self.pick("same", "valid") if all(length >= 4 for length in x.shape[1:-1]) else "same"
        size = int(self.pick(1, 2, 3))
        kind = self.chance.randint(8)
        if rank == 0 or kind == 0:
            return layers.Dense(channels, name=self.name("dense"), **options)
        if rank == 1 and kind == 1:
            return layers.Conv1D(
                channels, size, padding="causal", dilation_rate=int(self.pick(1, 2)), name=self.name("causal"), **options
            )
        if rank == 2 and kind == 1:
            multiplier = int(self.pick(1, 2))
            return layers.DepthwiseConv2D(size, padding=padding, depth_multiplier=multiplier, name=self.name("dw"), **options)
        if rank in (1, 2) and kind == 2:
            separable = layers.SeparableConv1D if rank == 1 else layers.SeparableConv2D
            return separable(
                channels, size, padding=padding, depth_multiplier=int(self.pick(1, 2)), name=self.name("sep"), **options
            )
        if rank == 2 and kind == 3:
            return layers.Conv2DTranspose(
                channels, size, strides=int(self.pick(1, 2)), padding=padding, name=self.name("tr"), **options
            )
        convolution = {1: layers.Conv1D, 2: layers.Conv2D, 3: layers.Conv3D}[rank]
        if rank == 2 and kind == 4:
            return convolution(channels, size, strides=2, padding="same", name=self.name("conv"), **options)
        if rank == 2 and kind == 5 and x.shape[-1] % 2 == 0:
            return convolution(channels // 2 * 2, size, padding=padding, groups=2, name=self.name("grouped"), **options)
        return convolution(channels, size, padding=padding, name=self.name("conv"), **options)

    # MARK: steps

    def step(self, x, depth):
        rank, lengths = len(x.shape) - 2, list(x.shape[1:-1])
        kind = self.chance.randint(26)
        if kind < 7:
            return self.linear_step(x)
        if kind < 10:
            return self.normalization()(x)
        if kind < 13:
            return self.activation(x)
        if kind == 13:
            return self.layers.Dropout(0.3, name=self.name("drop"))(x)
        if kind in (14, 15, 16) and rank == 2:
            return self.spatial_step(x, lengths)
        if kind in (17, 18):
            return self.join([self.branch(x) for _ in range(self.pick(2, 2, 3))])
        if kind == 19 and rank == 2:
            return self.other_shape(x)
        if kind == 20 and rank == 2 and depth == 0:
            return self.gate(x)
        if kind == 21 and depth < 2:
            return self.nested(x, depth)
        if kind == 22 and depth < 2:
            return self.sequential(x)
        if kind == 23:
            return self.shared_step(x)
        if kind == 24 and rank == 2:
            return self.wrapped(x)
        return self.operator(x, rank, lengths) if kind == 25 else x

    def linear_step(self, x):
        layer = self.linear(x)
        y = layer(x)
        is_shared = self.often(0.2) and y.shape == x.shape
        if is_shared:
            self.shared.append((layer, tuple(x.shape)))
        if self.often(0.6):
            normalization = self.normalization()
            if not is_shared and layer.activation is self.keras.activations.linear:
                self.must_go.append(normalization.name)
            y = normalization(y)
        return y

    def spatial_step(self, x, lengths):
        layers = self.layers
        choices = [lambda: layers.ZeroPadding2D(self.pick(1, ((1, 0), (0, 2))), name=self.name("pad"))]
        if min(lengths) >= 3:
            pool = self.pick(layers.MaxPooling2D, layers.AveragePooling2D)
            strides, padding = int(self.pick(1, 2)), self.pick("same", "valid")
            choices.append(lambda: pool(2, strides=strides, padding=padding, name=self.name("pool")))
        if min(lengths) >= 5:
            choices.append(lambda: layers.Cropping2D(1, name=self.name("crop")))
        if max(lengths) < 10:
            choices.append(lambda: layers.UpSampling2D(2, interpolation=self.pick("nearest", "bilinear"), name=self.name("up")))
        return self.pick_call(*choices)(x)

    def flat_step(self, x):
        """A step that keeps the shape."""
        rank, kind = len(x.shape) - 2, self.chance.randint(6)
        if kind == 0:
            return self.normalization()(x)
        if kind == 1:
            return self.activation(x)
        inner = self.pick(None, None, "relu", "tanh")
        if kind == 2 or rank == 0:
            y = self.layers.Dense(int(x.shape[-1]), activation=inner, name=self.name("dense"))(x)
        else:
            convolution = {1: self.layers.Conv1D, 2: self.layers.Conv2D, 3: self.layers.Conv3D}[rank]
            size, use_bias = int(self.pick(1, 3)), self.often(0.5)
            y = convolution(int(x.shape[-1]), size, padding="same", use_bias=use_bias, activation=inner, name=self.name("conv"))(
                x
            )
        return self.normalization()(y) if self.often(0.5) else y

    def branch(self, x):
        for _ in range(self.chance.randint(0, 3)):
            x = self.flat_step(x)
        return x

    def join(self, parts):
        layers = self.layers
        if self.often(0.6):
            kind = self.pick(layers.Add, layers.Average, layers.Maximum, layers.Multiply, layers.Minimum)
            if len(parts) == 2 and self.often(0.2):
                kind = layers.Subtract
            return kind(name=self.name("join"))(parts)
        return layers.Concatenate(name=self.name("cat"), axis=self.pick(-1, len(parts[0].shape) - 1))(parts)

    def other_shape(self, x):
        height, width, channels = x.shape[1:]
        return self.pick_call(
            lambda: self.layers.Reshape((height * width, channels), name=self.name("reshape")),
            lambda: self.layers.Reshape((width, height, channels), name=self.name("reshape")),
            lambda: self.layers.Permute((2, 1, 3), name=self.name("permute")),
            lambda: self.layers.Permute((3, 1, 2), name=self.name("permute")),
        )(x)

    def gate(self, x):
        channels = x.shape[-1]
        y = self.layers.GlobalAveragePooling2D(name=self.name("pool"))(x)
        y = self.layers.Dense(channels, activation=self.pick("sigmoid", None), name=self.name("gate"))(y)
        y = self.normalization()(y) if self.often(0.3) else y
        return self.layers.Multiply(name=self.name("scale"))(
            [x, self.layers.Reshape((1, 1, channels), name=self.name("reshape"))(y)]
        )

    def nested(self, x, depth):
        """A model as a layer, called once or more."""
        start = self.keras.Input(tuple(x.shape[1:]), name=self.name("inner"))
        end = self.normalization()(start)
        for _ in range(self.chance.randint(0, 4)):
            end = self.step(end, depth + 1)
        model = self.keras.Model(start, end, name=self.name("nest"))
        y = model(x)
        if self.often(0.4) and y.shape == x.shape:
            y = model(self.pick(y, x))
        if self.often(0.3):
            y = self.layers.Add(name=self.name("add"))([y, model(self.flat_step(x))]) if y.shape[1:] == end.shape[1:] else y
        return y

    def sequential(self, x):
        inner = [
            self.pick_call(
                self.normalization,
                lambda: self.layers.Activation(self.pick("relu", "tanh"), name=self.name("act")),
                lambda: self.layers.Dense(int(self.pick(2, 4)), name=self.name("dense")),
                lambda: self.layers.Dropout(0.2, name=self.name("drop")),
            )
            for _ in range(self.chance.randint(1, 4))
        ]
        return self.keras.Sequential(inner, name=self.name("seq"))(x)

    def shared_step(self, x):
        for layer, shape in self.shared:
            if shape == tuple(x.shape):
                y = layer(x)
                return self.normalization()(y) if self.often(0.5) else y
        return x

    def wrapped(self, x):
        inner = self.pick_call(
            lambda: self.layers.Dense(3, name=self.name("inner")),
            lambda: self.layers.Conv1D(3, 2, padding="same", name=self.name("inner")),
            lambda: self.layers.BatchNormalization(name=self.name("inner")),
            lambda: self.layers.MaxPooling1D(2, padding="same", name=self.name("inner")),
            lambda: self.layers.Activation("relu", name=self.name("inner")),
        )
        return self.layers.TimeDistributed(inner, name=self.name("each"))(x)

    def operator(self, x, rank, lengths):
        """An operator on tensors, which has no layer in the code that builds the model."""
        if self.is_new:
            from keras import ops
        else:
            import tensorflow as ops
        relu = ops.relu if self.is_new else ops.nn.relu
        largest = ops.max if self.is_new else ops.reduce_max
        concatenate = ops.concatenate if self.is_new else ops.concat
        return self.pick_call(
            lambda: relu(x),
            lambda: x * 2.0,
            lambda: x + 1.5,
            lambda: x[:, 1:] if rank and lengths[0] > 3 else x,
            lambda: ops.transpose(x, (0, 2, 1, 3)) if rank == 2 else x,
            lambda: largest(x, axis=1, keepdims=True) if rank else x,
            lambda: concatenate([x, x], axis=-1),
            lambda: ops.abs(x),
            lambda: ops.where(x > 0.0, x, x * 0.1),
            lambda: ops.cumsum(x, axis=1),
            lambda: ops.roll(x, 1, axis=1),
            lambda: ops.repeat(x, 2, axis=1) if rank and lengths[0] < 5 else x,
            lambda: ops.stack(ops.unstack(x, axis=1)[:2], axis=1) if rank and lengths[0] > 1 else x,
            lambda: ops.matmul(x, np.eye(x.shape[-1], dtype="float32")[::-1] * 0.5),
        )

    # MARK: the whole

    def build(self):
        keras, layers = self.keras, self.layers
        if self.often(0.12):
            return self.finished(*self.words())
        shape = self.pick((8, 8, 4), (8, 8, 4), (8, 8, 4), (8, 4), (6,), (5, 4, 4, 2))
        inputs = [keras.Input(shape, name=self.name("in")) for _ in range(self.pick(1, 1, 1, 2))]
        x = inputs[0]
        if len(inputs) == 2:
            x = self.pick(layers.Add, layers.Concatenate)(name=self.name("first"))([self.flat_step(each) for each in inputs])
        if len(shape) == 2 and self.often(0.3):
            x = layers.Masking(name=self.name("masking"))(x)
        return self.finished(inputs, x)

    def words(self):
        """Rows of a table, some of which may be left out."""
        layers, inputs = self.layers, [self.keras.Input((6,), dtype="int32", name=self.name("in"))]
        x = layers.Embedding(9, 4, mask_zero=self.often(0.5), name=self.name("table"))(inputs[0])
        if self.often(0.6):
            normalization = self.normalization()
            self.must_go.append(normalization.name)
            x = normalization(x)
        return inputs, x

    def finished(self, inputs, x):
        keras, layers = self.keras, self.layers
        sides = []
        for _ in range(self.chance.randint(3, 10)):
            x = self.step(x, 0)
            if self.often(0.07) and not any(x is each for each in inputs):
                sides.append(x)
        kind = self.chance.randint(4)
        if kind < 2 and len(x.shape) == 4:
            x = self.pick(layers.GlobalAveragePooling2D, layers.GlobalMaxPooling2D)(name=self.name("pool"))(x)
        elif kind < 2 and len(x.shape) == 3:
            x = self.pick(layers.GlobalAveragePooling1D, layers.GlobalMaxPooling1D)(name=self.name("pool"))(x)
        elif kind == 2:
            x = layers.Flatten(name=self.name("flat"))(x)
        x = self.normalization()(x) if self.often(0.5) else x
        x = layers.Dense(3, name=self.name("head"))(x)
        outputs = [x, *sides[:2]]
        return keras.Model(inputs if len(inputs) > 1 else inputs[0], outputs if len(outputs) > 1 else x)

    def weigh(self):
        """Odd numbers, of a size that keeps values near 1."""
        for variable in self.model.weights:
            shape = tuple(variable.shape)
            name = (variable.path if self.is_new else variable.name).split("/")[-1].split(":")[0]
            if "seed" in name or "int" in str(variable.dtype):
                continue
            if "variance" in name:
                values = self.chance.uniform(0.05, 3, shape)
            elif "gamma" in name:
                values = self.chance.uniform(0.3, 1.6, shape) * self.chance.choice([1, 1, 1, -1], size=shape)
            elif "kernel" in name:
                values = self.chance.normal(0, 1.2 / max(int(np.prod(shape[:-1])), 1) ** 0.5, shape)
            else:
                values = self.chance.normal(0, 0.6, shape)
            variable.assign(values)
