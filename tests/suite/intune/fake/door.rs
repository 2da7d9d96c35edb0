//! What comes in: signing in, permissions, paths, pages, batches.

use reqwest::Url;
use secrecy::ExposeSecret;
use serde_json::{Value, json};
use vpp::graph::{Body, Failure, Reply, Request};

use super::{ACCESS, Fault, SECRET, State};

/// Status and body.
pub(super) type Said = (u16, Value);

pub(super) fn error(status: u16, code: &str, message: &str) -> Said {
    (status, json!({ "error": { "code": code, "message": message } }))
}

impl State {
    pub(super) fn answer(&mut self, request: &Request) -> Result<Reply, Failure> {
        let path = request.url.path().to_owned();
        if path.contains("/idtoken") {
            return Ok(self.reply(self.github(request)));
        }
        if path.contains("/oauth2/v2.0/token") {
            let said = self.sign_in(request);
            return Ok(self.reply(said));
        }
        // The end of a path can be meant: `/assign$` is no `/assignments`.
        let asked = format!("{path}$");
        let place = self.troubles.iter().position(|trouble| asked.contains(trouble.path));
        let fault = place.and_then(|place| self.troubles.remove(place)).map(|one| one.fault);
        match fault {
            Some(Fault::Throttle(seconds)) => {
                let mut reply = self.reply(error(429, "TooManyRequests", "slow down"));
                reply.retry_after = Some(seconds.to_string());
                return Ok(reply);
            }
            Some(Fault::Status(status)) => return Ok(self.reply((status, json!({})))),
            Some(Fault::Redirect) => {
                let mut reply = self.reply((302, json!({})));
                reply.location = Some("https://elsewhere.example/".to_owned());
                return Ok(reply);
            }
            Some(Fault::Lost | Fault::Cut) | None => {}
        }
        let said = self.judged(request);
        let mut reply = self.reply(said);
        match fault {
            Some(Fault::Lost) => Err(Failure::Lost("the connection was reset".to_owned())),
            Some(Fault::Cut) => {
                reply.body.truncate(reply.body.len() / 2);
                Ok(reply)
            }
            _ => Ok(reply),
        }
    }

    fn reply(&self, (status, body): Said) -> Reply {
        let date = self.tenant.now.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string();
        let body = if status == 204 { vec![] } else { body.to_string().into_bytes() };
        Reply { status, date: Some(date), body, ..Reply::default() }
    }

    /// GitHub's side of a job without secrets.
    fn github(&self, request: &Request) -> Said {
        let bearer = request.bearer.as_ref().map(ExposeSecret::expose_secret);
        let audience = request.url.query_pairs().find(|(key, _)| key == "audience");
        match (bearer, audience) {
            (Some("JobToken"), Some((_, audience))) if audience == "api://AzureADTokenExchange" => {
                (200, json!({ "value": "FederatedAssertion" }))
            }
            _ => error(401, "Unauthorized", "not this job"),
        }
    }

    fn sign_in(&mut self, request: &Request) -> Said {
        let Body::Form(form) = &request.body else { return error(400, "form", "no form") };
        let field = |name: &str| {
            let field = form.iter().find(|(key, _)| *key == name);
            field.map(|(_, value)| value.expose_secret().to_owned()).unwrap_or_default()
        };
        let fail = |code: &str| {
            (401, json!({ "error": "invalid_client", "error_description": format!("{code}: no") }))
        };
        if field("scope") != "https://graph.microsoft.com/.default"
            || field("grant_type") != "client_credentials"
            || field("client_id") != "c0ffee"
        {
            return fail("AADSTS700016");
        }
        let by_assertion = field("client_assertion") == "FederatedAssertion"
            && field("client_assertion_type")
                == "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
        if field("client_secret") != SECRET && !by_assertion {
            let wrong =
                if field("client_secret").is_empty() { "AADSTS70021" } else { "AADSTS7000215" };
            return fail(wrong);
        }
        self.sign_ins += 1;
        let token = format!("{ACCESS}{}", self.sign_ins);
        (200, json!({ "token_type": "Bearer", "expires_in": 3599, "access_token": token }))
    }

    /// Whoever has the present token.
    fn judged(&mut self, request: &Request) -> Said {
        let bearer = request.bearer.as_ref().map(|bearer| bearer.expose_secret().to_owned());
        if bearer != Some(format!("{ACCESS}{}", self.sign_ins)) {
            return error(401, "InvalidAuthenticationToken", "token");
        }
        let body = match &request.body {
            Body::Json(body) => match serde_json::from_slice(body) {
                Ok(body) => Some(body),
                Err(_) => return error(400, "BadRequest", "not JSON"),
            },
            Body::Empty => None,
            Body::Form(_) => return error(415, "UnsupportedMediaType", "a form"),
        };
        self.call(request.method.as_str(), &request.url, body, request.eventual)
    }

    fn call(&mut self, method: &str, url: &Url, body: Option<Value>, eventual: bool) -> Said {
        let path = url.path().trim_start_matches('/').trim_start_matches("graph/").to_owned();
        let Some((version, rest)) = path.split_once('/') else {
            return error(400, "BadRequest", "no version");
        };
        if version != "v1.0" && version != "beta" {
            return error(400, "BadRequest", "Invalid version");
        }
        self.log.push(format!("{method} {path}"));
        if rest == "$batch" {
            return self.batch(version, url, body.unwrap_or_default());
        }
        if let Some(link) = url.query_pairs().find(|(key, _)| key == "$skiptoken") {
            // A link is for following once.
            let link = link.1.into_owned();
            if !self.links.remove(&link) {
                return error(400, "BadRequest", "Skip token is null or was used");
            }
        }
        let missing = |any: &[&'static str]| !any.iter().any(|scope| self.scopes.contains(scope));
        if missing(needs(method, rest)) {
            return error(
                403,
                "Forbidden",
                "Application is not authorized to perform this operation",
            );
        }
        if rest.contains("microsoft.graph.device") && !eventual {
            return error(400, "Request_UnsupportedQuery", "ConsistencyLevel");
        }
        let said = self.tenant.call(method, version, rest, url, body.as_ref());
        if method == "POST" && rest.ends_with("/assign") && said.0 == 204 {
            self.assigned.push((version.to_owned(), body.unwrap_or_default()));
        }
        if method == "GET"
            && rest.ends_with("/assignments")
            && version == "v1.0"
            && let Some(happens) = self.after_read.take()
        {
            happens(&mut self.tenant);
        }
        match said {
            (200, Value::Array(all)) => (200, self.paged(version, rest, url, all)),
            other => other,
        }
    }

    fn paged(&mut self, version: &str, rest: &str, url: &Url, mut all: Vec<Value>) -> Value {
        let token = url.query_pairs().find(|(key, _)| key == "$skiptoken");
        let link: Vec<usize> = token
            .map(|(_, link)| link.split('.').filter_map(|part| part.parse().ok()).collect())
            .unwrap_or_default();
        let from = link.first().copied().unwrap_or(0);
        let mut by = link.get(1).copied().unwrap_or(self.chains);
        if from > 0 && self.moves > 0 {
            // The order changes in the middle of a chain.
            self.moves -= 1;
            by += 1;
        }
        if self.reorder {
            let length = all.len().max(1);
            all.rotate_left(by % length);
        }
        self.chains += 1;
        let mut page: Vec<Value> = all.iter().skip(from).take(self.page).cloned().collect();
        let next = from + page.len();
        if self.short.is_some_and(|path| rest.contains(path)) {
            page.pop();
        }
        let mut body = json!({ "value": page });
        if next < all.len() {
            let link = format!("{next}.{by}.{}", self.chains);
            self.links.insert(link.clone());
            body["@odata.nextLink"] =
                json!(format!("{}{version}/{rest}?$skiptoken={link}", self.base));
        }
        body
    }

    fn batch(&mut self, version: &str, url: &Url, body: Value) -> Said {
        let Some(requests) = body["requests"].as_array() else {
            return error(400, "BadRequest", "no requests");
        };
        if requests.len() > 20 {
            return error(
                400,
                "BadRequest",
                "Number of batch request steps exceeds the maximum of 20",
            );
        }
        let mut responses = vec![];
        for request in requests {
            let known = ["id", "method", "url"];
            let strict = request.as_object().is_some_and(|fields| {
                fields.len() == 3 && known.iter().all(|key| fields.contains_key(*key))
            });
            if !strict || request["method"] != "GET" {
                return error(400, "BadRequest", "Invalid batch payload");
            }
            if self.throttled_items > 0 {
                self.throttled_items -= 1;
                responses.push(json!({ "id": request["id"], "status": 429,
                    "headers": { "Retry-After": "3" }, "body": { "error": { "code": "429" } } }));
                continue;
            }
            let relative = request["url"].as_str().unwrap_or_default();
            let absolute = url.join(&format!("/graph/{version}{relative}")).unwrap();
            let (status, body) = self.call("GET", &absolute, None, false);
            responses.push(
                json!({ "id": request["id"], "status": status, "headers": {}, "body": body }),
            );
        }
        // Answers come in any order.
        responses.reverse();
        (200, json!({ "responses": responses }))
    }
}

/// Any of these permissions lets a request in.
fn needs(method: &str, path: &str) -> &'static [&'static str] {
    match method {
        "GET" if path.starts_with("deviceAppManagement/vppTokens") => {
            &["DeviceManagementServiceConfig.Read.All"]
        }
        "GET" if path.starts_with("deviceAppManagement") => &["DeviceManagementApps.Read.All"],
        "GET" if path.starts_with("deviceManagement/managedDevices") => {
            &["DeviceManagementManagedDevices.Read.All"]
        }
        "GET" if path.starts_with("groups") => &["GroupMember.Read.All"],
        "POST" if path.starts_with("deviceManagement/reports") => {
            &["DeviceManagementApps.Read.All"]
        }
        "POST" if path.ends_with("/syncDevice") => {
            &["DeviceManagementManagedDevices.PrivilegedOperations.All"]
        }
        "POST" if path.starts_with("deviceAppManagement/vppTokens") => {
            &["DeviceManagementServiceConfig.ReadWrite.All"]
        }
        "POST" if path.starts_with("deviceAppManagement/mobileApps") => {
            &["DeviceManagementApps.ReadWrite.All"]
        }
        _ => &[],
    }
}
