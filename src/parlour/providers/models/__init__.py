"""Language models: `scripted` (offline), `openai_compatible`, and `pydantic_ai` (optional extra).

`build_models` makes the one `Model` that the core is given: a `ModelRouter`, which sends each
request to the provider that the model's name begins with. All of them keep the promises of
`parlour.turns.ports.Model`. Nothing heavy is imported before a provider needs it.
Read next: `openai_compatible.py`, then `scripted/`.
"""

from collections.abc import AsyncGenerator, Mapping, Sequence
from dataclasses import field, replace
from typing import Literal, assert_never

from pydantic import SecretStr

from parlour.kernel.dataclass import dataclass
from parlour.kernel.dice import Dice
from parlour.kernel.refusals import ProviderFault
from parlour.providers.models.limits import ModelLimits
from parlour.turns.ports import Model, Piece, Request

SCRIPTED = "scripted"


@dataclass(frozen=True, kw_only=True, slots=True)
class ProviderSpec:
    """A provider as the operator configured it.

    `name` begins the names of its models (`<name>:<model>`); for `pydantic_ai` it is the vendor's
    name there (`anthropic`, `google`, ...), for `openai_compatible` any name and `base_url` must be set.
    """

    name: str
    kind: Literal["openai_compatible", "pydantic_ai"]
    base_url: str | None = None
    api_key: SecretStr | None = field(default=None, repr=False)


class ModelRouter:
    """A `Model` that is several: `scripted...` goes to one, `<provider>:<model>` to the others."""

    def __init__(self, scripted: Model, providers: Mapping[str, Model]) -> None:
        self._scripted = scripted
        self._providers = dict(providers)

    def stream(self, request: Request) -> AsyncGenerator[Piece, None]:
        """The answer of the model that `request.model` names; `ProviderFault`, not retryable, if none."""
        if request.model.startswith(SCRIPTED):
            return self._scripted.stream(request)
        name, _, model = request.model.partition(":")
        provider = self._providers.get(name)
        if provider is None or not model:
            raise ProviderFault("The model's name fits no configured provider.", retryable=False)
        return provider.stream(replace(request, model=model))

    async def aclose(self) -> None:
        """Close every provider."""
        for provider in (self._scripted, *self._providers.values()):
            await provider.aclose()


def build_models(
    specs: Sequence[ProviderSpec], *, scripted: Model, dice: Dice, limits: ModelLimits | None = None
) -> ModelRouter:
    """The router over `specs`. Raises `ValueError`, without secrets, for a spec that cannot be used."""
    providers: dict[str, Model] = {}
    for spec in specs:
        if not spec.name or ":" in spec.name or spec.name.startswith(SCRIPTED):
            raise ValueError(f"a model provider's name has no colon and does not begin with {SCRIPTED!r}")
        if spec.name in providers:
            raise ValueError(f"two model providers are named {spec.name!r}")
        providers[spec.name] = _build(spec, dice, limits or ModelLimits())
    return ModelRouter(scripted, providers)


def _build(spec: ProviderSpec, dice: Dice, limits: ModelLimits) -> Model:
    match spec.kind:
        case "openai_compatible":
            from parlour.providers.models.openai_compatible import OpenAICompatible

            if spec.base_url is None:
                raise ValueError(f"the model provider {spec.name!r} needs a base URL")
            return OpenAICompatible(spec.base_url, spec.api_key, dice=dice, limits=limits)
        case "pydantic_ai":
            from parlour.providers.models.pydantic_ai import PydanticAI, vendor_models

            named = vendor_models(spec.name, spec.api_key, spec.base_url)
            return PydanticAI(named, dice=dice, limits=limits)
        case _:
            assert_never(spec.kind)
