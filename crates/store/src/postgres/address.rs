//! Where a database is, and how it is spoken to: `postgres://USER@HOST:PORT/DATABASE?sslmode=…`.

use std::net::IpAddr;
use std::path::PathBuf;
use std::str::FromStr;

use percent_encoding::percent_decode_str;
use tokio_postgres::Config;
use tokio_postgres::config::{Host, SslMode, TargetSessionAttrs};

/// Says why an address cannot be used. It never repeats the address: somebody may have written a password into it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AddressError {
    #[error("expected postgres://USER@HOST:PORT/DATABASE")]
    NotAnAddress,
    #[error(
        "a password does not belong into the address, which is shown in places; put it into a file of its own, readable for its owner only"
    )]
    Password,
    #[error("the address names no host; a socket's folder is written as ?host=/run/postgresql")]
    NoHost,
    #[error("the address names no database")]
    NoDatabase,
    #[error("sslmode={found} does not make sure whom it speaks to; expected sslmode=verify-full, or disable where nobody can listen")]
    SslMode { found: String },
    #[error("sslrootcert needs sslmode=verify-full")]
    RootWithoutTls,
    #[error("a part of the address is not understood; expected what the documentation of libpq lists")]
    Part,
}

/// Says how a connection is secured.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Security {
    /// Over a socket of this computer, or where the operator said so.
    Plain,
    /// TLS, and the server's certificate is for the name that was called.
    VerifyFull {
        /// The authority to trust; `None` trusts whom the operating system trusts.
        authority: Option<PathBuf>,
    },
}

/// Is a database's address, without a password.
#[derive(Clone, Debug)]
pub struct Address {
    config: Config,
    security: Security,
}

impl FromStr for Address {
    type Err = AddressError;

    fn from_str(text: &str) -> Result<Self, AddressError> {
        if !(text.starts_with("postgres://") || text.starts_with("postgresql://")) {
            return Err(AddressError::NotAnAddress);
        }
        let (base, query) = text.split_once('?').unwrap_or((text, ""));
        let (mut rest, mut mode, mut authority) = (Vec::new(), None, None);
        for part in query.split('&').filter(|part| !part.is_empty()) {
            let (key, value) = part.split_once('=').ok_or(AddressError::Part)?;
            let value = || percent_decode_str(value).decode_utf8().map(String::from).map_err(|_| AddressError::Part);
            match key {
                "sslmode" => mode = Some(value()?),
                "sslrootcert" => authority = Some(PathBuf::from(value()?)),
                "password" => return Err(AddressError::Password),
                _ => rest.push(part),
            }
        }
        let config: Config = format!("{base}?{}", rest.join("&")).parse().map_err(|_| AddressError::Part)?;
        Address::of(config, mode.as_deref(), authority)
    }
}

impl Address {
    fn of(mut config: Config, mode: Option<&str>, authority: Option<PathBuf>) -> Result<Self, AddressError> {
        if config.get_password().is_some() {
            return Err(AddressError::Password);
        }
        if config.get_hosts().is_empty() {
            return Err(AddressError::NoHost);
        }
        if config.get_dbname().is_none_or(str::is_empty) {
            return Err(AddressError::NoDatabase);
        }
        let is_here = config.get_hosts().iter().all(is_this_computer);
        let security = match mode {
            Some("disable") => Security::Plain,
            None if is_here && authority.is_none() => Security::Plain,
            None | Some("verify-full") => Security::VerifyFull { authority: authority.clone() },
            Some(found) => {
                return Err(AddressError::SslMode { found: found.chars().filter(|sign| sign.is_ascii_graphic()).take(20).collect() });
            }
        };
        if security == Security::Plain && authority.is_some() {
            return Err(AddressError::RootWithoutTls);
        }
        config.ssl_mode(if security == Security::Plain { SslMode::Disable } else { SslMode::Require });
        // A standby takes no reports; of several hosts the one that does is looked for.
        config.target_session_attrs(TargetSessionAttrs::ReadWrite);
        Ok(Address { config, security })
    }

    /// Adds the password.
    pub fn with_password(mut self, password: &str) -> Self {
        self.config.password(password);
        self
    }

    /// Names another database at the same place.
    pub fn with_database(mut self, name: &str) -> Self {
        self.config.dbname(name);
        self
    }

    pub(crate) fn config(&self) -> &Config {
        &self.config
    }

    /// Returns how connections are secured.
    pub fn security(&self) -> &Security {
        &self.security
    }

    /// Returns the role that is logged in as, where it is named.
    pub fn role(&self) -> &str {
        self.config.get_user().unwrap_or("(the operating system's user)")
    }
}

/// Shows place and database, never a password.
impl std::fmt::Display for Address {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("postgres://")?;
        let ports = self.config.get_ports();
        for (place, host) in self.config.get_hosts().iter().enumerate() {
            if place > 0 {
                f.write_str(",")?;
            }
            match host {
                Host::Tcp(name) => f.write_str(name)?,
                #[cfg(unix)]
                Host::Unix(path) => write!(f, "{}", path.display())?,
            }
            if let Some(port) = ports.get(place).or(ports.first()) {
                write!(f, ":{port}")?;
            }
        }
        write!(f, "/{}", self.config.get_dbname().unwrap_or_default())
    }
}

fn is_this_computer(host: &Host) -> bool {
    match host {
        Host::Tcp(name) => name == "localhost" || name.trim_matches(['[', ']']).parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback()),
        #[cfg(unix)]
        Host::Unix(_) => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(text: &str) -> AddressError {
        text.parse::<Address>().expect_err("a fault")
    }

    #[test]
    fn whoever_is_far_away_must_show_a_certificate() {
        for (text, expected) in [
            ("postgres://r@127.0.0.1:5433/fleet", Security::Plain),
            ("postgres://r@localhost/fleet", Security::Plain),
            ("postgresql://r@/fleet?host=/run/postgresql", Security::Plain),
            ("postgres://r@db.example.com/fleet", Security::VerifyFull { authority: None }),
            ("postgres://r@db.example.com/fleet?sslmode=disable", Security::Plain),
            (
                "postgres://r@127.0.0.1/fleet?sslrootcert=/etc/ca%20new.pem",
                Security::VerifyFull { authority: Some("/etc/ca new.pem".into()) },
            ),
        ] {
            assert_eq!(text.parse::<Address>().map(|address| address.security().clone()), Ok(expected), "{text}");
        }
    }

    #[test]
    fn what_an_address_may_not_be_is_told_without_repeating_it() {
        for (text, expected) in [
            ("postgres://r:hidden@h/fleet", AddressError::Password),
            ("postgres://r@h/fleet?password=hidden", AddressError::Password),
            ("mysql://r@h/fleet", AddressError::NotAnAddress),
            ("postgres:///fleet", AddressError::NoHost),
            ("postgres://r@h", AddressError::NoDatabase),
            ("postgres://r@h/fleet?sslmode=require", AddressError::SslMode { found: "require".into() }),
            ("postgres://r@h/fleet?sslmode=disable&sslrootcert=/ca.pem", AddressError::RootWithoutTls),
            ("postgres://r@h/fleet?colour=blue", AddressError::Part),
        ] {
            let found = refusal(text);
            assert_eq!(found, expected, "{text}");
            assert!(!found.to_string().contains("hidden"));
        }
    }

    #[test]
    fn an_address_is_shown_without_its_password() {
        let address = "postgres://r@db.example.com:6000/fleet".parse::<Address>().expect("an address").with_password("hidden");
        assert_eq!(address.to_string(), "postgres://db.example.com:6000/fleet");
        assert!(!format!("{address:?}").contains("hidden"), "tokio-postgres hides it");
    }
}
