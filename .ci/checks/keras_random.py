"""Random models of Keras, built by Keras itself, folded from files to files, and judged by the Keras that built them."""

from dataclasses import dataclass

from keras_containers import Container, Model
from keras_outcome import Outcome

# Seeds for each version of Keras; so many of them in CI.
SEED, COUNT, PART = 1000, 2000, 60


@dataclass
class RandomModel:
    """One seed, and the Keras that builds its model."""

    seed: int
    version: int

    @property
    def name(self):
        return f"random {self.seed}, Keras {self.version}"

    def check(self, check_model, context, judge, number, folder):
        # Keras 3 does not read its own operators back from HDF5.
        path = folder / ("random.keras" if self.seed % 2 or self.version == 3 else "random.h5")
        made = judge.ask(do="random", seed=self.seed, path=path)
        if "error" in made:
            outcome = Outcome(self.name)
            outcome.fail(f"could not be built: {made['error']}")
            return [outcome]
        model = Model(self.name, self.version, [Container(path.suffix, path)], must_go=set(made["must_go"]))
        outcomes = check_model(model, context, judge, self.seed, folder)
        if any(outcome.failures for outcome in outcomes):
            kept = context.output / f"random-{self.version}-{self.seed}{path.suffix}"
            kept.write_bytes(path.read_bytes())
        return outcomes


def random_models(versions, is_whole):
    return [RandomModel(SEED + index, version) for version in versions for index in range(COUNT if is_whole else PART)]
