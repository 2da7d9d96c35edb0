use std::time::Duration;

use async_trait::async_trait;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;

use crate::inventory::ask::{Address, Asker, Grant, Granted, Request, Trouble, granted};
use crate::inventory::source::server::Given;
use crate::manifest::kind::EntraProof;

/// An application's way to a token for Graph.
pub(super) struct Login {
    pub(super) address: Address,
    pub(super) tenant: String,
    pub(super) client_id: String,
    pub(super) proof: Proof,
}

/// How the application proves who it is.
pub(super) enum Proof {
    /// By its secret.
    Secret(SecretString),
    /// By the identity of a job of GitHub Actions, asked for when it is needed: it lasts minutes.
    Job { identity: url::Url, token: SecretString, asker: Box<Asker> },
}

const JWT: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
const SCOPE: &str = "https://graph.microsoft.com/.default";
/// Whom the job's identity is for.
const EXCHANGE: &str = "api://AzureADTokenExchange";

/// Where GitHub Actions tells a job how to get its identity.
const IDENTITY_URL: &str = "ACTIONS_ID_TOKEN_REQUEST_URL";
const IDENTITY_TOKEN: &str = "ACTIONS_ID_TOKEN_REQUEST_TOKEN";

pub(super) fn proof(
    given: &Given<'_>,
    proof: &EntraProof,
    asker: &Asker,
    time: Duration,
) -> Result<Proof, Trouble> {
    let secret = match proof {
        EntraProof::Secret(secret) => {
            given.secret(secret, "the secret of the Entra application")?
        }
        EntraProof::GithubActions => return job(given, asker, time),
    };
    asker.keep_out(&secret);
    Ok(Proof::Secret(secret))
}

fn job(given: &Given<'_>, asker: &Asker, time: Duration) -> Result<Proof, Trouble> {
    let set = |name: &str| {
        let value = given.environment.vars.get(name).filter(|value| !value.is_empty());
        value.ok_or_else(|| {
            Trouble::Secret(format!(
                "{name} is not set: `federated: githubActions` works in a job of GitHub Actions \
                 with `permissions: {{ id-token: write }}`"
            ))
        })
    };
    let text = set(IDENTITY_URL)?;
    let token = SecretString::from(set(IDENTITY_TOKEN)?.as_str());
    let broken = || Trouble::Secret(format!("{IDENTITY_URL} is not a web address"));
    let mut identity = url::Url::parse(text).map_err(|_| broken())?;
    // Its query belongs to the address.
    let mut bare = identity.clone();
    bare.set_query(None);
    let address = Address::parse(bare.as_str())?;
    identity.query_pairs_mut().append_pair("audience", EXCHANGE);
    asker.keep_out(&token);
    let asker = Box::new(given.asker(&address, time)?);
    asker.keep_out(&token);
    Ok(Proof::Job { identity, token, asker })
}

#[async_trait]
impl Grant for Login {
    async fn grant(&self, asker: &Asker) -> Result<Granted, Trouble> {
        let url = self.address.at(&[&self.tenant, "oauth2", "v2.0", "token"], &[]);
        let common = [
            ("client_id", self.client_id.as_str()),
            ("scope", SCOPE),
            ("grant_type", "client_credentials"),
        ];
        let identity;
        let mut fields = common.to_vec();
        match &self.proof {
            Proof::Secret(secret) => fields.push(("client_secret", secret.expose_secret())),
            Proof::Job { identity: url, token, asker: github } => {
                identity = job_identity(url, token, github).await?;
                asker.keep_out(&identity);
                fields.push(("client_assertion_type", JWT));
                fields.push(("client_assertion", identity.expose_secret()));
            }
        }
        granted(asker, &Request::form(url, &fields)).await
    }
}

async fn job_identity(
    url: &url::Url,
    token: &SecretString,
    github: &Asker,
) -> Result<SecretString, Trouble> {
    #[derive(Deserialize)]
    struct Identity {
        value: String,
    }
    let mut request = Request::get(url.clone());
    request.bearer = Some(token.clone());
    let reply = github.success(&request).await?;
    let Identity { value } = github.parse(&request.call(), &reply.body)?;
    Ok(SecretString::from(value))
}
