"""Certificates for the broker double: an authority of the tests' own, good leaves and faulty ones."""

import base64
import datetime as dt
import hashlib
from dataclasses import dataclass, replace
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID


@dataclass(frozen=True)
class Certificate:
    """A certificate and its key, in one PEM file."""

    file: Path
    key: ec.EllipticCurvePrivateKey
    subject: x509.Name

    @property
    def chain(self) -> bytes:
        """The certificate and those above it, without the key."""
        text = self.file.read_bytes()
        return text[text.index(b"-----BEGIN CERTIFICATE") :]

    @property
    def key_hash(self) -> str:
        """What --ignore-certificate-errors-spki-list takes."""
        encoding, form = serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
        digest = hashlib.sha256(self.key.public_key().public_bytes(encoding, form)).digest()
        return base64.b64encode(digest).decode()

    @classmethod
    def make(cls, folder: Path, name: str) -> "Certificate":
        """A certificate that vouches for itself."""
        return Order(name).made(folder, None)

    @classmethod
    def authority(cls, folder: Path) -> "Certificate":
        return Order("the tests' authority", names=(), is_authority=True, days=(-60, 60)).made(folder, None)


@dataclass(frozen=True)
class Order:
    """What a certificate should say; the defaults are right."""

    name: str
    names: tuple[str, ...] | None = None  # None: just `name`
    days: tuple[int, int] = (-1, 30)
    is_authority: bool = False
    usage: x509.ObjectIdentifier = ExtendedKeyUsageOID.SERVER_AUTH

    def made(self, folder: Path, issuer: Certificate | None) -> Certificate:
        """Sign it by `issuer`, or by itself; the issuer goes along in the file."""
        key = ec.generate_private_key(ec.SECP256R1())
        now = dt.datetime.now(dt.UTC)
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, self.name)])
        builder = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(issuer.subject if issuer else subject)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now + dt.timedelta(days=self.days[0]))
            .not_valid_after(now + dt.timedelta(days=self.days[1]))
            .add_extension(x509.BasicConstraints(self.is_authority, None), critical=True)
        )
        names = (self.name,) if self.names is None else self.names
        if names:
            alternatives = x509.SubjectAlternativeName([x509.DNSName(name) for name in names])
            builder = builder.add_extension(alternatives, critical=False)
        if not self.is_authority:
            builder = builder.add_extension(x509.ExtendedKeyUsage([self.usage]), critical=False)
        certificate = builder.sign(issuer.key if issuer else key, hashes.SHA256())
        private = key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        file = folder / f"{certificate.serial_number:x}.pem"
        chain = certificate.public_bytes(serialization.Encoding.PEM) + (issuer.chain if issuer else b"")
        file.write_bytes(private + chain)
        return Certificate(file, key, subject)


FAULTS = (
    "expired",
    "early",
    "misnamed",
    "nameless",
    "selfsigned",
    "stranger",
    "client",
    "forged",
)


def faulty(folder: Path, authority: Certificate, fault: str) -> Certificate:
    """A leaf for `<fault>.broker.example` with that fault, or a right one for `good`."""
    right = Order(f"{fault}.broker.example")
    match fault:
        case "expired":
            return replace(right, days=(-30, -1)).made(folder, authority)
        case "early":
            return replace(right, days=(1, 30)).made(folder, authority)
        case "misnamed":
            return replace(right, names=("other.broker.example",)).made(folder, authority)
        case "nameless":
            return replace(right, names=()).made(folder, authority)
        case "selfsigned":
            return right.made(folder, None)
        case "stranger":
            return right.made(folder, Certificate.authority(folder))
        case "client":
            return replace(right, usage=ExtendedKeyUsageOID.CLIENT_AUTH).made(folder, authority)
        case "forged":
            return right.made(folder, Order("shop.example").made(folder, authority))
    return right.made(folder, authority)
