use axum::extract::Query as Pairs;
use axum::http::Uri;

use crate::sandbox::wire::Refusal;
use crate::sandbox::world::Pricing;

/// The parameters of a request, known ones only, each at most once.
#[derive(Debug)]
pub(super) struct Query(Vec<(String, String)>);

impl Query {
    pub(super) fn read(uri: &Uri, known: &[&str]) -> Result<Self, Refusal> {
        let Pairs(pairs) = Pairs::<Vec<(String, String)>>::try_from_uri(uri)
            .map_err(|error| Refusal::invalid(format!("query: {error}")))?;
        Self::checked(pairs, known, &[])
    }

    /// The same, with parameters that may be given several times.
    pub(super) fn read_lists(uri: &Uri, known: &[&str], lists: &[&str]) -> Result<Self, Refusal> {
        let Pairs(pairs) = Pairs::<Vec<(String, String)>>::try_from_uri(uri)
            .map_err(|error| Refusal::invalid(format!("query: {error}")))?;
        Self::checked(pairs, known, lists)
    }

    fn checked(
        pairs: Vec<(String, String)>,
        known: &[&str],
        lists: &[&str],
    ) -> Result<Self, Refusal> {
        for (nth, (name, _)) in pairs.iter().enumerate() {
            if lists.contains(&name.as_str()) {
                continue;
            }
            if !known.contains(&name.as_str()) {
                return Err(Refusal::invalid(format!("query: no parameter `{name}` here")));
            }
            if pairs.iter().take(nth).any(|(other, _)| other == name) {
                return Err(Refusal::invalid(format!("query: `{name}` is given twice")));
            }
        }
        Ok(Self(pairs))
    }

    /// A text, not empty.
    pub(super) fn text(&self, name: &str) -> Result<Option<&str>, Refusal> {
        let value = self.0.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str());
        match value {
            Some("") => Err(Refusal::invalid(format!("query: `{name}` is empty"))),
            other => Ok(other),
        }
    }

    /// Every value of a parameter that may be given several times.
    pub(super) fn all<'q>(&'q self, name: &'q str) -> impl Iterator<Item = &'q str> {
        self.0.iter().filter(move |(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// Every value of such a parameter, as int64.
    pub(super) fn numbers(&self, name: &str) -> Result<Vec<i64>, Refusal> {
        let wrong = |text: &str| {
            Refusal::invalid(format!("query: `{name}` is `{text}`, not an int64 number"))
        };
        self.all(name).map(|text| text.parse().map_err(|_| wrong(text))).collect()
    }

    /// `true` or `false`.
    pub(super) fn flag(&self, name: &str) -> Result<Option<bool>, Refusal> {
        match self.text(name)? {
            None => Ok(None),
            Some("true") => Ok(Some(true)),
            Some("false") => Ok(Some(false)),
            Some(other) => {
                let problem = format!("query: `{name}` is `{other}`, not true or false");
                Err(Refusal::invalid(problem))
            }
        }
    }

    /// An int32 that is not negative.
    pub(super) fn count(&self, name: &str) -> Result<Option<u64>, Refusal> {
        let Some(text) = self.text(name)? else { return Ok(None) };
        text.parse::<i32>().ok().and_then(|number| u64::try_from(number).ok()).map(Some).ok_or_else(
            || Refusal::invalid(format!("query: `{name}` is `{text}`, not a number from 0")),
        )
    }

    /// `STDQ` or `PLUS`.
    pub(super) fn pricing(&self) -> Result<Option<Pricing>, Refusal> {
        match self.text("pricingParam")? {
            None => Ok(None),
            Some("STDQ") => Ok(Some(Pricing::Stdq)),
            Some("PLUS") => Ok(Some(Pricing::Plus)),
            Some(other) => {
                let problem = format!("query: `pricingParam` is `{other}`, not STDQ or PLUS");
                Err(Refusal::invalid(problem))
            }
        }
    }
}
