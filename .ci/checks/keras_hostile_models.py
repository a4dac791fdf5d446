"""Models of Keras whose JSON is none, or makes no sense."""

import json

import keras_files as files
from keras_hostile_case import Hostile


# MARK: texts that are no JSON, or too much of it


def texts(samples):
    for key, good in samples.wholes.items():
        name = f"w.{key.split()[1]}"
        text = files.json_of(good)
        deep = '{"class_name":"Sequential","config":{"name":"s","layers":' + "[" * 100_000
        for title, other in (
            ("empty", ""),
            ("a blank", " "),
            ("cut off", text[: len(text) // 2]),
            ("one brace too few", text[:-1]),
            ("text behind it", text + " x"),
            ("a comma too many", text.replace("}", ",}", 1)),
            ("a number that is none", text.replace('"epsilon": 0.001', '"epsilon": 0.0.1')),
            ("not a number", text.replace('"epsilon": 0.001', '"epsilon": NaN')),
            ("a leading zero", text.replace('"epsilon": 0.001', '"epsilon": 00.001')),
            ("a number beyond all", text.replace('"epsilon": 0.001', '"epsilon": 1e999')),
            ("a line break in a string", text.replace('"Conv2D"', '"Conv\n2D"')),
            ("an escape that is none", text.replace('"Conv2D"', r'"Conv\q2D"')),
            ("half a surrogate", text.replace('"Conv2D"', r'"Conv\ud8002D"')),
            ("bytes that are no UTF-8", text.encode().replace(b'"Conv2D"', b'"Conv\xff2D"')),
            ("UTF-16", text.encode("utf-16")),
            ("a thousand lists", "[" * 1000 + "]" * 1000),
            ("a hundred thousand lists", deep),
            ("a hundred thousand objects", '{"config":' * 100_000),
            ("a field of a thousand levels", text.replace('"epsilon": 0.001', '"epsilon": ' + '{"a":[' * 500 + "]}" * 500)),
            ("a field twice", text.replace('"epsilon": 0.001', '"epsilon": 0.001, "epsilon": 0.1')),
        ):
            if other == text:
                continue
            # A text without an end at a zero is cut there by HDF5 itself.
            place = ("config.json" if name == "w.keras" else "model_config", *(["bn1"] if title == "not a number" else []))
            yield Hostile(f"{key}: JSON: {title}", {name: files.with_text(good, other)}, place)


# MARK: models that make no sense


def models(samples):
    for key, good in samples.wholes.items():
        name = f"w.{key.split()[1]}"
        is_old = key.startswith("k2")

        def case(title, change, place, codes=(65,), good=good, name=name, key=key):
            return Hostile(f"{key}: {title}", {name: files.with_json(good, change)}, place, codes)

        def layers(data):
            return data["config"]["layers"]

        def history(data, index, value, kind="Conv2D", is_old=is_old):
            node = files.layer(data, kind)["inbound_nodes"][0]
            reference = node[0] if is_old else node["args"][0]["config"]["keras_history"]
            reference[index] = value

        def config(data, kind, **fields):
            files.layer(data, kind)["config"].update(fields)

        yield case(
            "two layers of one name", lambda data: layers(data).append(json.loads(json.dumps(files.layer(data, "Conv2D")))), "c1"
        )
        yield case(
            "a cycle", lambda data: history(data, 0, files.layer(data, "BatchNormalization")["config"]["name"]), ("c1", "bn1")
        )
        yield case(
            "a layer that reads itself", lambda data: history(data, 0, files.layer(data, "Conv2D")["config"]["name"]), "c1"
        )
        yield case("a layer that reads nothing that is there", lambda data: history(data, 0, "nothing"), "nothing")
        yield case("a call that was never made", lambda data: history(data, 1, 7), "c1")
        yield case("a call that is a float", lambda data: history(data, 1, 0.5), "c1", (65, 0))
        yield case("a negative call", lambda data: history(data, 1, -1), "c1")
        yield case("an output that was never made", lambda data: history(data, 2, 3), ("c1", "in"))
        yield case("no calls", lambda data: files.layer(data, "Conv2D").update(inbound_nodes=[]), "c1")
        yield case(
            "calls that are a word", lambda data: files.layer(data, "Conv2D").update(inbound_nodes="x"), ("inbound_nodes", "c1")
        )
        yield case(
            "calls missing", lambda data: files.layer(data, "Conv2D").pop("inbound_nodes") and None, ("inbound_nodes", "c1")
        )
        yield case(
            "an output of the model that is not there",
            lambda data: data["config"].update(output_layers=[["nothing", 0, 0]]),
            "nothing",
        )
        yield case(
            "an input of the model that is not there",
            lambda data: data["config"].update(input_layers=[["nothing", 0, 0]]),
            "nothing",
        )
        yield case(
            "an input of the model that is no input",
            lambda data: data["config"].update(input_layers=[["bn1", 0, 0]]),
            ("bn1", "in"),
        )
        yield case("no outputs", lambda data: data["config"].update(output_layers=[]), "output_layers")
        yield case("outputs missing", lambda data: data["config"].pop("output_layers") and None, "output_layers")
        yield case("no layers", lambda data: data["config"].update(layers=[]), ("layers", "no layer"))
        yield case("layers that are an object", lambda data: data["config"].update(layers={}), "layers")
        yield case("a layer that is a number", lambda data: layers(data).append(7), "a layer")
        yield case("a layer without a class", lambda data: files.layer(data, "Conv2D").pop("class_name") and None, "class_name")
        yield case("a class that is a number", lambda data: files.layer(data, "Conv2D").update(class_name=7), "class_name")
        yield case("a layer without a configuration", lambda data: files.layer(data, "Conv2D").pop("config") and None, "config")
        yield case("a configuration that is a list", lambda data: files.layer(data, "Conv2D").update(config=[]), "c1", (65, 0))
        yield case("a model without a configuration", lambda data: data.pop("config") and None, "config")
        yield case("a model without a class", lambda data: data.pop("class_name") and None, "class_name")
        for field, value in (
            ("filters", 2.5), ("filters", -1), ("filters", 2**63), ("filters", 2**62), ("filters", None), ("filters", "4"),
            ("kernel_size", []), ("kernel_size", [3]), ("kernel_size", [3, 0]), ("kernel_size", [2**31, 2**31]), ("kernel_size", "33"),
            ("strides", [0, 0]), ("strides", [-1, 1]), ("strides", [1.5, 1]), ("strides", [1, 1, 1]), ("groups", 0), ("groups", 3),
            ("padding", "round"), ("padding", 7), ("data_format", "channels_middle"), ("dilation_rate", [0, 1]), ("use_bias", "yes"),
        ):  # fmt: skip
            yield case(
                f"a convolution of {field} {value!r}",
                lambda data, field=field, value=value: config(data, "Conv2D", **{field: value}),
                "c1",
                (65, 0),
            )
        for field, value in (
            ("axis", 9), ("axis", -9), ("axis", 0), ("axis", 2.5), ("axis", [3, 3]), ("axis", []), ("axis", None), ("axis", "3"),
            ("epsilon", "small"), ("epsilon", -5.0), ("center", 7), ("scale", None),
        ):  # fmt: skip
            yield case(
                f"a normalisation of {field} {value!r}",
                lambda data, field=field, value=value: config(data, "BatchNormalization", **{field: value}),
                "bn1",
                (65, 0),
            )
    # A nested model that is its own layer by name, and models in models.
    yield Hostile("models in models in models", {"w.h5": files.with_text(samples.sequential, _russian(2000))}, "model_config")
    yield Hostile(
        "a model around its own weights", {"w.h5": files.with_json(samples.sequential, lambda data: _around(data, 1))}, "w.h5"
    )


def _russian(depth):
    text = '{"class_name":"InputLayer","config":{"batch_shape":[null,3],"dtype":"float32","name":"i"}}'
    for number in range(depth):
        text = '{"class_name":"Sequential","config":{"name":"s%d","layers":[%s]}}' % (number, text)
    return text


def _around(data, depth):
    inner = json.loads(json.dumps(data))
    data["config"]["layers"].append(inner)
