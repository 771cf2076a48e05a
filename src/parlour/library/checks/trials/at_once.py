"""The trials of one subject from the first to the last, in one go: for the command line."""

from parlour.grading.verdicts import UnusableVerdictError
from parlour.kernel.refusals import ProviderFault
from parlour.library.checks.trials.answering import Answerer, why
from parlour.library.checks.trials.entities import Names, Subject, Trial
from parlour.library.checks.trials.plan import Standing, answered, given_up, onward
from parlour.turns.usage import Meter


async def trials_of(subject: Subject, answerer: Answerer, names: Names) -> tuple[Trial, ...]:
    """How the trials end. A trial whose model fails is skipped; the others go on."""
    standing = Standing()
    meters: list[Meter] = []
    while True:
        standing, ask = onward(subject, standing, names)
        if ask is None:
            return standing.trials
        try:
            standing = answered(standing, ask, await answerer.answer(subject, ask, meters))
        except UnusableVerdictError as error:
            standing = given_up(subject, standing, f"The model gave no usable answer: {error.reason}")
        except ProviderFault as fault:
            standing = given_up(subject, standing, why(ask, names, fault) or fault.text)
