"""Every way a token can be wrong, each refused for its own reason."""

import base64
import hashlib
import hmac
import json
import uuid
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from joserfc.jwk import ECKey, Key, KeyParameters, OKPKey, RSAKey

from mandate_web.identity.jwks import ALGORITHMS
from mandate_web.identity.tokens import (
    Claims,
    Issuer,
    Reason,
    TokenRefused,
    TokenVerifier,
    issuer_problems,
    person_id,
)

NOW = 2_000_000_000
SKEW = 30
HOME = Issuer("https://id.example.org", "mandate", "ES256", "https://id.example.org/jwks")
ABROAD = Issuer("https://login.example.net/", "mandate-abroad", "EdDSA", "https://login.example.net/keys")
PARAMETERS: KeyParameters = {"use": "sig", "kid": "k1"}
HOME_KEY = ECKey.generate_key("P-256", {**PARAMETERS, "alg": "ES256"})
ABROAD_KEY = OKPKey.generate_key("Ed25519", PARAMETERS)
KEYS: dict[str, Key] = {HOME.jwks_uri: HOME_KEY, ABROAD.jwks_uri: ABROAD_KEY}
HEADER = {"alg": "ES256", "typ": "at+jwt", "kid": "k1"}
CLAIMS = {
    "iss": HOME.issuer,
    "sub": "somebody",
    "aud": "mandate",
    "exp": NOW + 3600,
    "iat": NOW,
    "jti": "t-1",
}


class Clock:
    def __init__(self, now: float = NOW) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now


def b64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def signed(header: bytes, payload: bytes, key: Key = HOME_KEY, algorithm: str = "ES256") -> str:
    signing_input = f"{b64(header)}.{b64(payload)}"
    return f"{signing_input}.{b64(ALGORITHMS[algorithm].model.sign(signing_input.encode(), key))}"


def token(header: dict[str, Any] | None = None, key: Key = HOME_KEY, /, **claims: Any) -> str:
    """A good token, apart from what is said; a claim given as `...` is left out."""
    said = {name: value for name, value in {**CLAIMS, **claims}.items() if value is not ...}
    head = {name: value for name, value in {**HEADER, **(header or {})}.items() if value is not ...}
    return signed(json.dumps(head).encode(), json.dumps(said).encode(), key)


def verifier(clock: Callable[[], float] | None = None, *issuers: Issuer, **options: Any) -> TokenVerifier:
    def publish(request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, json={"keys": [KEYS[str(request.url)].as_dict(private=False)]})

    client = httpx.AsyncClient(transport=httpx.MockTransport(publish))
    return TokenVerifier(issuers or (HOME, ABROAD), "here", fetch=client, clock=clock or Clock(), **options)


async def refusal(text: str, by: TokenVerifier | None = None) -> Reason:
    with pytest.raises(TokenRefused) as refused:
        await (by or verifier()).verify(text)
    assert str(refused.value).startswith(refused.value.reason)
    return refused.value.reason


async def test_a_good_token_says_who_is_calling() -> None:
    claims = await verifier().verify(token(aud=["other", "mandate"], nbf=NOW, scope="anything"))
    person = person_id("here", HOME.issuer, "somebody")
    assert claims == Claims(person, HOME.issuer, "somebody", "t-1", NOW + 3600, NOW)


def test_a_person_is_the_same_in_every_service_and_another_in_another_deployment() -> None:
    namespace = uuid.uuid5(uuid.NAMESPACE_URL, "mandate:here")
    assert person_id("here", "https://i", "s") == uuid.uuid5(namespace, "https://i|s")
    assert person_id("there", "https://i", "s") != person_id("here", "https://i", "s")


@pytest.mark.parametrize("kind", ["at+jwt", "AT+JWT", "application/at+jwt", "Application/AT+jwt"])
async def test_the_type_is_compared_without_case(kind: str) -> None:
    assert (await verifier().verify(token({"typ": kind}))).subject == "somebody"


@pytest.mark.parametrize("kind", ["JWT", "jwt", "at+jwt ", "id+jwt", "", None, 1, ["at+jwt"], ...])
async def test_another_type_of_token_is_not_an_access_token(kind: Any) -> None:
    assert await refusal(token({"typ": kind})) == "wrong-type"


@pytest.mark.parametrize("name", ["ES384", "EdDSA", "Ed25519", "RS256", "PS256"])
async def test_every_family_of_algorithms(name: str) -> None:
    keys: dict[str, Key] = {
        "EC": ECKey.generate_key("P-384", PARAMETERS),
        "OKP": ABROAD_KEY,
        "RSA": RSAKey.generate_key(2048, PARAMETERS),
    }
    key = keys[ALGORITHMS[name].kty]
    issuer = Issuer("https://rsa.example.org", "mandate", name, "https://rsa.example.org/jwks")
    KEYS[issuer.jwks_uri] = key
    head = json.dumps({**HEADER, "alg": name}).encode()
    good = signed(head, json.dumps({**CLAIMS, "iss": issuer.issuer}).encode(), key, name)
    assert (await verifier(None, issuer).verify(good)).issuer == issuer.issuer
    assert await refusal(good[:-8] + "AAAAAAAA", verifier(None, issuer)) == "bad-signature"


async def test_nothing_is_missing() -> None:
    assert await refusal("") == "missing"


GOOD = token()
H, P, S = GOOD.split(".")


def noncanonical(segment: str) -> str:
    """The same bytes with a trailing bit set that means nothing (the segment must not be a multiple of four)."""
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    return segment[:-1] + alphabet[alphabet.index(segment[-1]) + 1]


@pytest.mark.parametrize(
    "text",
    [
        "x",
        f"{H}.{P}",
        f"{GOOD}.",
        f"{GOOD}.{S}",
        f".{P}.{S}",
        f"{H}..{S}",
        f"{H}.{P}.{S}==",
        f"{H}=.{P}.{S}",
        f"{GOOD}\n",
        f" {GOOD}",
        f"{H}.{P[:9]} {P[9:]}.{S}",
        f"{H}.{P}.{S[:-1]}+",
        f"{H}.{P}.{S[:-1]}/",
        f"{H}.{P}.{noncanonical(S)}",
        f"{H}.{P}.{S}AAA",
        f"{H}.{P}.{S[:-1]}é",
        f"{H}.{P}.{S[:-1]}\ud800",
        f"{GOOD}\x00",
        "A" * 8193,
        GOOD + "A" * 9000,
        json.dumps({"protected": H, "payload": P, "signature": S}),
        f"{b64(b'[' * 4000)}.{P}.{S}",
        f"{H}.{b64(b'[' * 4000)}.{S}",
        f"{H}.{b64(b'9' * 5000)}.{S}",
    ],
)
async def test_only_the_strict_compact_form_is_read(text: str) -> None:
    assert await refusal(text) == "malformed"


@pytest.mark.parametrize(
    "payload",
    [
        b"",
        b"null",
        b"[]",
        b'"text"',
        b"\xff\xfe",
        b"\xef\xbb\xbf{}",
        json.dumps(CLAIMS).encode("utf-16"),
        json.dumps(CLAIMS).encode() + b"x",
        json.dumps(CLAIMS).replace('"sub"', '"sub": "first", "sub"').encode(),
        json.dumps({**CLAIMS, "act": {"a": 1}}).replace('"a"', '"a": 0, "a"').encode(),
        json.dumps({**CLAIMS, "exp": float("nan")}).encode(),
        json.dumps({**CLAIMS, "exp": float("inf")}).encode(),
        json.dumps({**CLAIMS, "other": float("-inf")}).encode(),
    ],
)
async def test_the_payload_is_one_unambiguous_json_object(payload: bytes) -> None:
    assert await refusal(signed(json.dumps(HEADER).encode(), payload)) == "malformed"


async def test_duplicate_names_in_the_header_are_refused() -> None:
    head = b'{"alg":"none","alg":"ES256","typ":"at+jwt","kid":"k1"}'
    assert await refusal(signed(head, json.dumps(CLAIMS).encode())) == "malformed"


@pytest.mark.parametrize("name", ["crit", "jwk", "jku", "x5u", "x5c", "b64", "zip", "enc"])
@pytest.mark.parametrize("value", [None, True, "x", ["b64"]])
async def test_headers_that_bring_keys_or_change_the_rules_are_refused(name: str, value: Any) -> None:
    assert await refusal(token({name: value})) == "forbidden-header"


async def test_a_key_brought_along_is_not_used() -> None:
    own = ECKey.generate_key("P-256", {"kid": "own"})
    assert await refusal(token({"jwk": own.as_dict(private=False)}, own)) == "forbidden-header"
    assert await refusal(token({"kid": "own"}, own)) == "unknown-key"
    assert await refusal(token({}, own)) == "bad-signature"


@pytest.mark.parametrize("kid", [..., None, "", 1, ["k1"], "K1", "k1 ", "k2"])
async def test_a_token_names_a_key_that_is_published(kid: Any) -> None:
    assert await refusal(token({"kid": kid})) == "unknown-key"


@pytest.mark.parametrize("algorithm", ["none", "None", "HS256", "ES384", "RS256", "EdDSA", "es256", None, 5, ...])
async def test_the_algorithm_is_ours_to_choose(algorithm: Any) -> None:
    assert await refusal(token({"alg": algorithm})) == "wrong-algorithm"


async def test_alg_none_without_a_signature() -> None:
    head = b64(json.dumps({**HEADER, "alg": "none"}).encode())
    assert await refusal(f"{head}.{P}.") == "wrong-algorithm"
    assert await refusal(f"{H}.{P}.") == "bad-signature"


@pytest.mark.parametrize("secret", [HOME_KEY.as_pem(private=False), HOME_KEY.as_der(private=False)], ids=["pem", "der"])
@pytest.mark.parametrize("claimed", ["HS256", "ES256"])
async def test_the_public_key_is_not_a_shared_secret(secret: bytes, claimed: str) -> None:
    head = b64(json.dumps({**HEADER, "alg": claimed}).encode())
    mac = hmac.new(secret, f"{head}.{P}".encode(), hashlib.sha256).digest()
    expected = "wrong-algorithm" if claimed == "HS256" else "bad-signature"
    assert await refusal(f"{head}.{P}.{b64(mac)}") == expected


@pytest.mark.parametrize("size", [0, 1, 32, 63, 65, 128])
async def test_a_signature_of_another_size(size: int) -> None:
    assert await refusal(f"{H}.{P}.{b64(bytes(size))}") == "bad-signature"


async def test_one_issuers_key_does_not_sign_for_another() -> None:
    assert await refusal(token(iss="https://evil.example.com")) == "wrong-issuer"
    assert await refusal(token(iss=HOME.issuer + "/")) == "wrong-issuer"
    assert await refusal(token(iss=ABROAD.issuer, aud=ABROAD.audience)) == "wrong-algorithm"
    head = json.dumps({**HEADER, "alg": "EdDSA"}).encode()
    at_home = signed(head, json.dumps(CLAIMS).encode(), ABROAD_KEY, "EdDSA")
    assert await refusal(at_home) == "wrong-algorithm"
    same_algorithm = Issuer(ABROAD.issuer, ABROAD.audience, "ES256", ABROAD.jwks_uri)
    KEYS["https://other/jwks"] = ECKey.generate_key("P-256", PARAMETERS)
    other = Issuer("https://other", "mandate", "ES256", "https://other/jwks")
    assert await refusal(token(iss="https://other"), verifier(None, HOME, other)) == "bad-signature"
    assert await refusal(token(iss=ABROAD.issuer), verifier(None, HOME, same_algorithm)) == "unknown-key"


@pytest.mark.parametrize("name", ["iss", "sub", "aud", "exp", "iat", "jti"])
async def test_every_required_claim_is_there(name: str) -> None:
    assert await refusal(token(**{name: ...})) == "missing-claim"


@pytest.mark.parametrize("name", ["iss", "sub", "jti"])
@pytest.mark.parametrize("value", [None, "", 1, True, ["x"], {}, "x" * 256, "a\x00b", "a\nb", "\ud800", "\x9f"])
async def test_names_are_short_texts_that_can_be_stored(name: str, value: Any) -> None:
    assert await refusal(token(**{name: value})) == "bad-claim"


@pytest.mark.parametrize("subject", ["x" * 255, "Zoë Ünïcode 名前 🙂", "a|b", " "])
async def test_a_subject_may_be_any_text(subject: str) -> None:
    assert (await verifier().verify(token(sub=subject))).subject == subject


@pytest.mark.parametrize("audience", ["other", ["other"], "", "Mandate", ["mandate "]])
async def test_a_token_for_another_audience(audience: Any) -> None:
    assert await refusal(token(aud=audience)) == "wrong-audience"


@pytest.mark.parametrize("audience", [None, 1, [], {}, ["mandate", 1], [["mandate"]], {"mandate": 1}])
async def test_an_audience_is_a_text_or_a_list_of_texts(audience: Any) -> None:
    assert await refusal(token(aud=audience)) == "bad-claim"


@pytest.mark.parametrize("name", ["exp", "iat", "nbf"])
@pytest.mark.parametrize(
    "value", [None, True, "2000003600", NOW + 0.5, float(NOW), 1e300, [NOW], [[NOW + 60]], {}, -1, 10**15]
)
async def test_instants_are_whole_seconds(name: str, value: Any) -> None:
    assert await refusal(token(**{name: value})) == "bad-claim"


async def test_a_number_too_large_for_a_float_is_not_an_instant() -> None:
    payload = json.dumps(CLAIMS).replace(str(NOW + 3600), "1e999").encode()
    assert await refusal(signed(json.dumps(HEADER).encode(), payload)) == "bad-claim"


async def test_expiry_is_judged_with_a_skew_of_thirty_seconds() -> None:
    text = token(exp=NOW + 60)
    await verifier(Clock(NOW + 60 + SKEW - 0.1)).verify(text)
    assert await refusal(text, verifier(Clock(NOW + 60 + SKEW))) == "expired"
    assert await refusal(text, verifier(Clock(NOW + 3600))) == "expired"


@pytest.mark.parametrize("claim", [{"nbf": NOW + 600}, {"iat": NOW + 600}, {"iat": NOW + 600, "nbf": NOW}])
async def test_a_token_of_the_future_waits(claim: dict[str, int]) -> None:
    text = token(**claim)
    assert await refusal(text, verifier(Clock(NOW + 600 - SKEW - 0.1))) == "not-yet-valid"
    await verifier(Clock(NOW + 600 - SKEW)).verify(text)


async def test_a_life_has_a_longest_length() -> None:
    await verifier().verify(token(exp=NOW + 86400))
    assert await refusal(token(exp=NOW + 86401)) == "too-long-lived"
    assert await refusal(token(), verifier(longest_life=60)) == "too-long-lived"
    assert await refusal(token(exp=NOW)) == "bad-claim"


async def test_a_remembered_token_still_expires() -> None:
    clock = Clock()
    remembering = verifier(clock, elapsed=lambda: 0.0)
    first = await remembering.verify(GOOD)
    assert await remembering.verify(GOOD) is first
    clock.now = NOW + 3600 + SKEW - 1
    assert await remembering.verify(GOOD) is first
    clock.now = NOW + 3600 + SKEW
    assert await refusal(GOOD, remembering) == "expired"


async def test_a_token_is_verified_again_after_a_minute() -> None:
    elapsed = Clock(0)
    remembering = verifier(elapsed=elapsed)
    first = await remembering.verify(GOOD)
    elapsed.now = 59.9
    assert await remembering.verify(GOOD) is first
    elapsed.now = 60
    assert (again := await remembering.verify(GOOD)) == first
    assert again is not first


async def test_the_token_forgotten_first_is_the_one_unused_longest() -> None:
    remembering = verifier(remember_most=2)
    one, two, three = (token(jti=f"t-{number}") for number in range(3))
    first, second = await remembering.verify(one), await remembering.verify(two)
    assert await remembering.verify(one) is first
    await remembering.verify(three)
    assert await remembering.verify(one) is first
    assert await remembering.verify(two) is not second


@pytest.fixture(scope="module")
async def warm() -> TokenVerifier:
    ready = verifier()
    await ready.verify(GOOD)
    return ready


ALPHABET = st.sampled_from("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.=+/ \n\x00é名\ud800")


@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(at=st.integers(0, len(GOOD) - 1), to=ALPHABET, how=st.sampled_from(["replace", "insert", "delete"]))
async def test_a_token_with_any_character_changed_is_refused(warm: TokenVerifier, at: int, to: str, how: str) -> None:
    changed = GOOD[:at] + ("" if how == "delete" else to) + GOOD[at + (how != "insert") :]
    if changed == GOOD:
        await warm.verify(changed)
    else:
        await refusal(changed, warm)


async def test_every_other_last_character_is_refused(warm: TokenVerifier) -> None:
    for last in "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_":
        if last != GOOD[-1]:
            await refusal(GOOD[:-1] + last, warm)


@pytest.mark.parametrize(
    ("issuer", "audience", "algorithm"),
    [
        ("https://i", "a", "HS256"),
        ("https://i", "a", "none"),
        ("https://i", "a", ""),
        ("", "a", "ES256"),
        ("https://i", "", "ES256"),
        ("https://i|j", "a", "ES256"),
    ],
)
def test_an_issuer_that_could_not_be_judged_is_not_made(issuer: str, audience: str, algorithm: str) -> None:
    with pytest.raises(ValueError, match=r"algorithm|required|contain"):
        Issuer(issuer, audience, algorithm, "https://i/jwks")


def test_an_issuer_is_configured_once() -> None:
    with pytest.raises(ValueError, match="twice"):
        verifier(None, HOME, HOME)


def issuer_at(url: str) -> Issuer:
    return Issuer(url, "mandate", "ES256", "https://id.example.org/jwks")


@pytest.mark.parametrize(
    "url", ["https://id.example.org", "https://10.1.2.3/realm", "https://localhost.example.org:8443/a?b=c"]
)
def test_production_accepts_somebodys_https(url: str) -> None:
    assert issuer_problems(issuer_at(url), production=True) == []


@pytest.mark.parametrize(
    "url",
    [
        "http://id.example.org",
        "https://localhost",
        "https://LOCALHOST./",
        "https://id.localhost",
        "https://127.0.0.1:8080",
        "https://127.9.9.9",
        "https://127.1",
        "https://2130706433",
        "https://0x7f.1",
        "https://0.0.0.0",
        "https://[::1]:8443",
        "https://[::ffff:127.0.0.1]",
        "https://[fe80::1%25eth0]",
        "https://169.254.169.254",
        "https://id.invalid",
        "https://id.local",
        "https://id.test",
    ],
)
def test_production_refuses_what_development_may_use(url: str) -> None:
    assert issuer_problems(issuer_at(url), production=False) == []
    assert issuer_problems(issuer_at(url), production=True)
    keys_there = Issuer("https://id.example.org", "mandate", "ES256", url)
    [*problems] = issuer_problems(keys_there, production=True)
    assert all("jwks_uri" in problem for problem in problems)
    assert problems


@pytest.mark.parametrize(
    "url", ["id.example.org", "ftp://x", "https://", "https://[x", "https://u@x", "https://x#f", "https://x:a"]
)
def test_a_url_is_wrong_everywhere(url: str) -> None:
    assert issuer_problems(issuer_at(url), production=False)
