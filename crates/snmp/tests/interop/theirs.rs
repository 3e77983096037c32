//! async-snmp: an engine written by others, in this process.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;

use async_snmp::handler::{BoxFuture, GetNextResult, GetResult, HandlerResult, MibHandler, RequestContext};
use async_snmp::v3::{AuthProtocol, AuthoritativeEngine, DesSaltState, PrivProtocol, UsmConfig};
use async_snmp::{Agent, Auth, Client, Oid, Value};
use snmp::usm::{Authentication, KeyExtension, Privacy};

use crate::DESCRIPTION;
use crate::ours::WITHIN;
use crate::pairs::{AUTH, PRIV, Pair};

fn hash(hash: Authentication) -> AuthProtocol {
    match hash {
        Authentication::Md5 => AuthProtocol::Md5,
        Authentication::Sha1 => AuthProtocol::Sha1,
        Authentication::Sha224 => AuthProtocol::Sha224,
        Authentication::Sha256 => AuthProtocol::Sha256,
        Authentication::Sha384 => AuthProtocol::Sha384,
        Authentication::Sha512 => AuthProtocol::Sha512,
    }
}

/// Returns its name of the cipher; it extends keys of 3DES after Reeder alone.
pub fn cipher(pair: &Pair) -> Option<PrivProtocol> {
    Some(match (pair.cipher()?, pair.extension()) {
        (Privacy::Des, _) => PrivProtocol::Des,
        (Privacy::TripleDes, _) => PrivProtocol::Des3,
        (Privacy::Aes128, _) => PrivProtocol::Aes128,
        (Privacy::Aes192, Some(KeyExtension::Reeder)) => PrivProtocol::Aes192Reeder,
        (Privacy::Aes192, _) => PrivProtocol::Aes192Blumenthal,
        (Privacy::Aes256, Some(KeyExtension::Reeder)) => PrivProtocol::Aes256Reeder,
        (Privacy::Aes256, _) => PrivProtocol::Aes256Blumenthal,
    })
}

/// Returns whether it has the pair.
pub fn has(pair: &Pair) -> bool {
    pair.privacy != Some((Privacy::TripleDes, Some(KeyExtension::Blumenthal)))
}

fn salts() -> DesSaltState {
    DesSaltState::install(|_| Ok::<(), Infallible>(())).expect("nothing is kept")
}

/// Is its agent, until it is dropped.
pub struct Running {
    pub address: SocketAddr,
    agent: Arc<Agent>,
    _runtime: tokio::runtime::Runtime,
}

impl Drop for Running {
    fn drop(&mut self) {
        self.agent.cancel();
    }
}

struct System;

impl MibHandler for System {
    fn get<'a>(&'a self, _: &'a RequestContext, name: &'a Oid) -> BoxFuture<'a, HandlerResult<GetResult>> {
        let value = match name.arcs() {
            [.., 1, 0] => GetResult::Value(Value::OctetString(DESCRIPTION.as_bytes().to_vec().into())),
            [.., 3, 0] => GetResult::Value(Value::TimeTicks(4711)),
            _ => GetResult::NoSuchObject,
        };
        Box::pin(async move { Ok(value) })
    }

    fn get_next<'a>(&'a self, _: &'a RequestContext, _: &'a Oid) -> BoxFuture<'a, HandlerResult<GetNextResult>> {
        Box::pin(async move { Ok(GetNextResult::EndOfMibView) })
    }
}

pub fn agent(pairs: &[&Pair]) -> Running {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().expect("a runtime can be had");
    let engine = AuthoritativeEngine::install(b"\x80\0\x1f\x88\x04async".to_vec(), |_| Ok::<(), Infallible>(())).expect("is an engine");
    let mut builder = Agent::builder()
        .bind("127.0.0.1:0")
        .authoritative_engine(engine)
        .des_salt_state(salts())
        .handler(Oid::new([1, 3, 6, 1, 2, 1, 1]), Arc::new(System))
        .allow_all_access();
    for pair in pairs.iter().filter(|pair| has(pair)) {
        let configured = builder.usm_user(pair.name(), |user| match (pair.authentication, cipher(pair)) {
            (None, _) => Ok(user),
            (Some(proof), None) => user.auth(hash(proof), AUTH),
            (Some(proof), Some(cipher)) => user.auth_priv(hash(proof), AUTH, cipher, PRIV),
        });
        builder = configured.unwrap_or_else(|error| panic!("{pair}: {error}"));
    }
    let agent = Arc::new(runtime.block_on(builder.build()).expect("a socket can be had"));
    let (address, running) = (agent.local_addr(), agent.clone());
    runtime.spawn(async move { running.run().await });
    Running { address, agent, _runtime: runtime }
}

/// Has its client read sysDescr of an engine.
pub fn ask(engine: SocketAddr, pair: &Pair, context: &str) -> Result<(), String> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime can be had");
    let config = UsmConfig::new(pair.name()).context_name(context.to_owned());
    let config = match (pair.authentication, cipher(pair)) {
        (None, _) => Ok(config),
        (Some(proof), None) => config.auth(hash(proof), AUTH),
        (Some(proof), Some(cipher)) => config.auth_priv(hash(proof), AUTH, cipher, PRIV),
    };
    let config = config.map_err(|error| error.to_string())?;
    runtime.block_on(async {
        let builder = Client::builder(engine, Auth::from(config)).request_timeout(WITHIN).des_salt_state(salts());
        let client = builder.connect().await.map_err(|error| error.to_string())?;
        let answer = client.get(&Oid::new([1, 3, 6, 1, 2, 1, 1, 1, 0])).await.map_err(|error| error.to_string())?;
        match &answer.varbinds[0].value {
            Value::OctetString(text) if text[..] == *DESCRIPTION.as_bytes() => Ok(()),
            other => Err(format!("{other:?}")),
        }
    })
}
