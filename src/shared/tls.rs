//! Encryption as `sslmode` says, with the meanings that `psql` gives it.

use std::{env, path::PathBuf, sync::Arc};

use anyhow::{Context, Result, bail, ensure};
use rustls::{
    CertificateError, ClientConfig, DigitallySignedStruct, Error, RootCertStore, SignatureScheme,
    client::{
        WebPkiServerVerifier,
        danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
    },
    crypto::{CryptoProvider, ring},
    pki_types::{CertificateDer, ServerName, UnixTime, pem::PemObject},
};
use tokio_postgres::config::SslMode;
use tokio_postgres_rustls::MakeRustlsConnect;

use crate::files::cannot;

/// Whether a connection is encrypted, and what of the server's certificate is checked.
pub(super) struct TlsMode {
    client_mode: SslMode,
    /// The certificates that are trusted; `None`: any certificate will do.
    roots: Option<Roots>,
    is_name_checked: bool,
}

enum Roots {
    System,
    File(PathBuf),
}

impl TlsMode {
    pub(super) fn new(mode: Option<&String>, root: Option<&String>) -> Result<Self> {
        let own = || Some(PathBuf::from(env::var_os("HOME")?).join(".postgresql/root.crt"));
        let roots = match root.map(String::as_str) {
            Some("system") => Some(Roots::System),
            Some(path) => Some(Roots::File(path.into())),
            None => own().filter(|path| path.exists()).map(Roots::File),
        };
        let is_system = matches!(roots, Some(Roots::System));
        let default = if is_system { "verify-full" } else { "prefer" };
        let mode = mode.map_or(default, String::as_str);
        let client_mode = match mode {
            "disable" => SslMode::Disable,
            "allow" | "prefer" => SslMode::Prefer,
            "require" | "verify-ca" | "verify-full" => SslMode::Require,
            _ => bail!(
                "sslmode '{}': use disable, prefer, require, verify-ca or verify-full",
                mode.escape_debug()
            ),
        };
        ensure!(
            roots.is_some() || !mode.starts_with("verify"),
            "sslmode {mode} needs the certificates to trust: sslrootcert=FILE, sslrootcert=system or ~/.postgresql/root.crt"
        );
        ensure!(
            !is_system || mode == "verify-full",
            "sslrootcert=system needs sslmode=verify-full"
        );
        Ok(Self {
            client_mode,
            roots: roots.filter(|_| !["disable", "allow", "prefer"].contains(&mode)),
            is_name_checked: mode == "verify-full",
        })
    }

    pub(super) fn client_mode(&self) -> SslMode {
        self.client_mode
    }

    pub(super) fn connector(&self) -> Result<MakeRustlsConnect> {
        let provider = Arc::new(ring::default_provider());
        let inner = match &self.roots {
            Some(roots) => {
                let store = Arc::new(roots.read()?);
                Some(WebPkiServerVerifier::builder_with_provider(store, provider.clone()).build()?)
            }
            None => None,
        };
        let verifier = Arc::new(Verifier {
            inner,
            is_name_checked: self.is_name_checked,
            provider: provider.clone(),
        });
        let config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()?
            .dangerous()
            .with_custom_certificate_verifier(verifier)
            .with_no_client_auth();
        Ok(MakeRustlsConnect::new(config))
    }
}

impl Roots {
    fn read(&self) -> Result<RootCertStore> {
        let mut store = RootCertStore::empty();
        match self {
            Self::System => {
                store.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
            }
            Self::File(path) => {
                let context = cannot("read", path);
                for certificate in CertificateDer::pem_file_iter(path).with_context(context)? {
                    store
                        .add(certificate.with_context(context)?)
                        .with_context(context)?;
                }
            }
        }
        ensure!(!store.is_empty(), "no certificate to trust");
        Ok(store)
    }
}

/// Checks the certificate as far as the mode wants it, and always that the server has its key.
#[derive(Debug)]
struct Verifier {
    inner: Option<Arc<WebPkiServerVerifier>>,
    is_name_checked: bool,
    provider: Arc<CryptoProvider>,
}

impl ServerCertVerifier for Verifier {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let Some(inner) = &self.inner else {
            return Ok(ServerCertVerified::assertion());
        };
        let verified =
            inner.verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now);
        match verified {
            // The name is what is checked last.
            Err(Error::InvalidCertificate(
                CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. },
            )) if !self.is_name_checked => Ok(ServerCertVerified::assertion()),
            verified => verified,
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        rustls::crypto::verify_tls12_signature(message, certificate, signed, algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        rustls::crypto::verify_tls13_signature(message, certificate, signed, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider
            .signature_verification_algorithms
            .supported_schemes()
    }
}
