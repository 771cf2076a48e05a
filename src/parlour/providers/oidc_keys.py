"""The public keys of an OpenID Connect issuer, over HTTP."""

from collections.abc import Awaitable, Callable, Mapping

from parlour.kernel.refusals import ProviderFault

SECONDS_MAX = 10.0


def fetch_keys_of(issuer: str) -> Callable[[], Awaitable[Mapping[str, object]]]:
    """How the keys of an OIDC issuer are fetched: discovery, then its JWKS."""

    async def fetch() -> Mapping[str, object]:
        import aiohttp

        try:
            timeout = aiohttp.ClientTimeout(total=SECONDS_MAX)
            async with aiohttp.ClientSession(timeout=timeout) as session:
                async with session.get(f"{issuer.rstrip('/')}/.well-known/openid-configuration") as answer:
                    found = await answer.json()
                async with session.get(found["jwks_uri"]) as answer:
                    return await answer.json()
        except (aiohttp.ClientError, TimeoutError, ValueError, KeyError) as error:
            raise ProviderFault("The sign-in service does not answer.", retryable=True) from error

    return fetch
