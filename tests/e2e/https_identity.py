"""An identity provider as production settings want one: https, a name that is nobody's, and an authority of its own.

Its keys are served by a container beside the services; the tokens are signed here.
"""

import datetime
import json
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from joserfc import jwt
from joserfc.jwk import ECKey

HOST: Final = "identity.mandate.example"
ISSUER: Final = f"https://{HOST}:8443"
AUDIENCE: Final = "mandate"

SERVER: Final = """
import http.server, ssl
server = http.server.ThreadingHTTPServer(("", 8443), http.server.SimpleHTTPRequestHandler)
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain("/identity/server.pem")
server.socket = context.wrap_socket(server.socket, server_side=True)
server.serve_forever()
"""
"""Serves the directory it is started in."""


@dataclass(frozen=True, slots=True)
class Identity:
    """Writes what the container serves into `directory`, and signs tokens."""

    directory: Path
    key: ECKey = field(
        default_factory=lambda: ECKey.generate_key("P-256", {"use": "sig", "alg": "ES256"}, auto_kid=True)
    )

    @property
    def authority(self) -> Path:
        """The certificate that the services have to trust."""
        return self.directory / "authority.pem"

    def prepare(self) -> None:
        self.directory.mkdir()
        keys = {"keys": [self.key.as_dict(private=False)]}
        (self.directory / "jwks").write_text(json.dumps(keys), encoding="ascii")
        (self.directory / "serve.py").write_text(SERVER, encoding="ascii")
        key, certificate = _certify(self.authority)
        (self.directory / "server.pem").write_bytes(key + certificate)
        for path in (self.directory, *self.directory.iterdir()):
            path.chmod(0o755)  # read by another user, in a container

    def token(self, subject: str) -> str:
        now = int(time.time())
        claims = {
            "iss": ISSUER, "sub": subject, "aud": AUDIENCE, "exp": now + 3600, "iat": now,
            "jti": f"{subject}-{now}", "client_id": "tests",
        }  # fmt: skip
        return jwt.encode(
            {"alg": "ES256", "typ": "at+jwt", "kid": self.key.kid}, claims, self.key, algorithms=["ES256"]
        )


def _certify(authority: Path) -> tuple[bytes, bytes]:
    """A new authority, and key and certificate of HOST that it vouches for."""
    own, server = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Tests")])
    now = datetime.datetime.now(datetime.UTC)

    def build(subject: x509.Name, key: ec.EllipticCurvePublicKey) -> x509.CertificateBuilder:
        builder = x509.CertificateBuilder().subject_name(subject).issuer_name(name).public_key(key)
        builder = builder.serial_number(x509.random_serial_number())
        return builder.not_valid_before(now).not_valid_after(now + datetime.timedelta(days=1))

    root = build(name, own.public_key()).add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
    uses = x509.KeyUsage(
        digital_signature=False, content_commitment=False, key_encipherment=False, data_encipherment=False,
        key_agreement=False, key_cert_sign=True, crl_sign=True, encipher_only=False, decipher_only=False,
    )  # fmt: skip
    ours = x509.SubjectKeyIdentifier.from_public_key(own.public_key())
    root = root.add_extension(uses, critical=True).add_extension(ours, critical=False)
    authority.write_bytes(root.sign(own, hashes.SHA256()).public_bytes(serialization.Encoding.PEM))
    leaf = build(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, HOST)]), server.public_key())
    leaf = leaf.add_extension(x509.SubjectAlternativeName([x509.DNSName(HOST)]), critical=False)
    leaf = leaf.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
    vouched = x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(ours)
    leaf = leaf.add_extension(vouched, critical=False)
    secret = server.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return secret, leaf.sign(own, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)
