//! Authorities and certificates for one test run.

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, ExtendedKeyUsagePurpose, IsCa, KeyPair, PublicKeyData, date_time_ymd,
};
use rustls_pki_types::{CertificateDer, PrivateKeyDer};

/// Is the name that the client is configured with.
pub const NAME: &str = "reports.example.com";

pub struct Authority(CertifiedIssuer<'static, KeyPair>);

/// Is a chain and its key.
pub struct Certified {
    pub chain: Vec<CertificateDer<'static>>,
    pub key: PrivateKeyDer<'static>,
    /// SHA-256 of the public key.
    pub pin: [u8; 32],
}

impl Certified {
    fn new(chain: Vec<CertificateDer<'static>>, key: KeyPair) -> Self {
        let pin = uplink::trust::sha256(&key.subject_public_key_info());
        Certified { chain, key: PrivateKeyDer::Pkcs8(key.serialize_der().into()), pin }
    }
}

fn parameters(name: &str) -> CertificateParams {
    let mut parameters = CertificateParams::new([name.to_owned()]).unwrap();
    parameters.not_before = date_time_ymd(2020, 1, 1);
    parameters.not_after = date_time_ymd(2120, 1, 1);
    parameters.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth, ExtendedKeyUsagePurpose::ClientAuth];
    parameters
}

fn authority_parameters(name: &str) -> CertificateParams {
    let mut parameters = parameters(name);
    parameters.subject_alt_names.clear();
    parameters.extended_key_usages.clear();
    parameters.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    parameters.distinguished_name.push(DnType::CommonName, name);
    parameters
}

impl Authority {
    pub fn new(name: &str) -> Self {
        Self::with(name, |_| {})
    }

    pub fn with(name: &str, change: impl FnOnce(&mut CertificateParams)) -> Self {
        let mut parameters = authority_parameters(name);
        change(&mut parameters);
        Authority(CertifiedIssuer::self_signed(parameters, KeyPair::generate().unwrap()).unwrap())
    }

    pub fn certificate(&self) -> CertificateDer<'static> {
        self.0.der().clone()
    }

    pub fn sum(&self) -> [u8; 32] {
        uplink::trust::sha256(self.0.der())
    }

    /// Issues a good certificate for [`NAME`].
    pub fn issue(&self) -> Certified {
        self.issue_with(NAME, |_| {})
    }

    /// Issues a certificate, after `change`. The chain ends with the authority.
    pub fn issue_with(&self, name: &str, change: impl FnOnce(&mut CertificateParams)) -> Certified {
        let mut parameters = parameters(name);
        change(&mut parameters);
        let key = KeyPair::generate().unwrap();
        let certificate = parameters.signed_by(&key, &self.0).unwrap();
        Certified::new(vec![certificate.der().clone(), self.certificate()], key)
    }
}

/// Makes a certificate that vouches for itself.
pub fn self_signed(name: &str, change: impl FnOnce(&mut CertificateParams)) -> Certified {
    let mut parameters = parameters(name);
    change(&mut parameters);
    let key = KeyPair::generate().unwrap();
    let certificate = parameters.self_signed(&key).unwrap();
    Certified::new(vec![certificate.der().clone()], key)
}

pub fn expired(parameters: &mut CertificateParams) {
    parameters.not_after = date_time_ymd(2021, 10, 3);
}

pub fn not_yet_valid(parameters: &mut CertificateParams) {
    parameters.not_before = date_time_ymd(2110, 1, 1);
}

pub fn of_an_authority(parameters: &mut CertificateParams) {
    parameters.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
}
