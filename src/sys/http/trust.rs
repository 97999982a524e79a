//! Which servers are believed to be who they say.

use super::error::{Error, Result};
use ring::digest;
use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{self, CryptoProvider, WebPkiSupportedAlgorithms};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{
    CertificateError, ClientConfig, DigitallySignedStruct, OtherError, RootCertStore,
    SignatureScheme,
};
use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::sync::Arc;

/// Where Debian keeps the certificates of all authorities.
const SYSTEM: &str = "/etc/ssl/certs/ca-certificates.crt";

/// Where a cluster keeps the certificate of its own authority, below a root.
const CLUSTER: &str = "etc/pve/pve-root-ca.pem";

/// Which servers are believed to be who they say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Trust {
    /// Those for which an authority in one of these PEM files vouches.
    Authorities(Vec<PathBuf>),
    /// The one with this certificate, whatever it says.
    Pinned(Fingerprint),
    /// Every one.
    Anyone,
}

impl Default for Trust {
    /// The authorities of the system.
    fn default() -> Self {
        Trust::Authorities(vec![SYSTEM.into()])
    }
}

impl Trust {
    /// As a node of a cluster does: the authorities of the system and the cluster's own, whose
    /// files are below `root`, as far as they are there.
    pub fn of_node(root: &Path) -> Self {
        let files = [PathBuf::from(SYSTEM), root.join(CLUSTER)];
        Trust::Authorities(files.into_iter().filter(|file| file.exists()).collect())
    }

    pub(super) fn config(&self) -> Result<ClientConfig> {
        let provider = Arc::new(crypto::ring::default_provider());
        let verifier = Verifier {
            algorithms: provider.signature_verification_algorithms,
            check: self.check(&provider)?,
        };
        let versions = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(|error| self.wrong(SYSTEM.into(), error))?;
        Ok(versions
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(verifier))
            .with_no_client_auth())
    }

    fn check(&self, provider: &Arc<CryptoProvider>) -> Result<Check> {
        let files = match self {
            Trust::Anyone => return Ok(Check::Nothing),
            Trust::Pinned(expected) => return Ok(Check::Pinned(*expected)),
            Trust::Authorities(files) => files,
        };
        let mut roots = RootCertStore::empty();
        for file in files {
            let certificates = CertificateDer::pem_file_iter(file)
                .and_then(Iterator::collect::<std::result::Result<Vec<_>, _>>)
                .map_err(|error| self.wrong(file.clone(), error))?;
            // One that rustls does not read is no reason to reject all the others.
            let (added, _) = roots.add_parsable_certificates(certificates);
            if added == 0 {
                return Err(self.wrong(file.clone(), "no certificate of an authority in it"));
            }
        }
        let verifier = WebPkiServerVerifier::builder_with_provider(roots.into(), provider.clone());
        let file = files.first().cloned().unwrap_or_else(|| SYSTEM.into());
        verifier.build().map(Check::Authorities).map_err(|error| self.wrong(file, error))
    }

    fn wrong(&self, path: PathBuf, reason: impl fmt::Display) -> Error {
        Error::Authorities { path, reason: reason.to_string() }
    }
}

/// The SHA-256 of a certificate, written `AA:BB:…`.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Fingerprint([u8; 32]);

impl Fingerprint {
    /// The fingerprint of a certificate in DER.
    pub fn of(certificate: &[u8]) -> Self {
        let mut bytes = [0; 32];
        bytes.copy_from_slice(digest::digest(&digest::SHA256, certificate).as_ref());
        Fingerprint(bytes)
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, byte) in self.0.iter().enumerate() {
            let separator = if index == 0 { "" } else { ":" };
            write!(f, "{separator}{byte:02X}")?;
        }
        Ok(())
    }
}

impl fmt::Debug for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Fingerprint({self})")
    }
}

/// A text that is no fingerprint.
#[derive(Debug, thiserror::Error)]
#[error("expected a SHA-256 fingerprint: 32 pairs of hexadecimal digits, with ':' between them")]
pub struct NoFingerprint;

impl FromStr for Fingerprint {
    type Err = NoFingerprint;

    fn from_str(text: &str) -> std::result::Result<Self, NoFingerprint> {
        let mut bytes = [0; 32];
        let mut pairs = text.split(':');
        for byte in &mut bytes {
            let pair = pairs.next().filter(|pair| pair.len() == 2).ok_or(NoFingerprint)?;
            if !pair.bytes().all(|digit| digit.is_ascii_hexdigit()) {
                return Err(NoFingerprint);
            }
            *byte = u8::from_str_radix(pair, 16).map_err(|_| NoFingerprint)?;
        }
        if pairs.next().is_some() {
            return Err(NoFingerprint);
        }
        Ok(Fingerprint(bytes))
    }
}

/// Why a certificate was refused.
#[derive(Debug, thiserror::Error)]
pub(super) enum Refusal {
    #[error("fingerprint {seen}, expected {expected}")]
    Other { seen: Fingerprint, expected: Fingerprint },
    #[error("{reason}")]
    Untrusted { seen: Fingerprint, reason: String },
}

#[derive(Debug)]
enum Check {
    Authorities(Arc<WebPkiServerVerifier>),
    Pinned(Fingerprint),
    Nothing,
}

/// Checks the certificate as asked for, and always that the server has its key.
#[derive(Debug)]
struct Verifier {
    algorithms: WebPkiSupportedAlgorithms,
    check: Check,
}

impl ServerCertVerifier for Verifier {
    fn verify_server_cert(
        &self,
        certificate: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        ocsp: &[u8],
        now: UnixTime,
    ) -> std::result::Result<ServerCertVerified, rustls::Error> {
        let refuse = |refusal| rustls::Error::Other(OtherError(Arc::new(refusal)));
        let seen = Fingerprint::of(certificate);
        match &self.check {
            Check::Nothing => Ok(ServerCertVerified::assertion()),
            Check::Pinned(expected) if seen == *expected => Ok(ServerCertVerified::assertion()),
            Check::Pinned(expected) => Err(refuse(Refusal::Other { seen, expected: *expected })),
            Check::Authorities(verifier) => verifier
                .verify_server_cert(certificate, intermediates, name, ocsp, now)
                .map_err(|error| refuse(Refusal::Untrusted { seen, reason: reason(&error) })),
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> std::result::Result<HandshakeSignatureValid, rustls::Error> {
        crypto::verify_tls12_signature(message, certificate, signature, &self.algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> std::result::Result<HandshakeSignatureValid, rustls::Error> {
        crypto::verify_tls13_signature(message, certificate, signature, &self.algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.algorithms.supported_schemes()
    }
}

/// What an administrator can do something about, in words.
fn reason(error: &rustls::Error) -> String {
    let rustls::Error::InvalidCertificate(error) = error else {
        return error.to_string();
    };
    match error {
        CertificateError::UnknownIssuer => "no authority that is trusted has signed it".into(),
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => {
            "it has expired".into()
        }
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
            "it is not valid yet".into()
        }
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
            "it was made for another name".into()
        }
        error => error.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fingerprints() {
        let text = Fingerprint::of(b"").to_string();
        assert!(text.starts_with("E3:B0:C4:42:98:FC:"), "{text}");
        assert_eq!(text.len(), 95);
        for (text, expected) in [
            (text.clone(), true),
            (text.to_lowercase(), true),
            (text.replace(':', ""), false),
            (text[3..].to_string(), false),
            (format!("{text}:00"), false),
            (text.replacen("E3", "+3", 1), false),
            (String::new(), false),
        ] {
            let is_one = text.parse() == Ok(Fingerprint::of(b""));
            assert_eq!(is_one, expected, "{text}");
        }
    }

    impl PartialEq for NoFingerprint {
        fn eq(&self, _: &Self) -> bool {
            true
        }
    }
}
